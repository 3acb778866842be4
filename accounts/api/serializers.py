"""What people send to the API about themselves, and what it answers."""

from typing import Any

from rest_framework import serializers

from accounts.models import PersonalToken, Scope, User

YEAR = 365


class SignInIn(serializers.Serializer[Any]):
    email = serializers.EmailField()
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    code = serializers.CharField(
        max_length=20,
        required=False,
        help_text="of the second factor, where the account has one",
    )
    cookie = serializers.BooleanField(
        default=False,
        help_text="put the refresh token into a cookie that scripts cannot read",
    )


class RefreshIn(serializers.Serializer[Any]):
    refresh = serializers.CharField(
        required=False, max_length=2000, help_text="left out: that of the cookie"
    )


class RevokeIn(RefreshIn):
    everywhere = serializers.BooleanField(
        default=False, help_text="revoke every signed token of the person"
    )


class PairOut(serializers.Serializer[Any]):
    access = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")
    refresh = serializers.CharField(allow_null=True, help_text="null: in the cookie")


class MeOut(serializers.ModelSerializer[User]):
    roles = serializers.SerializerMethodField()
    scopes = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["email", "name", "time_zone", "follows", "roles", "scopes"]

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.groups.values_list("name", flat=True))

    def get_scopes(self, user: User) -> list[str]:
        scopes: set[str] = self.context["scopes"]
        return sorted(scopes)


class TokenIn(serializers.Serializer[Any]):
    password = serializers.CharField(
        max_length=128, trim_whitespace=False, help_text="once more"
    )
    name = serializers.CharField(max_length=60, help_text="what will use it")
    scopes = serializers.MultipleChoiceField(choices=Scope.choices, default={"read"})
    days = serializers.IntegerField(
        min_value=1, max_value=YEAR, default=90, help_text="until it expires"
    )


class TokenOut(serializers.ModelSerializer[PersonalToken]):
    class Meta:
        model = PersonalToken
        fields = [
            "handle",
            "name",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
        ]


class NewTokenOut(TokenOut):
    token = serializers.SerializerMethodField(help_text="shown this once")

    class Meta(TokenOut.Meta):
        fields = [*TokenOut.Meta.fields, "token"]

    def get_token(self, token: PersonalToken) -> str:
        return str(self.context["text"])
