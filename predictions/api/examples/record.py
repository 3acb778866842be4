"""Seasons, circuits, teams and drivers."""

from predictions.api.examples.common import V1, Row

SEASON: Row = {
    "year": 2024,
    "n_races": 24,
    "n_held": 24,
    "url": f"{V1}seasons/2024/",
    "races": f"{V1}races/?season=2024",
}
CIRCUIT: Row = {
    "slug": "monza",
    "name": "Monza",
    "full_name": "Autodromo Nazionale Monza",
    "place": "Monza",
    "country": "Italy",
    "latitude": 45.620556,
    "longitude": 9.289444,
    "length_km": 5.793,
    "turns": 11,
    "kind": "race",
    "is_clockwise": True,
    "time_zone": "Europe/Rome",
    "n_races": 74,
    "n_recent_races": 15,
    "pole_win_rate": 0.4,
    "overtaking_index": 3.9,
    "url": f"{V1}circuits/monza/",
}
CIRCUIT_DETAIL: Row = {
    **CIRCUIT,
    "layouts": [{"slug": "monza-7", "length_km": 5.793, "turns": 11}],
}
TEAM: Row = {
    "slug": "red-bull",
    "name": "Red Bull",
    "full_name": "Red Bull Racing",
    "country": "Austria",
    "colour": "#1f49a8",
    "rating": 1580.2,
    "predecessor": "jaguar",
    "successor": None,
    "url": f"{V1}teams/red-bull/",
}
RED_BULL: Row = {
    "team": "red-bull",
    "lineage": "stewart",
    "first_year": 2005,
    "last_year": None,
}
TEAM_DETAIL: Row = {
    **TEAM,
    "eras": [RED_BULL],
    "chain": [
        {
            "team": "stewart",
            "lineage": "stewart",
            "first_year": 1997,
            "last_year": 1999,
        },
        {"team": "jaguar", "lineage": "stewart", "first_year": 2000, "last_year": 2004},
        RED_BULL,
    ],
}
DRIVER: Row = {
    "slug": "max-verstappen",
    "name": "Max Verstappen",
    "first_name": "Max",
    "last_name": "Verstappen",
    "code": "VER",
    "permanent_number": "33",
    "born_on": "1997-09-30",
    "died_on": None,
    "nationality": "Dutch",
    "country_code": "NLD",
    "rating": 1641.7,
    "url": f"{V1}drivers/max-verstappen/",
}
DRIVER_DETAIL: Row = {**DRIVER, "age": 27, "current_team": "red-bull"}
