"""The page where an editor enters the grid, and announces what changes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from ingestion.models import (
    GridPenalty,
    GridSlot,
    Provenance,
    QualifyingResult,
    Race,
    SprintResult,
)
from ingestion.tests.factories import CAST, MiniSeason, mini_season

NOW = datetime(2024, 3, 21, 18, tzinfo=UTC)
SLUGS = list(CAST)
User: Any = get_user_model()


@pytest.fixture
def season(db: None, settings: Any) -> MiniSeason:
    settings.F1_NOW = NOW
    return mini_season()


@pytest.fixture
def race(season: MiniSeason) -> Race:
    """The next race, qualified in the order of the cast."""
    race = season.next_race
    for place, (slug, driver) in enumerate(season.drivers.items(), start=1):
        QualifyingResult.objects.create(
            race=race,
            driver=driver,
            team=season.teams[slug],
            car_number=str(place),
            display_order=place,
            position=place,
        )
    return race


@pytest.fixture
def editor(client: Client) -> Client:
    user = User.objects.create_user(email="e@example.org", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="editor"))
    client.force_login(user)
    return client


def address(race: Race) -> str:
    return reverse("admin:ingestion_race_grid", args=[race.pk])


def announce(race: Race, season: MiniSeason, slug: str, **facts: Any) -> GridPenalty:
    facts = {"announced_at": NOW - timedelta(hours=1)} | facts
    return GridPenalty.objects.create(race=race, driver=season.drivers[slug], **facts)


def prefilled(page: Any) -> dict[str, tuple[int | None, bool]]:
    forms = page.context_data["slots"].forms
    return {
        form.initial["driver"]: (form.initial["slot"], form.initial["from_pit_lane"])
        for form in forms
    }


def filled_in(slots: dict[str, Any], order: list[str] = SLUGS) -> dict[str, Any]:
    """What the form sends; a slot, "pit" or nothing for each driver."""
    data: dict[str, Any] = {
        "form-TOTAL_FORMS": len(order),
        "form-INITIAL_FORMS": len(order),
    }
    for n, slug in enumerate(order):
        slot = slots.get(slug)
        data[f"form-{n}-driver"] = slug
        if slot == "pit":
            data[f"form-{n}-from_pit_lane"] = "on"
        else:
            data[f"form-{n}-slot"] = "" if slot is None else slot
    return data


IN_ORDER = {slug: n for n, slug in enumerate(SLUGS, start=1)}


def grid(race: Race) -> dict[str, int | None]:
    return {slot.driver.slug: slot.position for slot in race.grid_slots.all()}


def store(editor: Client, race: Race, slots: dict[str, Any]) -> None:
    """Look first, then confirm what was seen."""
    page: Any = editor.post(address(race), filled_in(slots))
    assert not page.context_data.get("error"), page.context_data["error"]
    assert not race.grid_slots.exists()
    signed = page.context_data["confirm"].initial["signed"]
    editor.post(address(race), {"signed": signed})


def test_it_begins_with_qualifying_minus_what_was_announced(
    race: Race, season: MiniSeason, editor: Client
) -> None:
    announce(race, season, SLUGS[0], places=2)
    announce(race, season, SLUGS[1], from_pit_lane=True)
    announce(race, season, SLUGS[2], places=5, announced_at=NOW + timedelta(hours=1))
    page = editor.get(address(race))
    assert prefilled(page) == {
        SLUGS[2]: (1, False),
        SLUGS[3]: (2, False),
        SLUGS[0]: (3, False),
        SLUGS[4]: (4, False),
        SLUGS[5]: (5, False),
        SLUGS[1]: (None, True),
    }
    assert "Announce a penalty" in page.content.decode()


def test_where_the_sprint_sets_the_grid_it_begins_with_that(
    race: Race, season: MiniSeason, editor: Client
) -> None:
    Race.objects.filter(pk=race.pk).update(sprint_format="sets_grid_2022")
    for place, slug in enumerate(reversed(SLUGS), start=1):
        SprintResult.objects.create(
            race=race,
            driver=season.drivers[slug],
            team=season.teams[slug],
            display_order=place,
            position=place,
            is_classified=True,
            status="finished",
        )
    assert list(prefilled(editor.get(address(race)))) == list(reversed(SLUGS))


def test_before_qualifying_it_has_the_line_up(
    season: MiniSeason, editor: Client
) -> None:
    shown = prefilled(editor.get(address(season.next_race)))
    assert set(shown) == set(SLUGS)
    assert set(shown.values()) == {(None, False)}


def test_what_is_entered_is_looked_at_and_then_stored(
    race: Race, editor: Client
) -> None:
    slots = IN_ORDER | {SLUGS[0]: 2, SLUGS[1]: 1, SLUGS[5]: "pit"}
    store(editor, race, slots)
    assert grid(race) == {**IN_ORDER, SLUGS[0]: 2, SLUGS[1]: 1, SLUGS[5]: None}
    last = race.grid_slots.get(driver__slug=SLUGS[5])
    assert (last.from_pit_lane, last.display_order) == (True, 6)
    assert race.grid_slots.get(position=1).qualifying_position == 2
    origin = Provenance.objects.get(race=race, sheet="grid_slots race")
    assert (origin.source, origin.n_rows) == ("upload", 6)
    assert prefilled(editor.get(address(race)))[SLUGS[1]] == (1, False)


def test_who_has_no_place_does_not_start(race: Race, editor: Client) -> None:
    store(editor, race, IN_ORDER | {SLUGS[5]: None})
    assert set(grid(race)) == set(SLUGS[:5])


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        (IN_ORDER | {SLUGS[0]: 2}, "Given twice: slot 2."),
        (IN_ORDER | {SLUGS[2]: "pit"}, "Left out: slot 3."),
        (dict.fromkeys(SLUGS), "Nobody has a slot."),
        (IN_ORDER | {SLUGS[0]: 0}, "greater than or equal to 1"),
        (IN_ORDER | {SLUGS[0]: "first"}, "Enter a whole number."),
    ],
)
def test_what_cannot_be_a_grid_is_refused(
    race: Race, editor: Client, slots: dict[str, Any], said: str
) -> None:
    page = editor.post(address(race), filled_in(slots))
    assert page.status_code == 422
    assert escape(said) in page.content.decode()
    assert not GridSlot.objects.filter(race=race).exists()


def test_a_slot_and_the_pit_lane_is_one_too_many(race: Race, editor: Client) -> None:
    data = filled_in(IN_ORDER) | {"form-0-from_pit_lane": "on"}
    page = editor.post(address(race), data)
    assert "Either a slot or the pit lane." in page.content.decode()


def test_a_line_up_that_changed_is_looked_at_again(race: Race, editor: Client) -> None:
    page = editor.post(address(race), filled_in(IN_ORDER, [*SLUGS[:5], "nobody"]))
    assert page.status_code == 422
    assert "line-up has changed" in page.content.decode()


def test_viewers_do_not_enter_a_grid(race: Race, client: Client) -> None:
    user = User.objects.create_user(email="v@example.org", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(address(race)).status_code == 403
    assert client.post(address(race), filled_in(IN_ORDER)).status_code == 403


def test_the_way_there(race: Race, editor: Client) -> None:
    url = reverse("admin:ingestion_race_change", args=[race.pk])
    assert address(race) in editor.get(url).content.decode()


def test_a_penalty_is_announced_now_unless_told(race: Race, editor: Client) -> None:
    page: Any = editor.get(reverse("admin:ingestion_gridpenalty_add"))
    form = page.context_data["adminform"].form
    assert form.initial["announced_at"] == NOW
    assert form.initial["race"] == race.pk
