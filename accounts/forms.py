"""Forms of the account pages."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import forms as auth

from accounts.models import User


class Styled(forms.Form):
    """Fields that look like those of the site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


class LoginForm(Styled, auth.AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        "invalid_login": "That e-mail address and password do not go together.",
        "inactive": "This account is closed.",
    }
    username = auth.UsernameField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autofocus": True}),
    )


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
        fields = ["name", "time_zone"]


class PasswordForm(Styled, auth.PasswordChangeForm):
    """The old password, and the new one twice."""
