"""What the account pages share."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class OurPage:
    """A page of allauth in our templates."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What a page has no method for, it does not even look at."""
        has_method = hasattr(self, str(request.method).lower())
        handle = super().dispatch if has_method else self.http_method_not_allowed  # type: ignore[misc,attr-defined]
        response: HttpResponse = handle(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without allauth's own ``site``: every page has one of ours by that name."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)
        context["registration_open"] = settings.REGISTRATION_OPEN
        return context
