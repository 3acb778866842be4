"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.account.signals import password_reset
        from allauth.mfa.signals import authentication_failed
        from auditlog.registry import auditlog

        from accounts import lockout, tokens

        authentication_failed.connect(lockout.count_failure)
        password_reset.connect(lockout.forget)
        password_reset.connect(tokens.end_all)
        post_migrate.connect(install_roles, dispatch_uid="accounts.roles")
        auditlog.register(
            self.get_model("User"),
            exclude_fields=["password", "last_login", "token_version"],
            m2m_fields=["groups", "user_permissions"],
        )


def install_roles(app_config: AppConfig, apps: Any = installed, **signal: Any) -> None:
    """Permissions of an app exist once it is migrated: then give them to roles."""
    from django.contrib.auth.management import create_permissions

    from accounts import roles

    try:
        apps.get_model("auth", "Group")
    except LookupError:
        return  # migrated back to before there were groups
    create_permissions(app_config, apps=apps, **signal)
    roles.install(app_config.label)
