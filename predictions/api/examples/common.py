"""What several examples hold."""

from typing import Any

Row = dict[str, Any]
V1 = "http://localhost:8000/api/v1/"
VEGAS: Row = {
    "season": 2024,
    "round": 22,
    "name": "Las Vegas Grand Prix",
    "url": f"{V1}races/2024/22/",
}
ENSEMBLE: Row = {"name": "ensemble", "version": 1, "url": f"{V1}models/ensemble/1/"}
