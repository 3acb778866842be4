"""Duels, chains of team-mates, surprises."""

from predictions.api.examples.common import VEGAS, Row

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
