"""The drivers that the reader follows, on the page of his account."""

from typing import Any

from django import template

from accounts.models import User
from predictions.views.following import followed

register = template.Library()


@register.inclusion_tag("includes/followed.html")
def followed_drivers(reader: User) -> dict[str, Any]:
    return {"rows": followed(reader)}
