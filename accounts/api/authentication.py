"""Who asks the API: by a signed token, a personal one, or the session of the pages."""
# mypy: allow-subclassing-any

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import jwt, tokens
from accounts.models import PersonalToken, Scope, User

BEARER = "Bearer"
WRONG = (
    "This token is unknown, expired or revoked. Get another:"
    " POST /api/v1/auth/token/, or Account, Tokens."
)


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer …`` with either kind of token.

    ``request.auth`` is the personal token, or the text of the signed one.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != BEARER.lower():
            return None
        found = _personal(text) if text.startswith(tokens.PREFIX) else _signed(text)
        if found is None:
            raise AuthenticationFailed(WRONG, "invalid_token")
        return found

    def authenticate_header(self, request: Request) -> str:
        return f'{BEARER} realm="api"'


def _personal(text: str) -> tuple[User, Any] | None:
    token = tokens.find(text)
    return (token.user, token) if token else None


def _signed(text: str) -> tuple[User, Any] | None:
    try:
        return jwt.read_access(text), text
    except jwt.Refused:
        return None


def scopes_of(request: Request) -> set[str]:
    """What the way in allows; a session and a signed token allow everything."""
    if isinstance(request.auth, PersonalToken):
        return set(request.auth.scopes)
    return set(Scope.values)


class InScope(BasePermission):
    """For people, and for their tokens as far as these go.

    A view names the ``permission`` that its person needs, and the ``scope`` that a
    personal token needs; a view without a scope takes no personal token.
    """

    message = "This token does not reach so far; make one with the scope that it takes."
    code = "out_of_scope"
    never = "No personal token does this: use a signed one, or the account page."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        needed = getattr(view, "permission", None)
        if needed and not request.user.has_perm(needed):
            self.message, self.code = "Your role may not do this.", "permission_denied"
            return False
        if isinstance(request.auth, PersonalToken):
            scope = getattr(view, "scope", None)
            self.message = self.message if scope else self.never
            return scope in request.auth.scopes
        return True


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description of the API says it."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token (f1_…) or a signed one of an hour.",
        }
