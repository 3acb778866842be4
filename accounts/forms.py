"""Forms of the account pages."""

from typing import Any, Final
from zoneinfo import available_timezones

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django import forms
from django.http import HttpRequest, HttpResponseBase

from accounts import mails, roles
from accounts.models import User
from accounts.tokens import NEEDED

#: What fields are called here, whatever allauth calls them.
LABELS: Final = {
    "login": "E-mail address",
    "email": "E-mail address",
    "password": "Password",
    "oldpassword": "Old password",
    "password1": "New password",
    "password2": "New password, again",
    "code": "Code of six digits",
}
#: Codes of the app that are right at the same time: now, half a minute off either way.
CODES_AT_A_TIME = 3


class Styled(forms.Form):
    """Fields that look like those of the site, and are named like them."""

    labels: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name) or LABELS.get(name) or field.label
            field.widget.attrs["class"] = "input"
            field.widget.attrs.pop("placeholder", None)
            if name in ("password", "oldpassword"):
                field.help_text = ""  # where it is forgotten, the page says what to do
            if name == "code":
                field.widget.attrs["autofocus"] = True


class LoginForm(Styled, allauth.LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {
            "autofocus": True,
            "autocomplete": "username",
        }


class RegistrationForm(Styled, allauth.SignupForm):  # type: ignore[misc]
    """Address and password; everything else comes later, or by an administrator."""

    labels = {"password1": "Password", "password2": "Password, again"}

    def try_save(
        self, request: HttpRequest
    ) -> tuple[User | None, HttpResponseBase | None]:
        """An address that is taken takes as long as one that is free."""
        if self.account_already_exists:
            User().set_password(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        return user, response


class ResetForm(Styled, allauth.ResetPasswordForm):  # type: ignore[misc]
    """Whom to send a link for a new password."""


class NewPasswordForm(Styled, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password, twice."""


class PasswordForm(Styled, allauth.ChangePasswordForm):  # type: ignore[misc]
    """The old password, and the new one twice."""

    def clean_oldpassword(self) -> str:
        """Through the front door: wrong ones count for the lock."""
        return _own_password(self.user, self.cleaned_data["oldpassword"])


class AddressForm(Styled, allauth.AddEmailForm):  # type: ignore[misc]
    """Another e-mail address."""

    labels = {"email": "New e-mail address"}


class AgainForm(Styled, allauth.ReauthenticateForm):  # type: ignore[misc]
    """The password, before something that matters."""


class Once(forms.Form):
    """A code of the app lets in once, with or without Redis."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type != Authenticator.Type.TOTP:
            return code
        used = authenticator.data.get("used", [])
        digits = "".join(filter(str.isdigit, code))
        if digits in used:
            raise get_mfa_adapter().validation_error("incorrect_code")
        authenticator.data["used"] = [digits, *used][:CODES_AT_A_TIME]
        authenticator.save(update_fields=["data"])
        return code


class CodeForm(Once, Styled, factor.AuthenticateForm):  # type: ignore[misc]
    """A code of the second factor, or a recovery code."""

    labels = {"code": "Code"}


class CodeAgainForm(Once, Styled, factor.ReauthenticateForm):  # type: ignore[misc]
    """A code, before something that matters."""

    labels = {"code": "Code"}


class FirstCodeForm(Styled, totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code, which proves that the app has the key."""


class DeletionForm(Styled):
    """The password of whoever leaves."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        return _own_password(self.user, self.cleaned_data["password"])


def _own_password(user: User, password: str) -> str:
    adapter = get_adapter()
    if not adapter.reauthenticate(user, password):
        raise adapter.validation_error("incorrect_password")
    return password


def zones() -> list[tuple[str, str]]:
    """Zones that are named after a place, and UTC."""
    places = sorted(zone for zone in available_timezones() if "/" in zone)
    named = [zone for zone in places if not zone.startswith(("Etc/", "SystemV/"))]
    return [("", "that of the browser"), ("UTC", "UTC"), *((z, z) for z in named)]


class AccountForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """What people say about themselves."""

    time_zone = forms.ChoiceField(choices=zones, required=False)

    class Meta:
        model = User
        fields = ["name", "time_zone", *mails.KINDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in mails.KINDS:
            box = self.fields[name]
            box.label, box.help_text = f"Mail me {mails.told_of(name)}", ""
            box.widget.attrs.pop("class")
        if not roles.administrators().filter(pk=self.instance.pk).exists():
            del self.fields[mails.TROUBLES]


class TokenForm(Styled):
    """A personal token: what uses it, what it may do, and for how long."""

    name = forms.CharField(max_length=60, label="What will use it")
    scopes = forms.MultipleChoiceField(
        label="What it may do, beside reading",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(
        label="Until it expires",
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year")],
        initial=90,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [scope for scope, needed in NEEDED.items() if user.has_perm(needed)]
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101
        scopes.choices = [(scope.value, scope.label) for scope in offered]
        scopes.widget.attrs.pop("class")
        if not offered:
            del self.fields["scopes"]

    def clean(self) -> dict[str, Any]:
        return {"scopes": [], **(super().clean() or self.cleaned_data)}
