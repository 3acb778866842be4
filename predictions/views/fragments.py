"""One view, one text: the whole page, or the part of it that HTMX asks for.

What does not depend on the reader is kept for each data version: the part, or the
blocks of the page, which `frame.html` puts into the frame of whoever asks.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from html import unescape
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django_htmx.middleware import HtmxDetails
from render_block import BlockNotFound, render_block_to_string

from accounts.models import User
from f1site.base import kept
from f1site.base.kept_pages import publish

KIND: Final = "blocks"
BLOCKS: Final = ("title", "description", "robots", "crumbs")
#: Where the frame is cut to take the content in.
CUT: Final = b"<!--content-->"


#: The first thing that a part is called by.
HEADING: Final = re.compile(r"<(?:h[23]|strong)\b[^>]*>(.*?)</", re.DOTALL)


class HtmxHttpRequest(HttpRequest):
    htmx: HtmxDetails
    user: User | AnonymousUser


class Drawn(NamedTuple):
    """An answer without its reader: the part, or the page but for its frame."""

    content: bytes
    digest: str
    blocks: dict[str, str] | None = None  # the small ones of a page
    canonical: str | None = None
    push_url: str | None = None


View = Callable[..., HttpResponse]


def is_swap(request: HtmxHttpRequest) -> bool:
    """Whether HTMX asks for a part, not for a page that its history has lost."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_part(
    request: HtmxHttpRequest,
    page: str,
    part: str,
    context: Mapping[str, Any],
    push_url: str | None = None,
) -> HttpResponse:
    """The fragment ``_part.html`` for a swap, else ``page.html`` which includes it."""
    if is_swap(request):
        name = f"predictions/_{part}.html"
        text = render_to_string(name, {**context}, request)
        return _answer(request, _drawn(text + _said(text), push_url=push_url))
    return render_page(request, page, context)


def _said(part: str) -> str:
    """What a part shows, put where those who do not see it are told."""
    found = HEADING.search(part)
    words = " ".join(unescape(strip_tags(found[1])).split()) if found else "Updated"
    return format_html('<p id="said" hx-swap-oob="innerHTML">{}</p>', words)


def render_page(
    request: HtmxHttpRequest, page: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The page, drawn block by block."""
    name = f"predictions/{page}.html"
    blocks = {block: _block(request, name, block, context) for block in BLOCKS}
    text = _block(request, name, "content", context)
    canonical = context.get("canonical")
    return _answer(request, _drawn(text, blocks=blocks, canonical=canonical))


def _drawn(text: str, **rest: Any) -> Drawn:
    content = text.encode()
    return Drawn(content, _digest_of(content), **rest)


def _digest_of(*texts: bytes) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text)
    return digest.hexdigest()


def _block(
    request: HtmxHttpRequest, name: str, block: str, context: Mapping[str, Any]
) -> str:
    """What a template puts into a block of the frame; nothing if it has none."""
    try:
        text: str = render_block_to_string(name, block, {**context}, request)
    except BlockNotFound:
        return ""
    return SafeString(text)


def kept_by_version(*reads: str) -> Callable[[View], View]:
    """For views that are not asked again while the data are what they were.

    What they answer depends on the path, the data and these parameters alone; no
    other parameter reaches them. Staff are shown more: what is kept for them is kept
    apart.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def answer(request: HtmxHttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.GET = _only(request.GET, reads)  # type: ignore[assignment]
            if error := getattr(request, "database_error", None):
                raise error
            era = kept.era()
            if era is None:
                return publish(view(request, *args, **kwargs))
            key = _key(request, era)
            kind = f"{KIND}-asked" if request.GET else KIND
            found = kept.find(kind, key)
            if found is not None:
                return publish(_answer(request, Drawn(*found)))
            response = view(request, *args, **kwargs)
            drawn: Drawn | None = getattr(response, "drawn", None)
            if drawn is not None and response.status_code == 200:
                kept.keep(kind, era, key, tuple(drawn))
            return publish(response)

        return answer

    return decorated


def _only(asked: QueryDict, names: Collection[str]) -> QueryDict:
    """The parameters of these names, in the order of the names."""
    few = QueryDict(mutable=True)
    for name in names:
        if name in asked:
            few.setlist(name, asked.getlist(name))
    return few


def _key(request: HtmxHttpRequest, era: str) -> str:
    asked = f"{request.path_info}?{request.GET.urlencode()}"
    whose = "staff" if request.user.is_staff else "all"
    return f"{era} {whose} {'part' if is_swap(request) else 'page'} {asked}"


def _answer(request: HtmxHttpRequest, drawn: Drawn) -> HttpResponse:
    """What was drawn, a page in the frame of whoever asks."""
    head, tail = _frame(request, drawn)
    response = HttpResponse(b"".join((head, drawn.content, tail)))
    response["ETag"] = f'"{_digest_of(head, drawn.digest.encode(), tail)}"'
    if drawn.push_url:
        response["HX-Push-Url"] = drawn.push_url
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    response.drawn = drawn  # type: ignore[attr-defined]
    return response


def _frame(request: HtmxHttpRequest, drawn: Drawn) -> tuple[bytes, bytes]:
    """What stands before and after the content; nothing around a part."""
    if drawn.blocks is None:
        return b"", b""
    text = render_to_string("frame.html", drawn._asdict(), request)
    head, _, tail = text.encode().partition(CUT)
    return head, tail
