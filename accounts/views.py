"""Log in, log out, and one's own account."""

from typing import Any

from django.contrib.auth import views as auth
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import UpdateView

from accounts.forms import AccountForm, LoginForm, PasswordForm
from accounts.models import User


class LoginView(auth.LoginView):
    form_class = LoginForm
    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without Django's own ``site``: every page has one of ours by that name."""
        context = super().get_context_data(**kwargs)
        del context["site"]
        return context


class LogoutView(auth.LogoutView):
    """By POST alone: a link must not log anybody out."""


@method_decorator(never_cache, name="dispatch")
class AccountView(LoginRequiredMixin, SuccessMessageMixin, UpdateView):  # type: ignore[type-arg]
    """Name and time zone of whoever is logged in."""

    form_class = AccountForm
    template_name = "accounts/account.html"
    success_url = reverse_lazy("account")
    success_message = "Saved."

    def get_object(self, queryset: object = None) -> User:
        return User.objects.get(email=self.request.user.get_username())


@method_decorator(never_cache, name="dispatch")
class PasswordView(SuccessMessageMixin, auth.PasswordChangeView):  # type: ignore[type-arg]
    form_class = PasswordForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "The password is changed."
