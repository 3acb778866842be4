"""The schedule that a new site starts with. It is installed once, by name.

It lives in the database; what an operator changes in the admin stays.
"""

from django_celery_beat.models import CrontabSchedule, PeriodicTask

#: name: (task, minute, hour, day of week), all UTC
ENTRIES = {
    "Bring the record up to date": (
        "ingestion.tasks.import_archive_task",
        "0",
        "2",
        "*",
    ),
    "Rate, forecast and score what is due": (
        "predictions.tasks.refresh_task",
        "*/10",
        "*",
        "*",
    ),
}


def install() -> int:
    """Add the entries that are missing; answer how many were added."""
    return sum(_add(name, *entry) for name, entry in ENTRIES.items())


def _add(name: str, task: str, minute: str, hour: str, day_of_week: str) -> bool:
    if PeriodicTask.objects.filter(name=name).exists():
        return False
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=minute, hour=hour, day_of_week=day_of_week, timezone="UTC"
    )
    PeriodicTask.objects.create(
        name=name, task=task, crontab=crontab, expire_seconds=3600
    )
    return True
