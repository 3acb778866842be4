"""Forecasts, models and scores."""

from predictions.api.examples.common import ENSEMBLE, V1, VEGAS, Row

SEAL = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FORECAST: Row = {
    "race": VEGAS,
    "kind": "race",
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
    "grid": 1,
    "p_win": 0.34,
    "p_podium": 0.71,
    "p_points": 0.93,
    "p_dnf": 0.06,
    "expected_position": 3.4,
    "low": 1,
    "high": 7,
    "positions": [0.34, 0.22, 0.15, 0.1, 0.19],
    "confidence_category": "high",
    "is_favorite": True,
}
FORECAST_DETAIL: Row = {**FORECAST, "predictions": [PREDICTION]}
EXPLANATION: Row = {
    "race": VEGAS,
    "kind": "race",
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
    "kind": "race",
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
BACKTEST_ROW: Row = {
    "number": 2,
    "state": "done",
    "seasons": [2021, 2022, 2023, 2024],
    "stages": ["final_grid"],
    "models": ["elo", "ensemble"],
    "n_races": 90,
    "created_at": "2025-03-10T12:00:00Z",
    "finished_at": "2025-03-10T12:01:00Z",
}
BACKTEST: Row = {**BACKTEST_ROW, "tables": []}
