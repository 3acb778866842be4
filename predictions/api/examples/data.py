"""The health of the data."""

from predictions.api.examples.common import VEGAS, Row

DATA_HEALTH: Row = {
    "as_of": "2025-01-06T09:00:00Z",
    "record_since": 1950,
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
    "freshness": [{"kind": "race_results", "confirmed_at": "2025-01-06T08:50:12Z"}],
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
