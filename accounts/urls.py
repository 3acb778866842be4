"""Addresses of login and account; at the root of the site, without a namespace.

Names that begin with ``account_`` and ``mfa_`` are those that allauth looks for. What
of allauth is not listed here is not there.
"""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts.views import account, entrance, mails, second_factor, tokens


class Base36(StringConverter):
    """The number of an account, as links in mails write it."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36, "base36")

pages = [
    path("login/", entrance.LoginView.as_view(), name="login"),
    path("logout/", entrance.LogoutView.as_view(), name="logout"),
    path("account/", account.AccountView.as_view(), name="account"),
    path("account/password/", account.PasswordView.as_view(), name="password_change"),
    path("account/address/", account.AddressView.as_view(), name="account_email"),
    path("account/again/", account.AgainView.as_view(), name="account_reauthenticate"),
    path("account/tokens/", tokens.TokensView.as_view(), name="account-tokens"),
    path("account/data/", account.DataView.as_view(), name="my-data"),
    path("account/data.json", account.data_file, name="my-data-json"),
    path("account/delete/", account.DeletionView.as_view(), name="account-delete"),
    path(
        "account/register/", entrance.RegistrationView.as_view(), name="account_signup"
    ),
    path(
        "account/register/sent/",
        entrance.MailSentView.as_view(),
        name="account_email_verification_sent",
    ),
    path(
        "account/confirm/<str:key>/",
        entrance.ConfirmView.as_view(),
        name="account_confirm_email",
    ),
    path("account/mails/<str:signed>/", mails.stop, name="mails-stop"),
    path("account/closed/", entrance.ClosedView.as_view(), name="account_inactive"),
    path("account/reset/", entrance.ResetView.as_view(), name="account_reset_password"),
    path(
        "account/reset/sent/",
        entrance.ResetSentView.as_view(),
        name="account_reset_password_done",
    ),
    path(
        "account/reset/done/",
        entrance.NewPasswordSetView.as_view(),
        name="account_reset_password_from_key_done",
    ),
    path(
        "account/reset/<base36:uidb36>-<str:key>/",
        entrance.NewPasswordView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "account/second-factor/",
        second_factor.OverviewView.as_view(),
        name="mfa_index",
    ),
    path(
        "account/second-factor/code/",
        second_factor.CodeView.as_view(),
        name="mfa_authenticate",
    ),
    path(
        "account/second-factor/again/",
        second_factor.CodeAgainView.as_view(),
        name="mfa_reauthenticate",
    ),
    path(
        "account/second-factor/set-up/",
        second_factor.SetUpView.as_view(),
        name="mfa_activate_totp",
    ),
    path(
        "account/second-factor/remove/",
        second_factor.RemovalView.as_view(),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/second-factor/recovery/",
        second_factor.RecoveryView.as_view(),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/recovery/new/",
        second_factor.NewRecoveryView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]

#: The same pages by the names that allauth knows.
aliases = [
    # Who has no password yet sets the first one by mail.
    path("account/reset/", entrance.ResetView.as_view(), name="account_set_password"),
    path("login/", entrance.LoginView.as_view(), name="account_login"),
    path(
        "account/password/",
        account.PasswordView.as_view(),
        name="account_change_password",
    ),
]

#: Answers to forms, which show nothing.
actions = [
    path(
        "account/tokens/<slug:handle>/revoke/",
        tokens.RevocationView.as_view(),
        name="account-token-revoke",
    ),
]

urlpatterns = [*pages, *actions, *aliases]
