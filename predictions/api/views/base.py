"""What every address of the API does alike."""

from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.utils.cache import patch_cache_control
from django_filters.rest_framework import (
    DjangoFilterBackend,
)
from rest_framework import generics
from rest_framework.filters import SearchFilter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingestion.models import Race
from predictions.api.errors import NotFound
from predictions.api.filters import Ordering
from predictions.api.pagination import OnePage

M = TypeVar("M", bound=Model)

#: Seconds for which an answer may be reused unasked; its ETag serves from then on.
FRESH_SECONDS = 60


class Readable(APIView):
    """Open to everybody, cacheable for a minute where nobody is signed in."""

    http_method_names = ["get", "head", "options"]
    permission_classes = [AllowAny]

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code == 200 and "Cache-Control" not in final:
            patch_cache_control(final, **_freshness(final, self.request))
        return final


def _freshness(response: Response, request: Request) -> dict[str, Any]:
    """A browsable page names its reader and carries a token: never shared."""
    shown = response.accepted_renderer.format == "api"
    if shown or getattr(request.user, "is_authenticated", False):
        return {"private": True, "no_cache": True}
    return {"public": True, "max_age": FRESH_SECONDS}


class ReadList(Readable, generics.ListAPIView[M]):
    """A list that can be narrowed down, sorted and searched."""

    filter_backends = [DjangoFilterBackend, Ordering, SearchFilter]
    orderings: ClassVar[dict[str, str]] = {}
    default_ordering: ClassVar[list[str]] = []


class ReadOne(Readable, generics.RetrieveAPIView[M]):
    """One row, by its natural key."""

    def get_object(self) -> M:
        found = self.get_queryset().filter(**self.kwargs).first()
        if found is None:
            key = " ".join(str(part) for part in self.kwargs.values())
            noun = self.get_queryset().model._meta.verbose_name
            raise NotFound(f"The record holds no {noun} {key}.")
        return found


class ReadOfRace(Readable, generics.ListAPIView[M]):
    """The rows of one race, all on one page, in published order."""

    filter_backends = [DjangoFilterBackend]
    pagination_class = OnePage

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        rows = super().filter_queryset(queryset)
        return rows.filter(race_id=self.race().pk)

    def race(self) -> Race:
        return find_race(self.kwargs["year"], self.kwargs["round"])


def find_race(year: int, round: str) -> Race:
    """A race by season and round, or by its Grand Prix where it has no round."""
    key = {"round": int(round)} if round.isdigit() else {"grand_prix": round}
    race = Race.objects.select_related("circuit", "layout")
    found = race.filter(season_id=year, **key).first()
    if found is None:
        raise NotFound(f"The record holds no race {year} {round}.")
    return found
