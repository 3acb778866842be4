"""The weather of a session, observed or forecast."""

from django.db import models
from django.db.models import Q

from ingestion.models.calendar import Race, SessionKind

HOT_C, VERY_HOT_C = 30, 35
COLD_C, VERY_COLD_C = 15, 10
WINDY_KMH, VERY_WINDY_KMH = 20, 30
MAX_IMPACT = 10
#: The source of what an editor types in.
EDITOR = "editor"


def _temperature_impact(air_temp_c: float | None) -> int:
    if air_temp_c is None:
        return 0
    if air_temp_c > VERY_HOT_C or air_temp_c < VERY_COLD_C:
        return 2
    return int(air_temp_c > HOT_C or air_temp_c < COLD_C)


def _rain_impact(rain_mm: float | None) -> int:
    if rain_mm is None or rain_mm <= 0:
        return 0
    return 4 if rain_mm > 10 else 2 if rain_mm > 2 else 1


def _wind_impact(wind_kmh: float | None) -> int:
    if wind_kmh is None or wind_kmh <= WINDY_KMH:
        return 0
    return 2 if wind_kmh > VERY_WINDY_KMH else 1


class WeatherData(models.Model):
    """Weather in the window of a session; every empty figure is unknown."""

    class Condition(models.TextChoices):
        DRY = "dry"
        WET = "wet"
        MIXED = "mixed"
        UNKNOWN = "", "unknown"

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="weather")
    kind = models.CharField(
        "session",
        max_length=17,
        choices=SessionKind.choices,
        default=SessionKind.RACE,
    )
    is_forecast = models.BooleanField(
        default=False, help_text="foreseen rather than observed"
    )
    source = models.CharField(max_length=50)
    air_temp_c = models.FloatField(null=True, blank=True, help_text="°C")
    track_temp_c = models.FloatField(null=True, blank=True, help_text="°C")
    humidity_pct = models.FloatField(null=True, blank=True, help_text="0 to 100")
    wind_kmh = models.FloatField(null=True, blank=True, help_text="km/h")
    rain_mm = models.FloatField(null=True, blank=True, help_text="mm in the window")
    condition = models.CharField(
        max_length=5, choices=Condition.choices, default=Condition.UNKNOWN, blank=True
    )
    known_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when a forecast was made"
    )

    class Meta:
        verbose_name_plural = "weather data"
        ordering = ["race", "kind", "is_forecast", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind", "source", "is_forecast"],
                name="weather_unique",
            ),
            models.CheckConstraint(
                name="weather_humidity_range",
                condition=Q(humidity_pct__gte=0, humidity_pct__lte=100),
            ),
            models.CheckConstraint(
                name="weather_wind_not_negative", condition=Q(wind_kmh__gte=0)
            ),
            models.CheckConstraint(
                name="weather_rain_not_negative", condition=Q(rain_mm__gte=0)
            ),
            models.CheckConstraint(
                name="weather_kind_known",
                condition=Q(kind__in=SessionKind.values),
            ),
            models.CheckConstraint(
                name="weather_condition_known",
                condition=Q(condition__in=["", "dry", "wet", "mixed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race}: {self.condition or 'weather unknown'}"

    @property
    def has_readings(self) -> bool:
        """Whether any figure is known, rather than the state of the track alone."""
        figures = (self.air_temp_c, self.humidity_pct, self.wind_kmh, self.rain_mm)
        return any(figure is not None for figure in figures)

    @property
    def is_hot_weather(self) -> bool:
        return self.air_temp_c is not None and self.air_temp_c > HOT_C

    @property
    def is_cold_weather(self) -> bool:
        return self.air_temp_c is not None and self.air_temp_c < COLD_C

    @property
    def is_windy(self) -> bool:
        return self.wind_kmh is not None and self.wind_kmh > WINDY_KMH

    @property
    def is_wet(self) -> bool:
        return self.condition in {self.Condition.WET, self.Condition.MIXED}

    @property
    def weather_impact_score(self) -> int:
        """How much the weather stirs a race, 0 to 10; unknown counts nothing."""
        track = {self.Condition.MIXED: 2, self.Condition.WET: 1}
        score = (
            _temperature_impact(self.air_temp_c)
            + _rain_impact(self.rain_mm)
            + _wind_impact(self.wind_kmh)
            + track.get(self.Condition(self.condition), 0)
        )
        return min(score, MAX_IMPACT)
