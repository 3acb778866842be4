"""An example address of every page, found in whatever record there is."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, reverse
from django.utils.http import urlencode

from accounts import mails
from accounts.models import User
from accounts.urls import pages as account_pages
from f1site.urls import pages
from ingestion.models import Race, RaceResult, SessionKind
from ingestion.queries import next_race
from predictions.models import Forecast, ModelVersion

#: Answers a form, shows nothing.
ACTIONS = {"logout"}
#: The docs of the API, and the API itself as a browser shows it.
OF_API = ("api-docs", "api:root", "api:drivers", "api:race-results")
SIGNED_IN = {
    "account",
    "account-delete",
    "account-tokens",
    "account_email",
    "account_reauthenticate",
    "my-data",
    "password_change",
    "mfa_activate_totp",
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
}


def page_names() -> list[str]:
    """Names of all pages, from the URL conf; files have an ending."""
    return [*OF_API, *map(str, filter(None, map(_name, [*pages, *account_pages])))]


def _name(pattern: URLPattern) -> str | None:
    route = str(pattern.pattern)
    is_page = route.endswith("/") or not route
    return pattern.name if is_page and pattern.name not in ACTIONS else None


def examples() -> dict[str, list[str]]:
    """Addresses by the name of the page; a page may have several states."""
    found: dict[str, list[str]] = {}
    for name, address in _addresses():
        found.setdefault(name, []).append(address)
    return found


def _addresses() -> Iterator[tuple[str, str]]:
    with_query: dict[str, list[dict[str, Any]]] = {}
    winner = RaceResult.objects.filter(position=1).order_by("-race").first()
    yield from _races(winner)
    if winner:
        driver, mate = winner.driver, _mate(winner)
        yield "api:race-results", _of_race("api:race-results", winner.race)
        for name, slug in (
            ("driver", driver.slug),
            ("team", winner.team.slug),
            ("circuit", winner.race.circuit.slug),
        ):
            yield name, reverse(name, args=[slug])
        day, year = winner.race.starts_on, winner.race.season_id
        with_query = {
            "search": [{"q": driver.last_name}, {"q": "nobody by that name"}],
            "calendar": [{"season": year}],
            "standings": [{"season": year}],
            "ratings": [{"kind": "team", "session": "qualifying", "as_of": day}],
            "ratings-chain": [{"from": driver.slug, "to": mate}],
            "ratings-compare": [{"of": "drivers", "names": f"{driver.slug},{mate}"}],
            "ratings-history": [{"kind": "team", "from": year - 1, "to": year}],
        }
    yield "account_confirm_email", reverse("account_confirm_email", args=["stale"])
    nobodys = mails.token(User(pk=0), mails.FORECASTS)
    yield "mails-stop", reverse("mails-stop", args=[nobodys])
    stale = ["1", "stale"]
    yield (
        "account_reset_password_from_key",
        reverse("account_reset_password_from_key", args=stale),
    )
    version = ModelVersion.objects.order_by("-status", "-id").first()
    if version:
        yield "model", reverse("model", args=[version.name, version.version])
    for name in page_names():
        if _is_plain(name):
            yield name, reverse(name)
        for query in with_query.get(name, []):
            yield name, f"{reverse(name)}?{urlencode(query)}"


def _races(winner: RaceResult | None) -> Iterator[tuple[str, str]]:
    """The next race and the last one; of either kind the newest forecast, the newest
    that met its result, or else a sprint at least.
    """
    shown = {
        (str(SessionKind.RACE), race)
        for race in (next_race(), winner and winner.race)
        if race
    }
    sprints = Race.objects.exclude(sprint_format="").order_by("-id")
    for kind in (str(SessionKind.RACE), str(SessionKind.SPRINT)):
        forecasts = Forecast.objects.filter(kind=kind).order_by("-race", "-id")
        newest = forecasts.first()
        reviewed = forecasts.filter(race__status=Race.Status.COMPLETED).first()
        shown |= {(kind, one.race) for one in (newest, reviewed) if one}
        if newest:
            yield f"{kind}-why", _of_race(f"{kind}-why", newest.race)
        elif kind == SessionKind.SPRINT and (sprint := sprints.first()):
            shown.add((kind, sprint))
    for name, race in sorted(shown, key=lambda one: (one[0], one[1].pk)):
        yield name, _of_race(name, race)


def _of_race(name: str, race: Race) -> str:
    return reverse(name, args=[race.season_id, race.round])


def _mate(winner: RaceResult) -> str:
    """Somebody else in a car of the same team."""
    others = winner.race.results.filter(team=winner.team).exclude(driver=winner.driver)
    other = others.first()
    return other.driver.slug if other else winner.driver.slug


def _is_plain(name: str) -> bool:
    """Whether the address of a page takes nothing."""
    if name in OF_API:
        return name != "api:race-results"
    patterns = [one for one in [*pages, *account_pages] if one.name == name]
    return all("<" not in str(one.pattern) for one in patterns)
