"""Seasons, circuits, teams, drivers."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ingestion import queries, statistics
from ingestion.models import Circuit, Driver, Race, Season, Team
from predictions.api import filters, schema
from predictions.api.examples import record as examples
from predictions.api.serializers import record
from predictions.api.views.base import ReadList, ReadOne
from ratings.queries import with_rating

NOT_CANCELLED = ~Q(races__status=Race.Status.CANCELLED)
HELD = Q(races__status=Race.Status.COMPLETED)


def seasons() -> QuerySet[Season]:
    return Season.objects.annotate(
        n_races=Count("races", filter=NOT_CANCELLED),
        n_held=Count("races", filter=HELD),
    )


def circuits() -> QuerySet[Circuit]:
    """With the races held there; counted apart, so that pages need no grouping."""
    held = Race.objects.filter(circuit=OuterRef("pk"), status=Race.Status.COMPLETED)
    counted = held.order_by().values("circuit").annotate(n=Count("pk")).values("n")
    number = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    return Circuit.objects.annotate(n_races=number)


def with_figures(found: list[Circuit]) -> list[Circuit]:
    """With what the grid decided there lately."""
    figures = statistics.recent_grid_figures([circuit.pk for circuit in found])
    for circuit in found:
        vars(circuit)["recent"] = figures.get(circuit.pk)
    return found


@schema.a_list("seasons", "All seasons", examples.SEASON, record.SeasonRow)
class Seasons(ReadList[Season]):
    """Championship years, the newest first."""

    serializer_class = record.SeasonRow
    orderings = {"year": "year"}
    default_ordering = ["-year"]

    def get_queryset(self) -> QuerySet[Season]:
        return seasons()


@schema.one("seasons", "One season", examples.SEASON, record.SeasonRow)
class SeasonView(ReadOne[Season]):
    """A championship year."""

    serializer_class = record.SeasonRow
    lookup_field = "year"

    def get_queryset(self) -> QuerySet[Season]:
        return seasons()


@schema.a_list("circuits", "All circuits", examples.CIRCUIT, record.CircuitRow)
class Circuits(ReadList[Circuit]):
    """Tracks that ever held a race, by name."""

    serializer_class = record.CircuitRow
    filterset_class = filters.CircuitFilter
    search_fields = ["name", "full_name", "place", "country"]
    orderings = {
        "name": "name",
        "country": "country",
        "length_km": "length_km",
        "turns": "turns",
        "n_races": "n_races",
    }
    default_ordering = ["name"]

    def get_queryset(self) -> QuerySet[Circuit]:
        return circuits()

    def paginate_queryset(self, queryset: Any) -> Any:
        return with_figures(super().paginate_queryset(queryset) or [])


@schema.one("circuits", "One circuit", examples.CIRCUIT_DETAIL, record.CircuitDetail)
class CircuitView(ReadOne[Circuit]):
    """A track and its layouts through the years."""

    serializer_class = record.CircuitDetail
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Circuit]:
        return circuits().prefetch_related("layouts")

    def get_object(self) -> Circuit:
        (circuit,) = with_figures([super().get_object()])
        return circuit


@schema.a_list("teams", "All teams", examples.TEAM, record.TeamRow)
class Teams(ReadList[Team]):
    """Constructors, by name. Renamed teams are teams of their own."""

    serializer_class = record.TeamRow
    filterset_class = filters.TeamFilter
    search_fields = ["name", "full_name", "country"]
    orderings = {"name": "name", "country": "country", "rating": "rating"}
    default_ordering = ["name"]

    def get_queryset(self) -> QuerySet[Team]:
        return with_rating(Team.objects.all())

    def paginate_queryset(self, queryset: Any) -> Any:
        return queries.with_chains(super().paginate_queryset(queryset) or [])


@schema.one("teams", "One team", examples.TEAM_DETAIL, record.TeamDetail)
class TeamView(ReadOne[Team]):
    """A constructor and the chain of renamed teams it is a link of."""

    serializer_class = record.TeamDetail
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Team]:
        return with_rating(Team.objects.prefetch_related("eras"))

    def get_object(self) -> Team:
        (team,) = queries.with_chains([super().get_object()])
        return team


@schema.a_list("drivers", "All drivers", examples.DRIVER, record.DriverRow)
class Drivers(ReadList[Driver]):
    """Drivers, by last name."""

    serializer_class = record.DriverRow
    filterset_class = filters.DriverFilter
    search_fields = ["name", "code", "nationality"]
    orderings = {
        "last_name": "last_name",
        "first_name": "first_name",
        "born_on": "born_on",
        "nationality": "nationality",
        "rating": "rating",
    }
    default_ordering = ["last_name", "first_name"]

    def get_queryset(self) -> QuerySet[Driver]:
        return with_rating(Driver.objects.all())


@schema.one("drivers", "One driver", examples.DRIVER_DETAIL, record.DriverDetail)
class DriverView(ReadOne[Driver]):
    """A driver, his age and the team of his newest entry."""

    follows_data = False  # the age goes on by itself
    serializer_class = record.DriverDetail
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Driver]:
        return with_rating(Driver.objects.all())
