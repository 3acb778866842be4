"""One's personal tokens of the API: made, looked at, revoked."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts import tokens
from accounts.forms import TokenForm
from accounts.models import PersonalToken, User


@method_decorator([never_cache, reauthentication_required], name="dispatch")
class TokensView(LoginRequiredMixin, FormView):  # type: ignore[type-arg]
    """The list, a form for another one, and its text in the answer to the form.

    A token outlives the session: who makes one says once more who he is.
    """

    form_class = TokenForm
    template_name = "accounts/tokens.html"
    success_url = reverse_lazy("account-tokens")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = PersonalToken.objects.filter(user=self.request.user.pk)
        return super().get_context_data(tokens=mine, **kwargs)

    def form_valid(self, form: TokenForm) -> HttpResponse:
        wanted = form.cleaned_data
        user = cast(User, self.request.user)
        try:
            token, text = tokens.issue(
                user, wanted["name"], wanted["scopes"], int(wanted["days"])
            )
        except tokens.TooMany:
            words = f"{tokens.MOST_TOKENS} tokens are the most. Revoke one first."
            form.add_error(None, words)
            return self.form_invalid(form)
        tokens.tell(token)
        fresh = self.get_context_data(form=TokenForm(user=user), text=text)
        return self.render_to_response(fresh)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}


@method_decorator(never_cache, name="dispatch")
class RevocationView(LoginRequiredMixin, View):
    """One of one's own tokens, by POST alone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, handle: str) -> HttpResponse:
        mine = PersonalToken.objects.filter(user=request.user.pk)
        token = get_object_or_404(mine, handle=handle)
        token.delete()
        messages.success(request, f"“{token.name}” is revoked.")
        return redirect("account-tokens")
