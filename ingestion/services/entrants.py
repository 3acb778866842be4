"""Drivers and entries that an editor types in."""

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from ingestion import queries
from ingestion.models import Driver, Entry, Race, Team


@transaction.atomic
def add_driver(
    *,
    name: str,
    team: Team,
    code: str = "",
    race: Race | None = None,
    car_number: str = "",
    **facts: Any,
) -> Driver:
    """A driver, and his entry for the next race: ``current_team`` comes from it."""
    race = race or queries.next_race()
    if race is None:
        raise ValueError("race is None and there is no race ahead to enter")
    first_name, _, last_name = name.rpartition(" ")
    driver = Driver.objects.create(
        slug=_free_slug(name),
        name=name,
        first_name=facts.pop("first_name", first_name),
        last_name=facts.pop("last_name", last_name),
        code=code,
        **facts,
    )
    Entry.objects.create(race=race, driver=driver, team=team, car_number=car_number)
    return driver


def _free_slug(name: str) -> str:
    slug = slugify(name)
    if not slug or Driver.objects.filter(slug=slug).exists():
        raise ValueError(f"name {name!r} gives no slug, or that of another driver")
    return slug
