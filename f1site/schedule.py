"""The schedule that a new site starts with. It is installed once, by name.

It lives in the database. When an entry runs, and whether, is the operator's; what it
calls is renewed where an earlier release put it there.
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
    "Ask for the dates of the season": (
        "ingestion.tasks.import_calendar_task",
        "15",
        "2",
        "*",
    ),
    "Ask for the weather": (
        "ingestion.tasks.import_weather_task",
        "30",
        "2",
        "*",
    ),
    "Rate, forecast and score after the night": (
        "predictions.tasks.refresh_nightly_task",
        "45",
        "2",
        "*",
    ),
    "Rank the drivers": (
        "ratings.tasks.refresh_rankings_task",
        "0",
        "3",
        "*",
    ),
    "Check the seals of forecasts": (
        "predictions.tasks.verify_seals_task",
        "15",
        "3",
        "*",
    ),
    "Fit the models that are missing": (
        "predictions.tasks.train_missing_task",
        "30",
        "3",
        "*",
    ),
    "Backtest the newest seasons": (
        "predictions.tasks.keep_backtest_task",
        "0",
        "4",
        "*",
    ),
    "Forget old runs and messages": (
        "f1site.base.tasks.tidy_task",
        "45",
        "3",
        "*",
    ),
    "Send what waits, tell what is lost": (
        "f1site.base.tasks.sweep_task",
        "*",
        "*",
        "*",
    ),
    "Tell by mail what was asked for": (
        "predictions.tasks.notify_task",
        "5-59/10",
        "*",
        "*",
    ),
    "Rate, forecast and score what is due": (
        "predictions.tasks.tick_task",
        "*/10",
        "*",
        "*",
    ),
}

#: What entries called in earlier releases.
FORMERLY = {
    "Rate, forecast and score what is due": "predictions.tasks.refresh_task",
    "Rate, forecast and score after the night": "predictions.tasks.refresh_task",
}


def install() -> int:
    """Add the entries that are missing; answer how many were added."""
    for name, task in FORMERLY.items():
        for old in PeriodicTask.objects.filter(name=name, task=task):
            old.task = ENTRIES[name][0]
            old.save()  # tells a beat that runs, as update() would not
    return sum(_add(name, *entry) for name, entry in ENTRIES.items())


def _add(name: str, task: str, minute: str, hour: str, day_of_week: str) -> bool:
    if PeriodicTask.objects.filter(name=name).exists():
        return False
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=minute, hour=hour, day_of_week=day_of_week, timezone="UTC"
    )
    # What nobody took until its next turn is not due any more.
    expires = 60 if minute == "*" else 3600
    PeriodicTask.objects.create(
        name=name, task=task, crontab=crontab, expire_seconds=expires
    )
    return True
