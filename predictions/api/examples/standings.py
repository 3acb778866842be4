"""The championships after Las Vegas 2024."""

from predictions.api.examples.common import VEGAS, Row

OF_DRIVERS: Row = {
    "race": VEGAS,
    "display_order": 1,
    "position": 1,
    "driver": "max-verstappen",
    "driver_name": "Max Verstappen",
    "code": "VER",
    "points": 403.0,
    "is_champion": False,
}
OF_TEAMS: Row = {
    "race": VEGAS,
    "display_order": 1,
    "position": 1,
    "team": "mclaren",
    "team_name": "McLaren",
    "engine": "mercedes",
    "points": 608.0,
    "is_champion": False,
}
