"""What is asked of whoever enters the admin."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User

View = Callable[[HttpRequest], HttpResponse]


def ask_for_second_factor(get_response: View) -> View:
    """Send staff who lack one to where it is set up, where the site requires it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if (
            settings.MFA_REQUIRED_FOR_STAFF
            and request.path.startswith(reverse("admin:index"))
            and isinstance(request.user, User)
            and request.user.is_staff
            and not request.user.has_second_factor
        ):
            messages.warning(request, "The admin opens once you have a second factor.")
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return get_response(request)

    return answer
