"""People: an address to log in with and the zone they read times in."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address, which whoever does so answers for."""

    use_in_migrations = True

    def _create(self, email: str, password: str | None, **extra: Any) -> "User":
        if not email:
            raise ValueError("an account needs an e-mail address")
        user = self.model(email=email, **extra)
        user.set_password(password)
        user.save(using=self._db)
        user.confirm_address()
        return user

    def create_user(
        self, email: str, password: str | None = None, **extra: Any
    ) -> "User":
        return self._create(email, password, **extra)

    def create_superuser(
        self, email: str, password: str | None = None, **extra: Any
    ) -> "User":
        return self._create(
            email, password, **{**extra, "is_staff": True, "is_superuser": True}
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account; the e-mail address is the login, whatever its case."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name; empty: that of the browser"
    )
    follows = ArrayField(
        models.SlugField(max_length=100),
        default=list,
        blank=True,
        help_text="slugs of the drivers followed, the newest first",
    )
    is_active = models.BooleanField(
        default=True, help_text="Take away instead of deleting the account."
    )
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    joined_at = models.DateTimeField(default=timezone.now, help_text="UTC")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
        ]
        permissions = [
            ("export_tables", "Can take whole tables along"),
            ("run_backtest", "Can run backtests"),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """An address is the same in any case, and kept in small letters."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @property
    def has_second_factor(self) -> bool:
        from allauth.mfa.utils import is_mfa_enabled  # it has models of its own

        return bool(is_mfa_enabled(self))

    def confirm_address(self) -> None:
        """Take the address as this person's, without asking it by mail."""
        addresses = apps.get_model("account", "EmailAddress").objects.filter(user=self)
        addresses.exclude(email=self.email).delete()
        addresses.update_or_create(
            user=self, email=self.email, defaults={"primary": True, "verified": True}
        )

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]
