"""The list of all that there is."""

from predictions.api.examples.common import V1, Row

NOUNS = {
    "seasons": "seasons/",
    "races": "races/",
    "calendar": "calendar/",
    "circuits": "circuits/",
    "teams": "teams/",
    "drivers": "drivers/",
    "entries": "entries/",
    "practice": "practice/",
    "qualifying": "qualifying/",
    "sprint": "sprint/",
    "results": "results/",
    "weather": "weather/",
    "driver-standings": "standings/drivers/",
    "team-standings": "standings/teams/",
    "ratings": "ratings/",
    "rating-changes": "ratings/changes/",
    "rankings": "rankings/",
    "rating-surprises": "ratings/surprises/",
    "forecasts": "forecasts/",
    "next-race": "predictions/next-race/",
    "models": "models/",
    "backtests": "backtests/",
    "accuracy": "accuracy/",
    "exports": "exports/",
    "data-health": "data-health/",
}
ROOT: Row = {noun: V1 + path for noun, path in NOUNS.items()}
ROOT["docs"] = "http://localhost:8000/api/docs/"
