"""Races and what happened at them."""

from predictions.api.examples.common import V1, VEGAS, Row

RACE: Row = {
    "season": 2024,
    "round": 22,
    "grand_prix": "las-vegas",
    "name": "Las Vegas Grand Prix",
    "official_name": "Formula 1 Heineken Silver Las Vegas Grand Prix 2024",
    "circuit": "las-vegas",
    "circuit_name": "Las Vegas",
    "starts_on": "2024-11-24",
    "starts_at": "2024-11-24T06:00:00Z",
    "status": "completed",
    "is_completed": True,
    "is_future_race": False,
    "sprint_format": "",
    "is_sprint_weekend": False,
    "laps": 50,
    "scheduled_laps": None,
    "course_length_km": 6.201,
    "url": f"{V1}races/2024/22/",
}
QUALIFYING_HOUR: Row = {
    "kind": "qualifying",
    "starts_on": "2024-11-23",
    "starts_at": "2024-11-23T06:00:00Z",
}
BELOW = (
    "entries",
    "practice",
    "qualifying",
    "grid",
    "sprint",
    "results",
    "sources",
    "versions",
    "weather",
)
RACE_DETAIL: Row = {
    **RACE,
    "layout": "las-vegas-1",
    "qualifying_format": "knockout",
    "results_changed_at": "2025-01-06T09:00:00Z",
    "sessions": [QUALIFYING_HOUR],
    "links": {
        **{noun: f"{V1}races/2024/22/{noun}/" for noun in BELOW},
        "predictions": f"{V1}predictions/2024/22/",
    },
}
CALENDAR: Row = {
    "season": 2024,
    "round": 22,
    "grand_prix": "las-vegas",
    "name": "Las Vegas Grand Prix",
    "circuit": "las-vegas",
    "circuit_name": "Las Vegas",
    "country": "United States of America",
    "starts_on": "2024-11-24",
    "starts_at": "2024-11-24T06:00:00Z",
    "local_start": "2024-11-23T22:00:00-08:00",
    "status": "completed",
    "is_sprint_weekend": False,
    "is_next": False,
    "winners": ["george-russell"],
    "sessions": [QUALIFYING_HOUR],
    "url": f"{V1}races/2024/22/",
}
RUSSELL: Row = {
    "driver": "george-russell",
    "driver_name": "George Russell",
    "code": "RUS",
    "team": "mercedes",
    "team_name": "Mercedes",
    "car_number": "63",
}
ENTRY: Row = {**RUSSELL, "is_practice_only": False}
PRACTICE: Row = {
    "kind": "FP1",
    "display_order": 2,
    "position": 2,
    **RUSSELL,
    "time_ms": 95397,
    "laps": 29,
}
QUALIFYING: Row = {
    "kind": "qualifying",
    "display_order": 1,
    "position": 1,
    "status": "classified",
    **RUSSELL,
    "q1_ms": 93186,
    "q2_ms": 92779,
    "q3_ms": 92312,
    "time_ms": None,
    "best_time_ms": 92312,
    "laps": 25,
    "made_q2": True,
    "made_q3": True,
    "is_pole": True,
    "front_row": True,
}
GRID: Row = {
    "kind": "race",
    "display_order": 1,
    "position": 1,
    "from_pit_lane": False,
    **RUSSELL,
    "qualifying_position": 1,
    "penalty_places": None,
    "penalty": "",
}
FINISH: Row = {
    "display_order": 1,
    "position": 1,
    "is_classified": True,
    "status": "finished",
    "reason": "",
    **RUSSELL,
    "grid": 1,
    "from_pit_lane": False,
    "qualifying_position": 1,
    "laps": 50,
    "time_ms": 4925969,
    "gap_ms": None,
    "gap_laps": None,
    "penalty_ms": None,
    "points": 25.0,
}
SPRINT: Row = {
    **FINISH,
    "driver": "max-verstappen",
    "driver_name": "Max Verstappen",
    "code": "VER",
    "team": "red-bull",
    "team_name": "Red Bull",
    "car_number": "1",
    "grid": 4,
    "qualifying_position": 4,
    "laps": 19,
    "time_ms": 1924660,
    "points": 8.0,
}
RACE_RESULT: Row = {
    **FINISH,
    "is_shared_car": False,
    "has_pole": True,
    "has_fastest_lap": False,
    "best_lap_ms": 95717,
    "pit_stops": 2,
}
RESULT: Row = {"race": VEGAS, **RACE_RESULT}
VERSION: Row = {
    "kind": "race",
    "number": 2,
    "standing": "final",
    "known_at": "2024-11-26T09:00:00Z",
    "source": "archive",
    "content_hash": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
    "is_newest": True,
    "url": f"{V1}races/2024/22/results/?version=2",
}
SOURCE: Row = {
    "sheet": "qualifying_results qualifying",
    "source": "archive",
    "n_rows": 20,
    "changed_at": "2025-01-06T09:00:00Z",
    "confirmed_at": "2025-03-10T09:00:00Z",
    "n_corrections": 0,
}
WEATHER: Row = {
    "kind": "race",
    "is_forecast": False,
    "source": "open-meteo",
    "air_temp_c": 12.4,
    "track_temp_c": None,
    "humidity_pct": 41.0,
    "wind_kmh": 7.2,
    "rain_mm": 0.0,
    "condition": "dry",
    "known_at": None,
    "is_wet": False,
    "is_hot_weather": False,
    "is_cold_weather": True,
    "is_windy": False,
    "weather_impact_score": 1,
    "is_hot": False,
    "is_cold": True,
    "impact": 1,
}
ENTRY_OF, PRACTICE_OF, QUALIFYING_OF, SPRINT_OF, WEATHER_OF = (
    {"race": VEGAS, **row} for row in (ENTRY, PRACTICE, QUALIFYING, SPRINT, WEATHER)
)
