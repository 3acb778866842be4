"""What the lists of the API can be narrowed down and sorted by."""
# mypy: allow-subclassing-any

from collections.abc import Sequence
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, F, OrderBy, OuterRef, Q, QuerySet, Subquery
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import (
    Circuit,
    Entry,
    Race,
    ResultStatus,
    SessionKind,
    WeatherData,
)
from predictions.models import ModelVersion, Stage
from ratings.models import RatingKind

Rows = QuerySet[Any]
RACED = [SessionKind.RACE, SessionKind.SPRINT]
PRACTICE = [SessionKind.FP1, SessionKind.FP2, SessionKind.FP3, SessionKind.FP4]


class Ordering(OrderingFilter):
    """Sorting by the names that a view lists; a name it lacks is refused.

    A view says ``orderings = {"season": "race__season"}``: name in the address,
    path in the record. What is unknown stands below what is known, and the key comes
    last, so that pages never overlap.
    """

    def get_valid_fields(
        self, queryset: Rows, view: Any, context: Any = None
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in view.orderings]

    def get_ordering(self, request: Request, queryset: Rows, view: Any) -> list[Any]:
        asked = request.query_params.get(self.ordering_param, "")
        terms = [term.strip() for term in asked.split(",") if term.strip()]
        if not terms:
            return [*view.default_ordering, "pk"]
        return [*(_path(term, view.orderings) for term in terms), "pk"]

    def get_default_ordering(self, view: Any) -> Sequence[str]:
        return list(view.default_ordering)


def _path(term: str, orderings: dict[str, str]) -> OrderBy:
    name = term.removeprefix("-")
    if name not in orderings:
        raise ValidationError(
            {"ordering": f"{name!r} is not one of {', '.join(orderings)}."}
        )
    return OrderBy(F(orderings[name]), descending=term.startswith("-"), nulls_last=True)


def races_of(year: int) -> Q:
    """A season as its range of race keys, which prunes partitions."""
    first = year * KEYS_PER_SEASON
    return Q(race_id__gte=first, race_id__lt=first + KEYS_PER_SEASON)


class WholeFilter(filters.NumberFilter):
    """A whole number between bounds, which the description of the API names too."""

    field_class = forms.IntegerField

    def __init__(self, path: str | None, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(path, min_value=least, max_value=most, **kwargs)
        bounds = {"type": "integer", "minimum": least, "maximum": most}
        extend_schema_field({**bounds, "description": kwargs["help_text"]})(self)

    def get_max_validator(self) -> None:
        """The field knows its bounds."""


class YearFilter(WholeFilter):
    """A season, by its year."""

    def __init__(self, path: str | None = None, **kwargs: Any) -> None:
        super().__init__(path, 1950, 2999, **kwargs)


class SeasonOfRaceFilter(YearFilter):
    """The season of a row that has a race."""

    def filter(self, qs: Rows, value: int | None) -> Rows:
        return qs if value is None else qs.filter(races_of(value))


class CountFilter(WholeFilter):
    """A small number, such as a round or a position."""

    def __init__(self, path: str, lookup: str = "exact", **kwargs: Any) -> None:
        super().__init__(path, 1, 999, lookup_expr=lookup, **kwargs)


class KeyFilter(filters.CharFilter):
    """A natural key, as it stands in addresses."""

    def __init__(self, path: str, meaning: str, **kwargs: Any) -> None:
        super().__init__(path, help_text=meaning, max_length=100, **kwargs)


class Narrowing(filters.FilterSet):
    """Filters that a form calls what addresses call them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, each in self.filters.items():
            each.label = name


class OfRaceFilter(Narrowing):
    """Season and round of the race that a row belongs to."""

    season = SeasonOfRaceFilter(help_text="year")
    round = CountFilter("race__round", help_text="of the season, from 1")


class EnteredFilter(Narrowing):
    """Drivers or teams by what they were entered for; all conditions in one entry."""

    season = YearFilter(method="keep", help_text="entered in that season")

    def keep(self, rows: Rows, name: str, value: Any) -> Rows:
        """Collected below, so that conditions meet in one entry."""
        return rows

    def entries(self, data: dict[str, Any]) -> Q:
        return races_of(data["season"]) if data["season"] else Q()

    def filter_queryset(self, queryset: Rows) -> Rows:
        rows: Rows = super().filter_queryset(queryset)
        conditions = self.entries(self.form.cleaned_data)
        if not conditions:
            return rows
        subject = queryset.model._meta.model_name
        entered = Entry.objects.filter(conditions, **{subject: OuterRef("pk")})
        return rows.filter(Exists(entered))


class DriverFilter(EnteredFilter):
    code = KeyFilter("code", "three capitals; not unique", lookup_expr="iexact")
    nationality = KeyFilter("nationality", "such as Dutch", lookup_expr="iexact")
    team = filters.CharFilter(method="keep", max_length=100, help_text="entered by it")

    def entries(self, data: dict[str, Any]) -> Q:
        team = Q(team__slug=data["team"]) if data["team"] else Q()
        return super().entries(data) & team


class TeamFilter(EnteredFilter):
    country = KeyFilter("country", "country", lookup_expr="iexact")
    driver = filters.CharFilter(method="keep", max_length=100, help_text="its driver")
    lineage = KeyFilter("eras__lineage", "first team of a chain of renamed teams")

    def entries(self, data: dict[str, Any]) -> Q:
        driver = Q(driver__slug=data["driver"]) if data["driver"] else Q()
        return super().entries(data) & driver

    def filter_queryset(self, queryset: Rows) -> Rows:
        rows: Rows = super().filter_queryset(queryset)
        return rows.distinct() if self.form.cleaned_data["lineage"] else rows


class CircuitFilter(Narrowing):
    country = KeyFilter("country", "country", lookup_expr="iexact")
    kind = filters.ChoiceFilter(choices=Circuit.Kind.choices)
    season = YearFilter(method="raced", help_text="raced on in that season")

    def raced(self, rows: Rows, name: str, year: int) -> Rows:
        races = Race.objects.filter(circuit=OuterRef("pk"), season_id=year)
        return rows.filter(Exists(races))


class RaceFilter(Narrowing):
    season = YearFilter("season_id", help_text="year")
    circuit = KeyFilter("circuit__slug", "circuit")
    grand_prix = KeyFilter("grand_prix", "such as monaco")
    status = filters.ChoiceFilter(choices=Race.Status.choices)
    sprint = filters.BooleanFilter(method="has_sprint", help_text="with a sprint")
    from_date = filters.DateFilter("starts_on", "gte", help_text="from that day")
    to_date = filters.DateFilter("starts_on", "lte", help_text="to that day")

    def has_sprint(self, rows: Rows, name: str, wanted: bool) -> Rows:
        none = Q(sprint_format=Race.SprintFormat.NONE)
        return rows.exclude(none) if wanted else rows.filter(none)


class OfCircuitFilter(OfRaceFilter):
    circuit = KeyFilter("race__circuit__slug", "circuit")


class OfEntrantFilter(OfCircuitFilter):
    driver = KeyFilter("driver__slug", "driver")
    team = KeyFilter("team__slug", "team")


class ClassifiedFilter(OfEntrantFilter):
    position = CountFilter("position", help_text="exactly")
    max_position = CountFilter("position", "lte", help_text="at most; 3: podiums")


class SprintFilter(ClassifiedFilter):
    grid = CountFilter("grid", help_text="starting slot")
    status = filters.ChoiceFilter(choices=ResultStatus.choices)


class ResultFilter(SprintFilter):
    pole = filters.BooleanFilter("has_pole", help_text="from pole")
    fastest_lap = filters.BooleanFilter("has_fastest_lap", help_text="fastest lap")


class KindFilter(filters.ChoiceFilter):
    """Which session of a weekend; one of them is meant when nothing is said."""

    def __init__(
        self, kinds: Sequence[SessionKind], default: str | None, path: str = "kind"
    ) -> None:
        self.default = default
        said = f"{default} unless told" if default else "session"
        choices = [(kind.value, kind.label) for kind in kinds]
        super().__init__(path, choices=choices, help_text=said)

    def filter(self, qs: Rows, value: str) -> Rows:
        wanted = value or self.default
        return qs.filter(**{self.field_name: wanted}) if wanted else qs


class QualifyingFilter(Narrowing):
    kind = KindFilter(
        [SessionKind.QUALIFYING, SessionKind.SPRINT_QUALIFYING], "qualifying"
    )


class GridFilter(Narrowing):
    kind = KindFilter(RACED, "race")


class VersionFilter(Narrowing):
    kind = KindFilter(RACED, None)


class PracticeFilter(Narrowing):
    kind = KindFilter(PRACTICE, None)


class WeatherFilter(Narrowing):
    kind = KindFilter(list(SessionKind), None)


class QualifyingsFilter(QualifyingFilter, ClassifiedFilter):
    """Of all races."""


class PracticesFilter(PracticeFilter, ClassifiedFilter):
    """Of all races."""


class WeathersFilter(WeatherFilter, OfCircuitFilter):
    condition = filters.ChoiceFilter(choices=WeatherData.Condition.choices[:-1])
    is_forecast = filters.BooleanFilter(help_text="foreseen rather than observed")


class EntryFilter(OfEntrantFilter):
    practice_only = filters.BooleanFilter(
        "is_practice_only", help_text="took part in practice and nothing else"
    )


class CalendarFilter(Narrowing):
    season = YearFilter("season_id", help_text="that of the next race unless told")


class StandingFilter(Narrowing):
    """The standings after one race: the last that the conditions leave."""

    season = YearFilter(method="keep", help_text="the newest unless told")
    round = CountFilter("round", method="keep", help_text="the last unless told")

    def keep(self, rows: Rows, name: str, value: Any) -> Rows:
        """Collected below, to find the race."""
        return rows

    def filter_queryset(self, queryset: Rows) -> Rows:
        asked = self.form.cleaned_data
        names = {"season": "season_id", "round": "round"}
        wanted = {path: asked[name] for name, path in names.items() if asked[name]}
        ranked = queryset.model.objects.filter(race=OuterRef("pk"))
        races = Race.objects.filter(Exists(ranked), **wanted)
        last = races.order_by("-starts_on", "-pk").values("pk")[:1]
        return queryset.filter(race=Subquery(last))


class RatingChangeFilter(OfRaceFilter):
    of = filters.ChoiceFilter(
        method="of_whom",
        choices=[("driver", "driver"), ("team", "team")],
        help_text="whose ratings; of both unless told",
    )
    kind = filters.ChoiceFilter(choices=RatingKind.choices)
    driver = KeyFilter("driver__slug", "driver")
    team = KeyFilter("team__slug", "team")

    def of_whom(self, rows: Rows, name: str, whom: str) -> Rows:
        return rows.filter(**{f"{whom}__isnull": False})


class RankingFilter(Narrowing):
    active = filters.BooleanFilter(
        "active_rank", lookup_expr="isnull", exclude=True, help_text="still racing"
    )
    team = KeyFilter("team_slug", "team driven for last")


class ForecastFilter(OfRaceFilter):
    kind = KindFilter(RACED, None)
    stage = filters.ChoiceFilter(choices=Stage.choices)
    model = KeyFilter("model_version__name", "name of the model")
    late = filters.BooleanFilter(help_text="issued after lights out")
    primary = filters.BooleanFilter("is_primary", help_text="by the primary model")


class ModelFilter(Narrowing):
    name = KeyFilter("name", "name of the model")
    status = filters.ChoiceFilter(choices=ModelVersion.Status.choices)


class ResultVersionFilter(CountFilter):
    """Scores against a version of the result; the newest when nothing is said."""

    def filter(self, qs: Rows, value: int | None) -> Rows:
        return super().filter(qs, value) if value else qs.filter(is_current=True)


class AccuracyFilter(Narrowing):
    season = YearFilter(method="of_season", help_text="year")
    kind = KindFilter(RACED, "race", "forecast__kind")
    stage = filters.ChoiceFilter("forecast__stage", choices=Stage.choices)
    model = KeyFilter("forecast__model_version__name", "name of the model")
    late = filters.BooleanFilter("forecast__late", help_text="issued after lights out")
    primary = filters.BooleanFilter(
        "forecast__is_primary", help_text="by the primary model"
    )
    result_version = ResultVersionFilter(
        "result_version__number", help_text="of the result; the newest unless told"
    )

    def of_season(self, rows: Rows, name: str, year: int) -> Rows:
        return rows.filter(forecast__race__season_id=year)
