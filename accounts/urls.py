"""Addresses of login and account; at the root of the site, without a namespace."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("account/", views.AccountView.as_view(), name="account"),
    path(
        "account/password/",
        views.PasswordView.as_view(),
        name="password_change",
    ),
]
