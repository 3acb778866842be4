"""What the account pages share."""

from typing import Any

from django.conf import settings


class OurPage:
    """A page of allauth in our templates."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without allauth's own ``site``: every page has one of ours by that name."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)
        context["registration_open"] = settings.REGISTRATION_OPEN
        return context
