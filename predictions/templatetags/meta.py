"""What the head of a page says to those who share and index it."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_block_tag
def said(content: str) -> SafeString:
    """The text of a block, to be said more than once; on one line."""
    return mark_safe(" ".join(content.split()))  # noqa: S308 - escaped as it was rendered


@register.simple_tag(takes_context=True)
def canonical(context: dict[str, Any]) -> str:
    """The one address of a page: its own, or the ``canonical`` of its view."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return ""
    address: str = request.build_absolute_uri(context.get("canonical") or request.path)
    return address


@register.simple_tag(takes_context=True)
def absolute(context: dict[str, Any], path: str) -> str:
    """An address of the site in full, as those who share a page need it."""
    request: HttpRequest | None = context.get("request")
    return request.build_absolute_uri(path) if request else path
