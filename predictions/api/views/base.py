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
from rest_framework.response import Response
from rest_framework.views import APIView

from f1site.base.kept_pages import publish
from ingestion.models import Race
from predictions.api.errors import NotFound, tell_as_json
from predictions.api.filters import Ordering, races_of
from predictions.api.pagination import OnePage
from predictions.api.renderers import OF_LISTS, CsvRenderer
from predictions.tables import attachment

M = TypeVar("M", bound=Model)

#: Seconds for which an answer may be reused unasked; its ETag serves from then on.
FRESH_SECONDS = 60


class Readable(APIView):
    """Open to everybody, cacheable for a minute where nobody is signed in."""

    http_method_names = ["get", "head", "options"]
    permission_classes = [AllowAny]
    #: Whether the answer depends on nothing but the watched data, the clock least.
    follows_data: ClassVar[bool] = True

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        if request.method not in ("GET", "HEAD"):
            tell_as_json(request)
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code == 200 and "Cache-Control" not in final:
            self._say_how_long(final)
        return final

    def _say_how_long(self, response: Response) -> None:
        """A browsable page names its reader and carries a token: never shared."""
        is_page = self.request.accepted_renderer.format == "api"
        if is_page or getattr(self.request.user, "is_authenticated", False):
            patch_cache_control(response, private=True, no_cache=True)
            return
        patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        if self.follows_data:
            publish(response)


class Listing(Readable, generics.GenericAPIView[M]):
    """Rows, page by page, also as a table to keep."""

    renderer_classes = OF_LISTS

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.accepted_renderer.format == CsvRenderer.format:
            _, _, name = request.path.partition("/v1/")
            final["Content-Disposition"] = attachment(name, CsvRenderer.format)
        return final


class ReadList(Listing[M], generics.ListAPIView[M]):
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


class ReadOfRace(Listing[M], generics.ListAPIView[M]):
    """The rows of one race, all on one page, in published order.

    They are asked for by the key in the address, so that they cost one query; only
    where there are none is looked whether there is such a race.
    """

    filter_backends = [DjangoFilterBackend]
    pagination_class = OnePage

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        rows = super().filter_queryset(queryset)
        year, key = self.kwargs["year"], race_key_of(self.kwargs["round"])
        of_race = {f"race__{name}": value for name, value in key.items()}
        return rows.filter(races_of(year), **of_race)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        if not page:
            self.race()
        return page

    def race(self) -> Race:
        return find_race(self.kwargs["year"], self.kwargs["round"])


def race_key_of(round: str) -> dict[str, Any]:
    """The round of a race, or its Grand Prix where it has none."""
    return {"round": int(round)} if round.isdigit() else {"grand_prix": round}


def find_race(year: int, round: str) -> Race:
    """A race by season and round, or by its Grand Prix where it has no round."""
    race = Race.objects.select_related("circuit", "layout")
    found = race.filter(season_id=year, **race_key_of(round)).first()
    if found is None:
        raise NotFound(f"The record holds no race {year} {round}.")
    return found
