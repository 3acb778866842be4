"""What every page shows in its frame; filled in by the page views' owner."""

from typing import Any

from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {}
