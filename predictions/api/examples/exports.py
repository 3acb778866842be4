"""The tables that may be taken along."""

from predictions.api.examples.common import V1, Row

EXPORTS: Row = {
    "formats": ["csv", "jsonl", "parquet"],
    "tables": [
        {
            "name": "results",
            "about": "classifications of races",
            "url": f"{V1}exports/results/",
            "columns": [
                {"name": "season", "kind": "integer", "about": ""},
                {"name": "round", "kind": "integer", "about": ""},
                {"name": "driver", "kind": "text", "about": ""},
                {"name": "gap_ms", "kind": "integer", "about": "ms behind the winner"},
            ],
        }
    ],
}
