"""Drivers that a reader names: in full, in part, or by address."""

from dataclasses import dataclass

from ingestion.models import Driver
from predictions.views import parts

#: Names of one letter match half the record.
LEAST_LETTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a search box holds, whom it means, or what is wrong with it."""

    text: str = ""
    driver: Driver | None = None
    error: str = ""

    @property
    def slug(self) -> str:
        return self.driver.slug if self.driver else ""


def choose(text: str) -> Chosen:
    """The driver of that address, name or part of a name. One to three queries."""
    text = text.strip()[:100]
    if not text:
        return Chosen()
    found = _exactly(text) or _partly(text)
    if len(found) == 1:
        return Chosen(text=found[0].name, driver=found[0])
    if not found:
        return Chosen(text=text, error=f"The record holds no driver “{text}”.")
    names = ", ".join(driver.name for driver in found[:5])
    more = " and others" if len(found) > 5 else ""
    return Chosen(text=text, error=f"“{text}” may be {names}{more}. Say which.")


def names() -> list[str]:
    """Names of all who took part, for the completion of search boxes. One query."""
    drivers = Driver.objects.filter(results__isnull=False).distinct()
    return list(drivers.order_by("last_name", "name").values_list("name", flat=True))


def _exactly(text: str) -> list[Driver]:
    by_slug = Driver.objects.filter(slug=text).first()
    return [by_slug] if by_slug else list(Driver.objects.filter(name__iexact=text)[:6])


def _partly(text: str) -> list[Driver]:
    if len(text) < LEAST_LETTERS:
        return []
    drivers = Driver.objects.filter(parts.slug_has(text), results__isnull=False)
    return list(drivers.distinct().order_by("slug")[:6])
