"""The second factor: codes of an app, and recovery codes for when it is lost."""

from typing import Any

from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts import forms, lockout
from accounts.views.parts import OurPage


@method_decorator(never_cache, name="dispatch")
class OverviewView(OurPage, base.IndexView):  # type: ignore[misc]
    template_name = "accounts/second_factor.html"


@method_decorator(never_cache, name="dispatch")
class CodeView(OurPage, base.AuthenticateView):  # type: ignore[misc]
    """The second step of logging in."""

    form_class = forms.CodeForm
    template_name = "accounts/code.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with lockout.at(request, self.stage.login.user.email) as refusal:
            response: HttpResponse = refusal or super().post(request, *args, **kwargs)
        return response


@method_decorator(never_cache, name="dispatch")
class CodeAgainView(OurPage, base.ReauthenticateView):  # type: ignore[misc]
    """A code in place of the password, before something that matters."""

    form_class = forms.CodeAgainForm
    template_name = "accounts/again.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with lockout.at(request, request.user.get_username()) as refusal:
            response: HttpResponse = refusal or super().post(request, *args, **kwargs)
        return response


@method_decorator(never_cache, name="dispatch")
class SetUpView(OurPage, totp.ActivateTOTPView):  # type: ignore[misc]
    form_class = forms.FirstCodeForm
    template_name = "accounts/second_factor_set_up.html"


@method_decorator(never_cache, name="dispatch")
class RemovalView(OurPage, totp.DeactivateTOTPView):  # type: ignore[misc]
    template_name = "accounts/second_factor_remove.html"


@method_decorator(never_cache, name="dispatch")
class RecoveryView(OurPage, recovery.ViewRecoveryCodesView):  # type: ignore[misc]
    template_name = "accounts/recovery_codes.html"


@method_decorator(never_cache, name="dispatch")
class NewRecoveryView(OurPage, recovery.GenerateRecoveryCodesView):  # type: ignore[misc]
    template_name = "accounts/recovery_codes_new.html"
