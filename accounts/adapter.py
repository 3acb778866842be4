"""How allauth does things here: who may register, what mails say, how secrets lie."""

import base64
import hashlib
import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import roles
from accounts.authentication import check_password
from accounts.models import User
from f1site.base.client_address import client_address

log = logging.getLogger(__name__)

WORDS = {
    "account/messages/email_confirmation_failed.txt": (
        "This address cannot be confirmed: another account has it."
    ),
    "account/messages/email_confirmed.txt": "The e-mail address is confirmed.",
    "account/messages/email_deleted.txt": "The new address is forgotten.",
    "account/messages/password_changed.txt": "The password is changed.",
    "mfa/messages/totp_activated.txt": "The second factor is set up.",
    "mfa/messages/totp_deactivated.txt": "The second factor is switched off.",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Registration, login and mails."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "That e-mail address and password do not go together."
        ),
        "duplicate_email": "That is the address of this account already.",
        "enter_current_password": "That is not your password.",
        "incorrect_password": "That is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.REGISTRATION_OPEN)

    def save_user(
        self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True
    ) -> User:
        """Address and password are all that is taken from the form."""
        user.email = form.cleaned_data["email"]
        user.set_password(form.cleaned_data["password1"])
        user.save()
        roles.give(user, roles.VIEWER)
        return user

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        return check_password(request, **credentials)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages answer with pages; programs have the API."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_safe_url(self, url: str) -> bool:
        """Whether to send somebody there after login: to pages of this host alone."""
        request = current.request
        return url_has_allowed_host_and_scheme(
            url, {request.get_host()}, require_https=request.is_secure()
        )

    def get_email_verification_redirect_url(self, email_address: object) -> str:
        is_in = self.request.user.is_authenticated
        return reverse("account" if is_in else "login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """In our words, and only where the page does not say it by itself."""
        said = message or WORDS.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Plain text; the first line of the template is the subject."""
        name = template_prefix.rpartition("/")[2]
        words = {**context, "app_name": settings.APP_NAME}
        text = render_to_string(f"accounts/mail/{name}.txt", words)
        subject, _, body = text.strip().partition("\n")
        to = [email] if isinstance(email, str) else email
        return EmailMessage(subject, body.strip(), None, to, headers=headers)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            log.error("a mail could not be sent: %s", type(error).__name__)
            raise ImmediateHttpResponse(_no_mail(current.request)) from error

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What is done is done, whether or not the mail about it arrives."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except ImmediateHttpResponse:
            log.error("somebody was not told of a change of the account")


def _no_mail(request: HttpRequest) -> HttpResponse:
    response = render(request, "accounts/no_mail.html", status=503)
    response["Retry-After"] = "300"
    return response


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of the second factor lie encrypted by a key made of SECRET_KEY."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or no longer.",
        "unreadable": (
            "The second factor of this account cannot be read any more. Ask an"
            " administrator to remove it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error("a second factor was encrypted with another SECRET_KEY")
            raise self.validation_error("unreadable") from None


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (
        hashlib.sha256(f"second factor {key!s}".encode()).digest() for key in keys
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in digests])
