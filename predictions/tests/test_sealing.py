"""What was issued stays: triggers, hashes, and one unbroken chain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from ingestion.models import Driver, Race
from predictions import sealing
from predictions.models import Forecast, ModelVersion, Prediction
from predictions.tests import forecast_cast as cast

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
N_WRITERS = 20


@pytest.fixture
def race() -> Race:
    return cast.store(seasons=range(2024, 2025), rounds=1)


def version() -> ModelVersion:
    found, _ = ModelVersion.objects.get_or_create(
        name="uniform", version=1, defaults={"data_hash": "0" * 64}
    )
    return found


def write(race: Race, n: int, by: ModelVersion | None = None) -> Forecast:
    """Issue a forecast of two drivers; ``n`` makes its inputs its own."""
    forecast = Forecast(
        race=race,
        model_version=by or version(),
        stage="pre_weekend",
        as_of=NOW,
        issued_at=NOW,
        late=False,
        is_primary=True,
        seed=1,
        data_hash=f"{n:064d}",
        knew="line-up",
    )
    seats = race.entries.select_related("driver", "team").order_by("driver__slug")[:2]
    share = 1 / (n + 3)
    rows = [
        Prediction(
            race=race,
            driver=seat.driver,
            team=seat.team,
            car_number=seat.car_number,
            p_win=p,
            p_podium=1.0,
            p_points=1.0,
            p_dnf=0.1,
            expected_position=2 - p,
            low=1,
            high=2,
            positions=[p, 1 - p],
            is_favorite=p > 0.5,
            created_at=NOW,
        )
        for seat, p in zip(seats, (share, 1 - share), strict=True)
    ]
    return sealing.issue(forecast, rows)


@pytest.mark.django_db
class TestSeal:
    def test_the_chain_begins_with_nothing_and_goes_on(self, race: Race) -> None:
        first, second = write(race, 1), write(race, 2)
        assert first.previous_hash == sealing.GENESIS
        assert second.previous_hash == first.content_hash
        assert not list(sealing.faults())

    def test_saying_it_again_changes_nothing(self, race: Race) -> None:
        assert write(race, 1).pk == write(race, 1).pk
        assert Forecast.objects.count() == 1
        assert Prediction.objects.count() == 2

    def test_what_was_said_before_something_else_is_said_anew(self, race: Race) -> None:
        first, other, again = (write(race, n) for n in (1, 2, 1))
        assert first.pk < other.pk < again.pk
        assert write(race, 1).pk == again.pk
        assert not list(sealing.faults())

    def test_another_version_says_it_anew(self, race: Race) -> None:
        fields = {"name": "uniform", "data_hash": "1" * 64}
        refit = ModelVersion.objects.create(version=2, **fields)
        first, other = write(race, 1), write(race, 1, refit)
        assert first.pk < other.pk < write(race, 1).pk

    def test_what_is_hashed_is_what_is_stored(self, race: Race) -> None:
        issued = write(race, 1)
        stored = Forecast.objects.get(pk=issued.pk)
        rows = list(Prediction.objects.filter(race=race, forecast=stored))
        assert sealing.content_hash(stored, rows) == issued.content_hash
        assert sealing.content_hash(stored, rows[::-1]) == issued.content_hash

    @pytest.mark.parametrize("table", ["forecast", "prediction"])
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE {} SET id = id", "DELETE FROM {}"],
    )
    def test_the_database_refuses_a_change(
        self, race: Race, table: str, statement: str
    ) -> None:
        write(race, 1)
        with (
            connection.cursor() as cursor,
            pytest.raises(IntegrityError, match="sealed"),
            transaction.atomic(),
        ):
            cursor.execute(statement.format(f"predictions_{table}"))

    @pytest.mark.parametrize("table", ["forecast", "prediction"])
    def test_the_database_refuses_to_forget_everything(
        self, race: Race, table: str
    ) -> None:
        write(race, 1)
        with (
            connection.cursor() as cursor,
            pytest.raises(IntegrityError, match="TRUNCATE"),
            transaction.atomic(),
        ):
            cursor.execute("SET LOCAL f1.test_database = 'off'")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE predictions_{table} CASCADE")

    def test_a_changed_row_is_found(self, race: Race) -> None:
        write(race, 1)
        touched = write(race, 2)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE predictions_prediction DISABLE TRIGGER USER")
            Prediction.objects.filter(race=race, forecast=touched).update(p_dnf=0.2)
            cursor.execute("ALTER TABLE predictions_prediction ENABLE TRIGGER USER")
        (fault,) = sealing.faults()
        assert fault.forecast == touched.pk
        assert "something else" in fault.reason
        with pytest.raises(CommandError, match="1 faults in the chain of 2"):
            call_command("verify_forecasts", stderr=StringIO())

    def test_a_forecast_taken_out_is_missed(self, race: Race) -> None:
        _, middle, last = (write(race, n) for n in range(3))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("prediction", "forecast"):
                name = f"predictions_{table}"
                cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
                key = "forecast_id" if table == "prediction" else "id"
                cursor.execute(
                    f"DELETE FROM {name} WHERE {key} = %s",  # noqa: S608
                    [middle.pk],
                )
        (fault,) = sealing.faults()
        assert (fault.forecast, fault.reason) == (
            last.pk,
            "does not follow the forecast before it",
        )

    def test_an_unbroken_chain_is_said_to_be_one(self, race: Race) -> None:
        write(race, 1)
        out = StringIO()
        call_command("verify_forecasts", stdout=out)
        assert out.getvalue() == (
            "1 forecasts, an unbroken chain\n1 of them without stored inputs\n"
        )

    def test_numbers_that_a_column_would_bend_are_noticed(
        self, race: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digests = iter(["a" * 64, "b" * 64])
        monkeypatch.setattr(sealing, "content_hash", lambda *_: next(digests))
        with pytest.raises(sealing.SealBrokenError), transaction.atomic():
            write(race, 1)
        assert not Forecast.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_writers_leave_one_chain() -> None:
    race = cast.store(seasons=range(2024, 2025), rounds=1)
    version()

    def issue(n: int) -> None:
        try:
            write(race, n)
        finally:
            connection.close()

    with ThreadPoolExecutor(N_WRITERS) as pool:
        list(pool.map(issue, range(N_WRITERS)))
    assert Forecast.objects.count() == N_WRITERS
    assert Prediction.objects.count() == 2 * N_WRITERS
    assert not list(sealing.faults())
    assert Driver.objects.exists()
