"""Long lists a page at a time."""

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from predictions.views.presenters.frame import Pager

PER_PAGE = 100
M = TypeVar("M", bound=Model)


def paged(request: HttpRequest, rows: QuerySet[M]) -> tuple[Page[M], Pager]:
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
