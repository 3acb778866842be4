"""Addresses of the API about people; below /api/v1/."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("auth/token/", views.SignIn.as_view(), name="sign-in"),
    path("auth/refresh/", views.Refresh.as_view(), name="refresh"),
    path("auth/revoke/", views.Revoke.as_view(), name="revoke"),
    path("me/", views.Me.as_view(), name="me"),
    path("tokens/", views.Tokens.as_view(), name="tokens"),
    path("tokens/<slug:handle>/", views.TokenView.as_view(), name="token"),
]
