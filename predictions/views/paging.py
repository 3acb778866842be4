"""Long lists a page at a time."""

from collections.abc import Sequence
from typing import Any, TypeVar, overload

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from predictions.views.presenters.frame import Pager

PER_PAGE = 100
M = TypeVar("M", bound=Model)
T = TypeVar("T")


@overload
def paged(request: HttpRequest, rows: QuerySet[M]) -> tuple[Page[M], Pager]: ...
@overload
def paged(request: HttpRequest, rows: Sequence[T]) -> tuple[Page[T], Pager]: ...
def paged(request: HttpRequest, rows: Any) -> tuple[Page[Any], Pager]:
    """The page that the address asks for; a bad number leads to the nearest."""
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    keep = {k: str(v) for k, v in request.GET.items() if k != "page" and v}

    def url(number: int) -> str:
        return f"{request.path}?{urlencode({**keep, 'page': str(number)})}"

    total = page.paginator.count
    return page, Pager(
        text=f"{page.start_index()}–{page.end_index()} of {total}" if total else "none",
        previous_url=url(page.previous_page_number()) if page.has_previous() else "",
        next_url=url(page.next_page_number()) if page.has_next() else "",
    )
