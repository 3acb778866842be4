"""Who is to be compared: all of the page's state, from its address."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from ingestion.models import Driver, Team
from predictions.views.search import Wanted, drivers, teams

Subject = Driver | Team

KINDS = {"drivers": "Drivers", "teams": "Teams"}
FEWEST, MOST = 2, 4
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Drivers or teams, in the order of the address.

    Attributes
    ----------
    of : drivers or teams
    subjects : at most four, each once
    is_added : whether one of them was typed in
    troubles : what could not be made sense of, in words
    """

    of: str
    subjects: tuple[Subject, ...] = ()
    is_added: bool = False
    troubles: tuple[str, ...] = ()

    @property
    def slugs(self) -> list[str]:
        return [subject.slug for subject in self.subjects]

    def url(self, name: str = "ratings-compare", **changes: Any) -> str:
        """Address of the same with some changes."""
        now = replace(self, **changes)
        query = {"of": now.of, "names": ",".join(now.slugs)}
        query = {key: value for key, value in query.items() if value}
        return f"{reverse(name)}?{urlencode(query).replace('%2C', ',')}"


def asked_for(query: QueryDict) -> Asked:
    """Read an address; what makes no sense is told. Four queries at most."""
    of = query.get("of", "")
    of = of if of in KINDS else next(iter(KINDS))
    slugs = dict.fromkeys(filter(None, query.get("names", "").split(",")))
    added = query.get("add", "").strip()[:LONGEST]
    model: Any = model_of(of)
    known = model.objects.in_bulk(list(slugs)[: 2 * MOST], field_name="slug")
    troubles = [_unknown(slug, of) for slug in slugs if slug not in known]
    subjects = [known[slug] for slug in slugs if slug in known]
    found = _named(added, of) if added else None
    if added and found is None:
        troubles.append(_unknown(added, of))
    if found and found not in subjects:
        subjects.append(found)
    if len(subjects) > MOST:
        left_out = ", ".join(subject.name for subject in subjects[MOST:])
        troubles.append(f"{MOST} at most; remove one first. Without {left_out}.")
    return Asked(
        of=of,
        subjects=tuple(subjects[:MOST]),
        is_added=found is not None,
        troubles=tuple(troubles[:MOST]),
    )


def model_of(of: str) -> type[Driver] | type[Team]:
    return Driver if of == "drivers" else Team


def known_names(of: str) -> list[str]:
    """Names of all who took part, for completion. One query."""
    model: Any = model_of(of)
    names: Iterable[str] = (
        model.objects.filter(results__isnull=False)
        .order_by("name")
        .values_list("name", flat=True)
        .distinct()
    )
    return list(names)


def _named(text: str, of: str) -> Subject | None:
    """Who bears that name or address, else the first that the search finds."""
    model: Any = model_of(of)
    exactly: Subject | None = model.objects.filter(
        Q(name__iexact=text) | Q(slug=text.lower())
    ).first()
    if exactly:
        return exactly
    wanted = Wanted.of(text)
    if not wanted.is_name:
        return None
    return drivers(wanted).first() if of == "drivers" else teams(wanted).first()


def _unknown(name: str, of: str) -> str:
    return f"The record holds no {of.removesuffix('s')} “{name[:LONGEST]}”."
