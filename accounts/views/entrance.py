"""The way in: log in, register, confirm an address, set a new password by mail."""

from allauth.account import views as allauth
from django.contrib.auth import views as auth
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts import forms
from accounts.views.parts import OurPage


class LoginView(OurPage, allauth.LoginView):  # type: ignore[misc]
    form_class = forms.LoginForm
    template_name = "accounts/login.html"


class LogoutView(auth.LogoutView):
    """By POST alone: a link must not log anybody out."""


class RegistrationView(OurPage, allauth.SignupView):  # type: ignore[misc]
    form_class = forms.RegistrationForm
    template_name = "accounts/register.html"
    template_name_signup_closed = "accounts/register_closed.html"


@method_decorator(never_cache, name="dispatch")
class MailSentView(OurPage, allauth.EmailVerificationSentView):  # type: ignore[misc]
    template_name = "accounts/register_sent.html"


@method_decorator(never_cache, name="dispatch")
class ConfirmView(OurPage, allauth.ConfirmEmailView):  # type: ignore[misc]
    template_name = "accounts/confirm.html"


@method_decorator(never_cache, name="dispatch")
class ResetView(OurPage, allauth.PasswordResetView):  # type: ignore[misc]
    form_class = forms.ResetForm
    template_name = "accounts/reset.html"


@method_decorator(never_cache, name="dispatch")
class ResetSentView(OurPage, allauth.PasswordResetDoneView):  # type: ignore[misc]
    template_name = "accounts/reset_sent.html"


@method_decorator(never_cache, name="dispatch")
class NewPasswordView(OurPage, allauth.PasswordResetFromKeyView):  # type: ignore[misc]
    form_class = forms.NewPasswordForm
    template_name = "accounts/reset_key.html"


@method_decorator(never_cache, name="dispatch")
class NewPasswordSetView(OurPage, allauth.PasswordResetFromKeyDoneView):  # type: ignore[misc]
    template_name = "accounts/reset_done.html"


@method_decorator(never_cache, name="dispatch")
class ClosedView(OurPage, allauth.AccountInactiveView):  # type: ignore[misc]
    template_name = "accounts/closed.html"
