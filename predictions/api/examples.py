"""What answers look like: rows of the record as of the end of 2024.

The chances, scores and hashes are samples.
"""

from typing import Any

Row = dict[str, Any]
V1 = "http://localhost:8000/api/v1/"
NOUNS = {
    "seasons": "seasons/",
    "races": "races/",
    "calendar": "calendar/",
    "circuits": "circuits/",
    "teams": "teams/",
    "drivers": "drivers/",
    "results": "results/",
    "ratings": "ratings/",
    "rating-changes": "ratings/changes/",
    "rankings": "rankings/",
    "rating-surprises": "ratings/surprises/",
    "forecasts": "forecasts/",
    "next-race": "predictions/next-race/",
    "models": "models/",
    "accuracy": "accuracy/",
    "data-health": "data-health/",
}
ROOT: Row = {noun: V1 + path for noun, path in NOUNS.items()}
ROOT["docs"] = "http://localhost:8000/api/docs/"
VEGAS: Row = {
    "season": 2024,
    "round": 22,
    "name": "Las Vegas Grand Prix",
    "url": f"{V1}races/2024/22/",
}
ENSEMBLE: Row = {"name": "ensemble", "version": 1, "url": f"{V1}models/ensemble/1/"}

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
    "url": f"{V1}teams/red-bull/",
}
TEAM_DETAIL: Row = {
    **TEAM,
    "eras": [{"lineage": "stewart", "first_year": 2005, "last_year": None}],
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
    "url": f"{V1}drivers/max-verstappen/",
}
DRIVER_DETAIL: Row = {**DRIVER, "age": 27, "current_team": "red-bull"}
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
    "is_hot": False,
    "is_cold": True,
    "is_windy": False,
    "impact": 1,
}
RATING: Row = {
    "rank": 1,
    "driver": "max-verstappen",
    "code": "VER",
    "team": "red-bull",
    "name": "Max Verstappen",
    "rating": 1641.7,
    "deviation": 23.4,
    "is_provisional": False,
    "peak": 1702.3,
    "change": -3.2,
    "n_races": 209,
    "last_season": 2024,
}
CHANGE: Row = {
    "kind": "race",
    "driver": "max-verstappen",
    "team": None,
    "race": VEGAS,
    "before": 1644.9,
    "expected_score": 0.91,
    "actual_score": 0.79,
    "k_factor": 26.7,
    "after": 1641.7,
    "deviation": 23.4,
    "is_provisional": False,
}
RANKING: Row = {
    "rank": 412,
    "active_rank": 17,
    "driver": "franco-colapinto",
    "name": "Franco Colapinto",
    "code": "COL",
    "team": "williams",
    "rating": 1402.7,
    "deviation": 84.4,
    "qualifying_rating": 1498.3,
    "peak": 1431.3,
    "peak_deviation": 92.1,
    "peak_race": VEGAS,
    "three_year_rank": None,
    "three_year_peak": None,
    "three_year_deviation": None,
    "three_year_race": None,
    "n_rated": 7,
    "starts": 9,
    "wins": 0,
    "podiums": 0,
    "points": 5.0,
    "first_season": 2024,
    "latest_season": 2024,
    "as_of_race": VEGAS,
}
LEFT_OUT: Row = {
    "shared_car": 0,
    "absent": 0,
    "disqualified": 0,
    "excluded": 0,
    "no_time": 1,
    "mechanical": 5,
    "crash": 0,
}
TALLY: Row = {
    "won": 42,
    "lost": 26,
    "share": 0.618,
    "low": 0.499,
    "high": 0.724,
    "median_gap_percent": -0.086,
    "median_gap_s": -0.072,
    "left_out": LEFT_OUT,
}
DUELS: Row = {
    "driver": "george-russell",
    "mate": "lewis-hamilton",
    "exclude": "fair",
    "qualifying": TALLY,
    "race": {**TALLY, "median_gap_percent": None, "median_gap_s": None},
    "seasons": [
        {
            "season": 2024,
            "team": "mercedes",
            "mate": "lewis-hamilton",
            "qualifying": TALLY,
            "race": TALLY,
        }
    ],
}
DIFFERENCE: Row = {
    "points": 84.2,
    "error": 51.3,
    "low": -16.3,
    "high": 184.7,
    "strength": "fair",
}
CHAIN: Row = {
    "from": "george-russell",
    "to": "lewis-hamilton",
    "links": [
        {
            "driver": "george-russell",
            "mate": "lewis-hamilton",
            "teams": ["mercedes"],
            "first_year": 2022,
            "last_year": 2024,
            "n_race": 52,
            "n_qualifying": 66,
            "won": 68,
            "lost": 50,
            "difference": DIFFERENCE,
        }
    ],
    "difference": DIFFERENCE,
}
SURPRISE: Row = {
    "race": VEGAS,
    "position": 1,
    "winners": ["george-russell"],
    "chance": 0.06,
    "bits": 4.06,
    "even_bits": 4.32,
    "rank": 5,
    "n_rated": 20,
    "favourite": "max-verstappen",
    "favourite_chance": 0.31,
    "is_newcomer": False,
    "is_new_team": False,
}
SEAL = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FORECAST: Row = {
    "race": VEGAS,
    "stage": "final_grid",
    "model": ENSEMBLE,
    "as_of": "2024-11-23T12:00:00Z",
    "issued_at": "2024-11-23T12:00:05Z",
    "late": False,
    "is_primary": True,
    "knew": "line-up and qualifying; 20 entrants; results up to São Paulo Grand Prix"
    " 2024; but no practice",
    "gaps": ["no practice"],
    "data_grade": "B",
    "seed": 2024022,
    "data_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "content_hash": SEAL,
    "previous_hash": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
    "url": f"{V1}forecasts/{SEAL}/",
}
PREDICTION: Row = {
    "driver": "george-russell",
    "code": "RUS",
    "team": "mercedes",
    "p_win": 0.34,
    "p_podium": 0.71,
    "p_points": 0.93,
    "p_dnf": 0.06,
    "expected_position": 3.4,
    "low": 1,
    "high": 7,
    "positions": [0.34, 0.22, 0.15, 0.1, 0.19],
}
FORECAST_DETAIL: Row = {**FORECAST, "predictions": [PREDICTION]}
EXPLANATION: Row = {
    "race": VEGAS,
    "stage": "final_grid",
    "model": ENSEMBLE,
    "content_hash": SEAL,
    "even_chance": 0.05,
    "drivers": [
        {
            "driver": "george-russell",
            "p_win": 0.34,
            "groups": [
                {"group": "grid slot", "log_odds": 1.62, "points": 0.21},
                {"group": "rating", "log_odds": 0.61, "points": 0.08},
            ],
            "facts": [
                {"fact": "log_slot", "group": "grid slot", "log_odds": 1.62},
                {"fact": "elo", "group": "rating", "log_odds": 0.61},
            ],
        }
    ],
}
PREDICTIONS: Row = {
    "race": VEGAS,
    "stage": "final_grid",
    "model": ENSEMBLE,
    "issued_at": "2024-11-23T12:00:05Z",
    "late": False,
    "predictions": [PREDICTION],
}
MODEL_EVENT: Row = {
    "at": "2025-01-06T09:00:10Z",
    "what": "promoted",
    "reason": "fitted anew after ensemble v3",
    "evidence": {},
}
MODEL: Row = {
    "name": "ensemble",
    "version": 1,
    "status": "primary",
    "trained_at": "2025-01-06T09:00:00Z",
    "cutoff": {
        "season": 2024,
        "round": 24,
        "name": "Abu Dhabi Grand Prix",
        "url": f"{V1}races/2024/24/",
    },
    "data_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "metrics": {"n_races": 512, "n_rows": 10_840},
    "last_event": MODEL_EVENT,
    "url": f"{V1}models/ensemble/1/",
}
MODEL_DETAIL: Row = {
    **MODEL,
    "features": {"final_grid": ["elo", "grid"]},
    "parameters": {"num_leaves": 15},
    "files": {"final_grid.txt": SEAL},
    "events": [MODEL_EVENT],
}
ACCURACY: Row = {
    "race": VEGAS,
    "stage": "final_grid",
    "model": ENSEMBLE,
    "issued_at": "2024-11-23T12:00:05Z",
    "late": False,
    "scored_at": "2024-11-24T09:00:00Z",
    "result_version": 1,
    "n_starters": 20,
    "log_loss": 1.08,
    "brier": 0.61,
    "rps": 0.12,
    "winner_hit": True,
    "winner_in_top3": True,
    "podium_overlap": 0.33,
    "podium_brier": 0.064,
    "points_brier": 0.151,
    "rank_correlation": 0.71,
    "kendall": 0.57,
    "coverage": 0.85,
    "mates_hit": 0.7,
    "n_mates": 10,
}
DATA_HEALTH: Row = {
    "as_of": "2025-01-06T09:00:00Z",
    "newest_result": VEGAS,
    "without_result": [VEGAS],
    "completeness": [
        {
            "season": 2024,
            "n_races": 24,
            "n_over": 24,
            "kinds": [{"kind": "results", "have": 24, "of": 24}],
        }
    ],
    "sources": [
        {
            "source": "live",
            "good_at": "2025-01-06T08:50:12Z",
            "tried_at": "2025-01-06T08:50:00Z",
            "outcome": "done",
            "n_requests": 12,
            "budget": 200,
            "shut_until": None,
            "due_at": "2025-01-07T02:00:00Z",
        }
    ],
    "imports": [
        {
            "source": "archive",
            "location": "f1db-csv.zip",
            "started_at": "2025-01-06T02:00:00Z",
            "outcome": "done",
            "added": 0,
            "changed": 3,
            "removed": 0,
            "error": "",
        }
    ],
    "findings": {"disagreements": 2, "unknown_names": 0},
    "corrections": {"in_force": 1, "conflicts": 0},
}
