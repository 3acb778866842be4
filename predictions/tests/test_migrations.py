"""Migrations of forecasts run down and up while they are filled."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError

from f1site.base import clock
from ingestion.models import Provenance, ResultVersion
from ingestion.services.versions import note_versions
from predictions.models import Forecast, PredictionAccuracy
from predictions.tests import api_cast


@pytest.mark.django_db(transaction=True)
def test_scores_find_the_version_that_they_were_made_against() -> None:
    cast = api_cast.make()
    current = api_cast.score(api_cast.issue(cast, cast.vegas))
    first = ResultVersion.objects.get(kind="race")
    cast.vegas.results.filter(display_order=4).update(reason="Engine")
    (second,) = note_versions([cast.vegas.pk], source="archive")
    PredictionAccuracy.objects.update(is_current=False)
    again = api_cast.score(current.forecast)
    assert (current.result_version, again.result_version) == (first, second)

    call_command("migrate", "predictions", "0006", verbosity=0)
    call_command("migrate", "predictions", verbosity=0)

    assert set(PredictionAccuracy.objects.values_list("pk", "result_version")) == {
        (current.pk, first.pk),
        (again.pk, second.pk),
    }


@pytest.mark.django_db(transaction=True)
def test_results_from_before_versions_were_kept_get_their_first() -> None:
    cast = api_cast.make()
    score = api_cast.score(api_cast.issue(cast, cast.vegas))
    hashes = set(ResultVersion.objects.values_list("kind", "content_hash"))
    call_command("migrate", "predictions", "0006", verbosity=0)
    with connection.cursor() as cursor:  # the tables are older than the models
        cursor.execute(
            "UPDATE predictions_predictionaccuracy SET result_version_id = NULL;"
            "DELETE FROM ingestion_resultversion"
        )
    Provenance.objects.create(
        race=cast.vegas,
        sheet="results",
        source="starter",
        changed_at=clock.now(),
        confirmed_at=clock.now(),
    )
    call_command("migrate", "predictions", verbosity=0)

    versions = ResultVersion.objects.order_by("kind")
    assert set(versions.values_list("kind", "content_hash")) == hashes
    assert list(versions.values_list("number", "source")) == [
        (1, "starter"),
        (1, "record"),
    ]
    score.refresh_from_db()
    assert score.result_version == versions[0]
    assert note_versions([cast.vegas.pk], source="archive") == []


@pytest.mark.django_db(transaction=True)
def test_forecasts_of_sprints_never_become_those_of_races() -> None:
    cast = api_cast.make()
    api_cast.issue(cast, cast.vegas, kind="sprint")
    with pytest.raises(IrreversibleError, match="1 sealed forecasts are of sprints"):
        call_command("migrate", "predictions", "0011", verbosity=0)
    call_command("migrate", "predictions", verbosity=0)
    assert Forecast.objects.get().kind == "sprint"
