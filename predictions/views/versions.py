"""The result of a race as the page shows it: the newest version, or one asked for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from ingestion import queries as record
from ingestion.models import Correction, Race, ResultVersion, SessionKind
from ingestion.models.results import Finish
from ingestion.origins import source_label
from predictions.charts.colours import team_class
from predictions.grids import results_of
from predictions.views import parts
from predictions.views.presenters.versions import (
    MovedRow,
    ResultVersions,
    VersionLink,
)

#: Slug of a driver, and which of his cars.
Key = tuple[str, int]


@dataclass(frozen=True)
class Edition:
    """A result: its rows in published order, and what is known of its versions.

    ``version`` is empty where a race has no result.
    """

    rows: Sequence[Finish]
    version: ResultVersion | None = None
    versions: Sequence[ResultVersion] = ()

    @property
    def is_newest(self) -> bool:
        return not self.versions or self.version == self.versions[0]

    @property
    def results(self) -> dict[int, Finish]:
        """The result of each driver; of one who drove two cars, his better one."""
        found: dict[int, Finish] = {}
        for row in self.rows:
            found.setdefault(row.driver_id, row)
        return found

    @property
    def keep(self) -> str:
        """What links to other parts of the page carry on."""
        if self.is_newest or self.version is None:
            return ""
        return f"&version={self.version.number}"


def edition(race: Race, asked: str | None, kind: str = SessionKind.RACE) -> Edition:
    """The version that is asked for by its number; the tables hold the newest."""
    versions = list(record.versions_of(race, kind))
    if asked is not None:
        return _older(versions, asked)
    results = results_of([race], kind).select_related("driver", "team")
    rows = results.order_by("display_order")
    return Edition(list(rows), versions[0] if versions else None, versions)


def _older(versions: Sequence[ResultVersion], asked: str) -> Edition:
    for version in versions:
        if str(version.number) == asked:
            return Edition(record.rows_of(version), version, versions)
    raise Http404("The record holds no such version of the result.")


def result_versions(
    race: Race, edition: Edition, *, stage: str, model: str
) -> ResultVersions | None:
    """Links to all versions, and what the shown one changed."""
    if edition.version is None:
        return None
    page = parts.race_url(race, edition.version.kind)
    asked = {"stage": stage, "model": model}
    links = [
        _link(version, edition, page=page, asked=asked) for version in edition.versions
    ]
    history = reverse("admin:ingestion_resultversion_changelist")
    return ResultVersions(
        versions=links,
        shown=next(link for link in links if link.is_shown),
        moved=_moved_since(edition.version, edition),
        history_url=f"{history}?race__id__exact={race.pk}",
    )


def _link(
    version: ResultVersion, edition: Edition, *, page: str, asked: dict[str, str]
) -> VersionLink:
    is_newest = version == edition.versions[0]
    asked = {key: value for key, value in asked.items() if value}
    if not is_newest:
        asked["version"] = str(version.number)
    correction = version.correction
    return VersionLink(
        number=version.number,
        standing=version.standing,
        known_at=version.known_at,
        source=source_label(version.source),
        url=f"{page}?{urlencode(asked)}" if asked else page,
        reason=_reason(version, correction) if correction else "",
        link=correction.link if correction else "",
        is_newest=is_newest,
        is_shown=version == edition.version,
    )


def _reason(version: ResultVersion, correction: Correction) -> str:
    """What the editor said; of an undo, what he said of what is undone."""
    is_undo = correction.undone_at and version.known_at >= correction.undone_at
    return f"undone: {correction.reason}" if is_undo else correction.reason


def _moved_since(version: ResultVersion, edition: Edition) -> list[MovedRow]:
    before = [each for each in edition.versions if each.number < version.number]
    return moves(record.rows_of(before[0]), edition.rows) if before else []


def moves(before: Sequence[Finish], now: Sequence[Finish]) -> list[MovedRow]:
    """Whose place, status or points changed, in the order of the later result."""
    old, new = _by_car(before), _by_car(now)
    keys = [*new, *(key for key in old if key not in new)]
    return [
        _moved(old.get(key), new.get(key))
        for key in keys
        if _says(old.get(key)) != _says(new.get(key))
    ]


def _by_car(rows: Sequence[Finish]) -> dict[Key, Finish]:
    """One driver may stand twice in a race of the past."""
    cars: Counter[str] = Counter()
    keyed = {}
    for row in rows:
        cars[row.driver.slug] += 1
        keyed[row.driver.slug, cars[row.driver.slug]] = row
    return keyed


def _says(row: Finish | None) -> Any:
    return row and (row.position, row.status, row.points)


def _moved(before: Finish | None, now: Finish | None) -> MovedRow:
    row = now or before
    assert row  # noqa: S101 - one of them is there
    places = [_place(before), _place(now)]
    if places[0] == places[1]:  # finished, then lapped: as many places, another word
        places = [_place(each, with_status=True) for each in (before, now)]
    return MovedRow(
        code=parts.code_of(row.driver),
        name=row.driver.name,
        slug=row.driver.slug if row.driver.pk else "",
        team_class=team_class(row.team.slug),
        place_before=places[0],
        place=places[1],
        points_before=before.points if before else None,
        points=now.points if now else None,
    )


def _place(row: Finish | None, *, with_status: bool = False) -> str:
    if row is None:
        return ""
    text = parts.result_cell(row).text
    return f"{text}, {row.get_status_display().lower()}" if with_status else text
