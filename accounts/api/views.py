"""Signed and personal tokens, and who one is."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.settings import api_settings

from accounts import jwt, tokens
from accounts.api import serializers
from accounts.api.authentication import InScope, scopes_of
from accounts.authentication import NotLetInError, check_password, let_in
from accounts.jwt import Pair
from accounts.models import PersonalToken, Scope, User
from accounts.tokens import MOST_TOKENS
from f1site.base.limits import CallerLimit, LoginLimit

COOKIE = "f1_refresh"
COOKIE_PATH = "/api/v1/auth/"
NOTHING = OpenApiResponse(description="Done; no body.")


class Private(APIView):
    """Answers to one person: no cache keeps them."""

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final


class Door(Private):
    """Where one says who one is: whoever one is so far does not matter."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        """What makes a refusal a 401."""
        return 'Bearer realm="api"'


class SignIn(Door):
    """A signed token for an hour, and one to renew it for a week."""

    throttle_classes = [CallerLimit, LoginLimit]

    @extend_schema(
        tags=["people"],
        summary="Sign in",
        request=serializers.SignInIn,
        responses=serializers.PairOut,
    )
    def post(self, request: Request) -> Response:
        sent = serializers.SignInIn(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        if wanted["cookie"]:
            _same_origin(request)
        try:
            user = let_in(
                request._request,
                email=wanted["email"],
                password=wanted["password"],
                code=wanted.get("code", ""),
            )
        except NotLetInError as refusal:
            raise AuthenticationFailed(str(refusal), refusal.code) from None
        return _answer(jwt.pair_for(user), in_cookie=wanted["cookie"])


class Refresh(Door):
    """A new pair for a refresh token, which is then spent."""

    @extend_schema(
        tags=["people"],
        summary="Renew a token",
        request=serializers.RefreshIn,
        responses=serializers.PairOut,
    )
    def post(self, request: Request) -> Response:
        text, in_cookie = _sent(request)
        try:
            pair = jwt.rotate(text)
        except jwt.Refused:
            raise _refused() from None
        return _answer(pair, in_cookie=in_cookie)


class Revoke(Door):
    """Sign out: this refresh token, or every signed token of the person."""

    @extend_schema(
        tags=["people"],
        summary="Revoke tokens",
        request=serializers.RevokeIn,
        responses={204: NOTHING},
    )
    def post(self, request: Request) -> Response:
        text, _ = _sent(request)
        sent = serializers.RevokeIn(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            user = jwt.give_back(text)
        except jwt.Refused:
            raise _refused() from None
        if sent.validated_data["everywhere"]:
            user.end_signed_tokens()
        response = Response(status=status.HTTP_204_NO_CONTENT)
        response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
        return response


class Me(Private):
    """Whom the API takes the caller for."""

    permission_classes = [IsAuthenticated, InScope]
    scope = Scope.READ

    @extend_schema(tags=["people"], summary="Who one is", responses=serializers.MeOut)
    def get(self, request: Request) -> Response:
        context = {"scopes": scopes_of(request)}
        return Response(serializers.MeOut(_person(request), context=context).data)


class Tokens(Private):
    """One's personal tokens; no personal token makes another."""

    permission_classes = [IsAuthenticated, InScope]

    @extend_schema(
        tags=["people"],
        summary="One's tokens",
        responses=serializers.TokenOut(many=True),
    )
    def get(self, request: Request) -> Response:
        mine = PersonalToken.objects.filter(user=request.user.pk)
        return Response(serializers.TokenOut(mine, many=True).data)

    @extend_schema(
        tags=["people"],
        summary="Make a token",
        request=serializers.TokenIn,
        responses={201: serializers.NewTokenOut},
    )
    def post(self, request: Request) -> Response:
        sent = serializers.TokenIn(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted, person = sent.validated_data, _person(request)
        door = request._request
        if not check_password(door, email=person.email, password=wanted["password"]):
            raise PermissionDenied("That is not your password.", "wrong_password")
        try:
            token, text = tokens.issue(
                person, wanted["name"], list(wanted["scopes"]), wanted["days"]
            )
        except tokens.TooMany:
            raise ValidationError(
                {"name": f"{MOST_TOKENS} tokens are the most; revoke one first."}
            ) from None
        tokens.tell(token)
        made = serializers.NewTokenOut(token, context={"text": text})
        return Response(made.data, status=status.HTTP_201_CREATED)


class TokenView(Private):
    """One of one's own tokens, by its handle."""

    permission_classes = [IsAuthenticated, InScope]

    @extend_schema(tags=["people"], summary="Revoke a token", responses={204: NOTHING})
    def delete(self, request: Request, handle: str) -> Response:
        mine = PersonalToken.objects.filter(user=request.user.pk, handle=handle)
        if not mine.delete()[0]:
            raise NotFound(f"You have no token {handle}.")
        return Response(status=status.HTTP_204_NO_CONTENT)


def _person(request: Request) -> User:
    """Who asks, where the permission lets people in alone."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def _sent(request: Request) -> tuple[str, bool]:
    """The refresh token that was sent, and whether in the cookie."""
    sent = serializers.RefreshIn(data=request.data)
    sent.is_valid(raise_exception=True)
    if text := sent.validated_data.get("refresh"):
        return str(text), False
    text = request.COOKIES.get(COOKIE)
    if not text:
        raise ValidationError({"refresh": "Send a refresh token, or its cookie."})
    _same_origin(request)
    return text, True


def _same_origin(request: Request) -> None:
    """Another site's page must not make a browser spend its cookie."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.get_host():
        raise PermissionDenied("The cookie serves pages of this site alone.")


def _refused() -> AuthenticationFailed:
    return AuthenticationFailed(
        "This refresh token is unknown, expired, spent or revoked. Sign in again.",
        "invalid_token",
    )


def _answer(pair: Pair, *, in_cookie: bool) -> Response:
    response = Response(
        {
            "access": pair.access,
            "expires_in": pair.expires_in,
            "refresh": None if in_cookie else pair.refresh,
        }
    )
    if in_cookie:
        response.set_cookie(
            COOKIE,
            pair.refresh,
            max_age=api_settings.REFRESH_TOKEN_LIFETIME,
            path=COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
    return response
