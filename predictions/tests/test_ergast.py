"""The addresses below /ergast/f1: what they accept, filter, page, refuse and cost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from f1site.base import changes
from ingestion.models import Driver, Entry, Race, TeamStanding
from ingestion.services import import_archive
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.factories import make_driver, make_race, make_result, make_team
from ingestion.tests.mini_archive import MiniArchive
from predictions.tests.ergast_cast import Document, OnePage, ask, fill, rows

BAD = "Bad Request: "


@pytest.fixture
def season(settings: Any, db: None) -> OnePage:
    """Three races of 2023 held, one ahead."""
    settings.F1_NOW = datetime(2023, 5, 1, tzinfo=UTC)
    said = OnePage()
    fill(said.answer, settings)
    return said


def table(document: Document, name: str, rows: str) -> list[Document]:
    found: list[Document] = document["MRData"][name][rows]
    return found


def rounds(client: Client, path: str) -> list[str]:
    return [race["round"] for race in table(ask(client, path), "RaceTable", "Races")]


def drivers(client: Client, path: str) -> list[str]:
    found = table(ask(client, path), "DriverTable", "Drivers")
    return [driver["driverId"] for driver in found]


def constructors(client: Client, path: str) -> list[str]:
    said = ask(client, f"{path}constructors")
    found = table(said, "ConstructorTable", "Constructors")
    return [team["constructorId"] for team in found]


# --- addresses --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("2023/driverStandings.json", "2023/driverstandings.json"),
        ("2023/DriverStandings", "2023/driverstandings/"),
        ("2023/driverstandings/", "2023/driverstandings/"),
    ],
)
def test_an_address_is_written_as_one_likes(
    path: str, url: str, season: OnePage, client: Client
) -> None:
    said = ask(client, path)
    assert said["MRData"]["url"] == f"http://testserver/ergast/f1/{url}"
    (after,) = table(said, "StandingsTable", "StandingsLists")
    assert after["round"] == said["MRData"]["StandingsTable"]["round"] == "3"
    assert after["DriverStandings"][0]["Driver"]["driverId"] == "perez"


def test_present_last_and_next_are_those_of_the_record(
    season: OnePage, client: Client, settings: Any
) -> None:
    assert rounds(client, "current") == ["1", "2", "3", "4"]
    assert rounds(client, "current/last") == ["3"]
    assert rounds(client, "current/next.json") == ["4"]
    assert rows(ask(client, "2023/last/results/1")) == [("2023-3", "perez", "1")]
    Race.objects.filter(round=4).update(status="cancelled")
    assert rounds(client, "2023.json") == ["1", "2", "3"]
    said = ask(client, "current/next")["MRData"]["RaceTable"]
    assert said == {"season": "2024", "round": "1", "Races": []}
    settings.F1_NOW = datetime(2025, 1, 1, tzinfo=UTC)
    assert ask(client, "current")["MRData"]["RaceTable"]["season"] == "2025"


def test_all_of_it_is_there_without_a_season(season: OnePage, client: Client) -> None:
    assert table(ask(client, "seasons"), "SeasonTable", "Seasons") == [
        {"season": "2023"}
    ]
    assert client.get("/ergast/f1.json").json()["MRData"]["total"] == "4"
    assert ask(client, "results.json")["MRData"]["total"] == "18"
    circuits = table(ask(client, "circuits"), "CircuitTable", "Circuits")
    found = [circuit["circuitId"] for circuit in circuits]
    assert found == ["albert_park", "bahrain", "baku", "jeddah"]
    assert ask(client, "constructors")["MRData"]["total"] == "4"


# --- filters ----------------------------------------------------------------------
CHOSEN = [
    ("2023/drivers/alonso/results", ["1 3", "2 3", "3 4"]),
    ("drivers/perez/results/1", ["2 1", "3 1"]),
    ("constructors/ferrari/drivers/leclerc/results", ["1 6", "2 6", "3 3"]),
    ("circuits/baku/constructors/red_bull/results", ["3 1", "3 2"]),
    ("2023/grid/1/results", ["1 1", "2 1", "3 3"]),
    ("2023/grid/0/results", ["2 5", "2 6"]),
    ("2023/fastest/1/results.json", ["1 3", "2 2", "3 2"]),
    ("2023/2/fastest/2/results", ["2 1"]),
    ("2023/results/6/results", []),
    ("2023/drivers/nobody/results", []),
]


def test_results_are_chosen(season: OnePage, client: Client) -> None:
    for path, found in CHOSEN:
        said = [f"{key[5:]} {place}" for key, _, place in rows(ask(client, path))]
        assert said == found, path


def test_the_rest_is_chosen_as_well(season: OnePage, client: Client) -> None:
    assert rounds(client, "circuits/baku/races") == ["3"]
    assert rounds(client, "2023/drivers/perez/results/1/races.json") == ["2", "3"]
    assert drivers(client, "2023/constructors/ferrari/drivers") == ["leclerc", "sainz"]
    assert drivers(client, "2023/fastest/1/drivers") == ["alonso", "max_verstappen"]
    assert drivers(client, "drivers/alonso.json") == ["alonso"]
    said = ask(client, "2023/drivers/alonso/constructors")
    assert said["MRData"]["ConstructorTable"]["driverId"] == "alonso"
    (team,) = said["MRData"]["ConstructorTable"]["Constructors"]
    assert team["constructorId"] == "aston_martin"
    said = ask(client, "drivers/leclerc/qualifying/1")
    assert rows(said, "QualifyingResults") == [("2023-3", "leclerc", "1")]
    said = ask(client, "2023/grid/1/qualifying")
    assert [row[1] for row in rows(said, "QualifyingResults")] == [
        "max_verstappen",
        "perez",
        "leclerc",
    ]
    said = ask(client, "sprint/2.json")
    assert rows(said, "SprintResults") == [("2023-3", "leclerc", "2")]
    assert ask(client, "drivers/alonso/seasons")["MRData"]["total"] == "1"
    assert ask(client, "drivers/nobody/seasons")["MRData"]["total"] == "0"


def test_standings_of_one_and_their_wins(season: OnePage, client: Client) -> None:
    said = ask(client, "2023/drivers/perez/driverstandings")
    (after,) = table(said, "StandingsTable", "StandingsLists")
    (row,) = after["DriverStandings"]
    assert (row["wins"], row["position"]) == ("2", "1")
    said = ask(client, "current/constructorstandings/2")
    (after,) = table(said, "StandingsTable", "StandingsLists")
    (row,) = after["ConstructorStandings"]
    assert row["Constructor"]["constructorId"] == "ferrari"
    said = ask(client, "2023/1/driverstandings")  # never imported
    assert said["MRData"]["StandingsTable"]["StandingsLists"] == []
    TeamStanding.objects.filter(team__slug="haas").update(position=None, points=0)
    said = ask(client, "2023/constructors/haas/constructorstandings")
    (after,) = table(said, "StandingsTable", "StandingsLists")
    assert after["ConstructorStandings"][0]["positionText"] == "-"
    assert "position" not in after["ConstructorStandings"][0]


def test_statuses_are_counted(season: OnePage, client: Client) -> None:
    assert table(ask(client, "2023/2/status"), "StatusTable", "Status") == [
        {"count": "3", "status": "Finished"},
        {"count": "1", "status": "Did not start"},
        {"count": "1", "status": "Lapped"},
        {"count": "1", "status": "Retired"},
    ]


# --- pages ------------------------------------------------------------------------
PAGES = [
    ("", "30", "0"),
    ("limit=1000", "100", "0"),
    ("limit=0", "30", "0"),
    ("limit=-1&offset=-3", "30", "0"),
    ("limit=abc&offset=x", "30", "0"),
    ("limit=7&offset=5", "7", "5"),
    (f"limit={'9' * 5000}&offset={'9' * 5000}", "100", "9" * 9),
]


def test_a_page_is_of_rows_and_may_cut_through_a_race(
    season: OnePage, client: Client
) -> None:
    for query, limit, offset in PAGES:
        said = ask(client, f"2023/results.json?{query}")
        told = {name: said["MRData"][name] for name in ("limit", "offset", "total")}
        assert told == {"limit": limit, "offset": offset, "total": "18"}
        assert len(rows(said)) == max(min(int(limit), 18 - int(offset)), 0)


# --- refusals ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("2023/1/nonsense.json", 400, "Endpoint does not support final filter."),
        ("2023/races/1", 400, "Endpoint does not support final filter."),
        ("nonsense/1/results", 400, "Endpoint does not support final filter."),
        ("driverstandings", 400, "Missing one of the required parameters"),
        ("2023/laps.json", 400, "Missing one of the required parameters"),
        ("2023/status/1/results", 400, "Unsupported filter for endpoint."),
        ("2023/grid/x/results", 400, "Unsupported filter for endpoint."),
        ("2023/grid/1/driverstandings", 400, "Unsupported filter for endpoint."),
        ("2023/sprint/x", 400, "Unsupported filter for endpoint."),
        ("2023/grid/1", 404, "Not found."),
        ("2023/1/results.xml", 404, "Not found."),
        ("2023/drivers/%27/results", 404, "Not found."),
        ("2023/drivers//results", 404, "Not found."),
        ("2023/drivers/%00/results", 404, "Not found."),
    ],
)
def test_what_makes_no_sense_is_refused(
    path: str, status: int, detail: str, client: Client, db: None
) -> None:
    response = client.get(f"/ergast/f1/{path}")
    assert response.status_code == status
    said = response.json()
    assert set(said) == {"detail", "code"}
    assert detail in said["detail"]
    assert response["Cache-Control"] == "no-store"


def test_laps_and_stops_are_not_kept_and_it_says_so(client: Client, db: None) -> None:
    for word in ("laps", "pitstops", "laps/1"):
        response = client.get(f"/ergast/f1/2023/1/{word}.json")
        assert (response.status_code, response.json()["code"]) == (404, "not_kept")


def test_it_is_read_only(client: Client, db: None) -> None:
    for send in (client.post, client.put, client.delete, client.options):
        assert send("/ergast/f1/2023.json").status_code == 405
    assert client.post("/ergast/f1/2023.json").json()["code"] == "method_not_allowed"


# --- what it costs ----------------------------------------------------------------
QUERIES = [
    ("seasons", 2),
    ("2023", 5),
    ("circuits", 3),
    ("2023/constructors", 3),
    ("2023/drivers", 3),
    ("results?limit=100", 5),
    ("2023/drivers/perez/results?limit=100", 5),
    ("current/last/results", 6),
    ("2023/qualifying?limit=100", 4),
    ("2023/sprint?limit=100", 4),
    ("2023/driverstandings", 5),
    ("2023/constructorstandings", 5),
    ("2023/status", 1),
]


def test_it_takes_few_queries(
    season: OnePage,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for path, n_queries in QUERIES:
        with django_assert_num_queries(n_queries, info=path):
            ask(client, path)


def test_an_answer_is_kept_until_the_data_change(
    season: OnePage,
    client: Client,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.PAGE_CACHE_S = 300
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.0)
    first = client.get("/ergast/f1/2023/drivers/sainz")
    assert first["Cache-Control"] == "public, max-age=60"
    assert first["Content-Type"] == "application/json"
    with django_assert_num_queries(1):  # for the version
        again = client.get("/ergast/f1/2023/drivers/sainz")
    assert again.content == first.content
    known = {"If-None-Match": first["ETag"]}
    same = client.get("/ergast/f1/2023/drivers/sainz", headers=known)
    assert (same.status_code, same.content) == (304, b"")
    assert client.head("/ergast/f1/2023.json").content == b""
    Driver.objects.filter(slug="carlos-sainz-jr").update(last_name="S.")
    changes.note()
    newer = client.get("/ergast/f1/2023/drivers/sainz", headers=known)
    assert newer.json()["MRData"]["DriverTable"]["Drivers"][0]["familyName"] == "S."


def test_it_speaks_json_whatever_is_accepted(season: OnePage, client: Client) -> None:
    for accept in ("text/html", "application/xml", "nonsense"):
        response = client.get("/ergast/f1/2023.json", headers={"Accept": accept})
        assert response.json()["MRData"]["total"] == "4"


# --- a record of the archive ------------------------------------------------------
def test_a_record_of_the_archive_has_the_ids_and_no_more_than_it_knows(
    client: Client, tmp_path: Path, db: None
) -> None:
    seed_aliases()
    import_archive(location=str(MiniArchive().write_folder(tmp_path / "release")))
    said = table(ask(client, "2023/10/results?limit=1"), "RaceTable", "Races")[0]
    (row,) = said.pop("Results")
    assert said["Circuit"]["circuitId"] == "silverstone"
    assert not {"url", "time"} & {*said, *said["Circuit"], *row["Driver"]}
    assert row["Driver"]["driverId"] == "max_verstappen"
    assert row["Driver"]["nationality"] == "Dutch"
    assert row["Constructor"]["nationality"] == "Austrian"
    assert set(row["FastestLap"]) == {"rank", "Time"}
    all_of_it = rows(ask(client, "qualifying?limit=100"), "QualifyingResults")
    assert [row for row in all_of_it if row[1] == "bottas"] == [
        ("2023-10", "bottas", "2")
    ]


def test_an_id_means_who_bore_it_in_that_season(client: Client, db: None) -> None:
    """Sauber to the source, in the archive a team that came back under a new name."""
    seed_aliases()
    driver = make_driver("valtteri-bottas")
    for year, slug in ((2018, "sauber"), (2022, "kick-sauber"), (2024, "kick-sauber")):
        race, team = make_race(year), make_team(slug)
        make_result(race, driver, team, 1)
        Entry.objects.get_or_create(race=race, driver=driver, team=team)
    assert [constructors(client, f"{year}/") for year in (2018, 2022, 2024)] == [
        ["sauber"],
        ["kick_sauber"],  # it never was: the alias holds from 2024 on
        ["sauber"],
    ]
    found = rows(ask(client, "constructors/sauber/results"))
    assert [key for key, _, _ in found] == ["2018-1", "2024-1"]
    assert constructors(client, "") == ["sauber"]
