"""One's own account: name, address, password, data, and the way out."""

from typing import Any, cast

from allauth.account import views as allauth
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView, TemplateView, UpdateView

from accounts import forms, people
from accounts.models import User
from accounts.views.parts import OurPage


@method_decorator(never_cache, name="dispatch")
class AccountView(LoginRequiredMixin, SuccessMessageMixin, UpdateView):  # type: ignore[type-arg]
    """Name, time zone and mails of whoever is logged in."""

    form_class = forms.AccountForm
    template_name = "accounts/account.html"
    success_url = reverse_lazy("account")
    success_message = "Saved."

    def get_object(self, queryset: object = None) -> User:
        return User.objects.get(email=self.request.user.get_username())


@method_decorator(never_cache, name="dispatch")
class PasswordView(OurPage, allauth.PasswordChangeView):  # type: ignore[misc]
    form_class = forms.PasswordForm
    template_name = "accounts/password_change.html"


@method_decorator(never_cache, name="dispatch")
class AddressView(OurPage, allauth.EmailView):  # type: ignore[misc]
    """Another address takes the place of the old one once it is confirmed."""

    form_class = forms.AddressForm
    template_name = "accounts/address.html"


@method_decorator(never_cache, name="dispatch")
class AgainView(OurPage, allauth.ReauthenticateView):  # type: ignore[misc]
    form_class = forms.AgainForm
    template_name = "accounts/again.html"


@method_decorator(never_cache, name="dispatch")
class DataView(LoginRequiredMixin, TemplateView):
    template_name = "accounts/data.html"


@require_safe
@never_cache
@login_required
def data_file(request: HttpRequest) -> HttpResponse:
    """All that is kept about whoever asks."""
    kept = people.everything(cast(User, request.user))
    response = JsonResponse(
        kept, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@method_decorator(never_cache, name="dispatch")
class DeletionView(LoginRequiredMixin, FormView):  # type: ignore[type-arg]
    form_class = forms.DeletionForm
    template_name = "accounts/delete.html"
    success_url = reverse_lazy("home")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: forms.DeletionForm) -> HttpResponse:
        try:
            people.remove(cast(User, self.request.user))
        except people.LastAdministratorError:
            form.add_error(
                None,
                "You are the last administrator. Make somebody else one first.",
            )
            return self.form_invalid(form)
        logout(self.request)
        messages.success(self.request, "Your account is deleted.")
        return super().form_valid(form)
