"""What exporters show that rules and dashboards ask for: metric to its labels.

Those of the site need no list: they are asked of the site.
"""

from typing import Final

EXPORTERS: Final[dict[str, tuple[str, ...]]] = {
    # Prometheus itself
    "up": (),
    "ALERTS": ("alertname", "alertstate", "severity"),
    # node exporter
    "node_cpu_seconds_total": ("cpu", "mode"),
    "node_memory_MemAvailable_bytes": (),
    "node_memory_MemTotal_bytes": (),
    # postgres exporter
    "pg_stat_activity_count": ("datname", "state", "server"),
    "pg_settings_max_connections": ("server",),
    # redis exporter
    "redis_memory_used_bytes": (),
    "redis_memory_max_bytes": (),
    # cadvisor
    "container_memory_working_set_bytes": ("name", "image", "id"),
    # Flower
    "flower_events_total": ("worker", "type", "task"),
    "flower_worker_online": ("worker",),
}
