"""Sealed forecasts as an Atom feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse, reverse_lazy
from django.utils.feedgenerator import Atom1Feed

from ingestion.models import SessionKind
from predictions.charts import words
from predictions.models import Forecast, Prediction
from predictions.views import parts
from predictions.views.presenters.race import STAGE_LABELS

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Issued:
    """A forecast and its favourites, more than one where they are level."""

    forecast: Forecast
    favourites: Sequence[Prediction]


class SealedForecasts(Feed):  # type: ignore[type-arg]  # not generic at run time
    """What the primary model said before the start of races and sprints."""

    feed_type = Atom1Feed
    title = f"{settings.APP_NAME}: sealed forecasts"
    subtitle = "Each forecast of a race or a sprint, as it was sealed before its start."
    link = reverse_lazy("home")

    def items(self) -> list[Issued]:
        """The newest first. Two queries."""
        forecasts = list(
            Forecast.objects.filter(is_primary=True, late=False)
            .select_related("race__circuit", "model_version")
            .order_by("-issued_at", "-id")[:NEWEST]
        )
        favourites: dict[int, list[Prediction]] = {}
        rows = Prediction.objects.filter(
            race_id__in={forecast.race_id for forecast in forecasts},
            forecast__in=forecasts,
            is_favorite=True,
        )
        for row in rows.select_related("driver").order_by("driver__slug"):
            favourites.setdefault(row.forecast_id, []).append(row)
        return [Issued(each, favourites.get(each.pk, [])) for each in forecasts]

    def item_title(self, item: Issued) -> str:
        forecast = item.forecast
        sprint = ", sprint" if forecast.kind == SessionKind.SPRINT else ""
        stage = STAGE_LABELS[forecast.stage].lower()
        label = f"{parts.race_label(forecast.race)}{sprint}, {stage}"
        return f"{label}: {_favourites(item)}" if item.favourites else label

    def item_description(self, item: Issued) -> str:
        forecast = item.forecast
        clock = (
            f" By a stopped clock, stored {_utc(forecast.stored_at)}."
            if forecast.is_by_stopped_clock
            else ""
        )
        return (
            f"Sealed {_utc(forecast.issued_at)}.{clock}"
            f" Model: {forecast.model_version}. Data grade {forecast.data_grade}."
            f" SHA-256: {forecast.content_hash}"
        )

    def item_link(self, item: Issued) -> str:
        race = item.forecast.race
        page = parts.race_url(race, item.forecast.kind)
        if not page:
            return f"{reverse('calendar')}?season={race.season_id}"
        return f"{page}?stage={item.forecast.stage}"

    def item_guid(self, item: Issued) -> str:
        return UUID(item.forecast.content_hash[:32]).urn

    def item_pubdate(self, item: Issued) -> datetime:
        return item.forecast.issued_at

    def item_updateddate(self, item: Issued) -> datetime:
        return item.forecast.issued_at


def _favourites(item: Issued) -> str:
    names = " and ".join(row.driver.name for row in item.favourites)
    each = " each" if len(item.favourites) > 1 else ""
    chance = item.favourites[0].p_win
    return f"{names}{each} {words.percent(chance)} ({words.frequency(chance)})"


def _utc(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
