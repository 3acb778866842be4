"""People: an address to log in with, the zone they read times in, their tokens."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
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


def is_zone(name: str) -> None:
    """Refuse what no clock goes by."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is no time zone; Europe/Rome is one.")


class User(AbstractBaseUser, PermissionsMixin):
    """An account; the e-mail address is the login, whatever its case."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[is_zone],
        help_text="IANA name; empty: that of the browser",
    )
    follows = ArrayField(
        models.SlugField(max_length=100),
        default=list,
        blank=True,
        help_text="slugs of the drivers followed, the newest first",
    )
    mail_forecasts = models.BooleanField(
        "forecasts, as they are sealed before a start",
        default=False,
        db_default=False,
    )
    mail_scores = models.BooleanField(
        "how they did, after the flag", default=False, db_default=False
    )
    mail_troubles = models.BooleanField(
        "what is wrong with the site, and when it is over",
        default=True,
        db_default=True,
        help_text="Goes to administrators alone.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Take away instead of deleting the account."
    )
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    token_version = models.PositiveIntegerField(
        default=1,
        editable=False,
        help_text="of the signed tokens of the API that are good",
    )
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
        if self._state.adding:
            super().save(*args, **kwargs)
            return
        has_new_password = getattr(self, "_password", None) is not None
        if kwargs.get("update_fields") is None:
            # The version is raised in the database alone: what was read before must
            # not take back what was revoked since.
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name != "token_version"
            ]
        super().save(*args, **kwargs)
        if has_new_password:
            self.end_signed_tokens()

    def end_signed_tokens(self) -> None:
        """Nothing signed for this person so far is good any more."""
        mine = User.objects.filter(pk=self.pk)
        mine.update(token_version=models.F("token_version") + 1)
        self.refresh_from_db(fields=["token_version"])

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


class Scope(models.TextChoices):
    """What a token may do, within what its person may do."""

    READ = "read", "read the API"
    EXPORT = "export", "export whole tables"
    BACKTEST = "backtest", "run backtests"


class PersonalTokenQuerySet(models.QuerySet["PersonalToken"]):
    def usable(self) -> "PersonalTokenQuerySet":
        """Not expired, of somebody whose account is open."""
        now = timezone.now()
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), user__is_active=True
        )


class PersonalToken(models.Model):
    """A key that a person made for a program; whoever has it is that person."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60, help_text="What uses it.")
    handle = models.CharField(
        max_length=8, unique=True, help_text="names the token, is no secret"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256, hex")
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_at = models.DateTimeField(default=timezone.now, help_text="UTC")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, to the minute"
    )

    objects: ClassVar[PersonalTokenQuerySet] = PersonalTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.handle}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class SpentRefresh(models.Model):
    """A refresh token that was used or given back."""

    jti = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True, help_text="UTC")

    objects: ClassVar[models.Manager["SpentRefresh"]]

    class Meta:
        verbose_name_plural = "spent refresh tokens"

    def __str__(self) -> str:
        return self.jti


class SentMail(models.Model):
    """What somebody was told by mail, or was to be."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sent_mails")
    about = models.CharField(max_length=100, help_text="as programs name it")
    subject = models.CharField(max_length=250)
    n_tries = models.PositiveSmallIntegerField()
    tried_at = models.DateTimeField(help_text="UTC")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    again_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; empty: it is not tried again"
    )

    objects: ClassVar[models.Manager["SentMail"]]

    class Meta:
        ordering = ["-tried_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["about", "user"], name="sent_mail_once"),
        ]

    def __str__(self) -> str:
        return self.subject
