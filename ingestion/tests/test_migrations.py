"""Migrations of the record run down and up while it is filled."""

from dataclasses import replace

import pytest
from django.core.management import call_command
from django.test import Client

from ingestion.models import (
    Alias,
    Entry,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
)
from ingestion.services import corrections
from ingestion.services.edits import Edit
from ingestion.services.figures import as_record
from ingestion.services.rows import columns_of
from ingestion.services.tables import RESULTS
from ingestion.tests.conftest import Importer
from ingestion.tests.test_admin_corrections import confirm, edited
from ingestion.tests.test_corrections import result


@pytest.mark.django_db(transaction=True)
def test_the_imports_migration_goes_down_and_up_on_a_filled_record(
    ingest: Importer,
) -> None:
    ingest()
    n_qualified = QualifyingResult.objects.count()
    races = list(Race.objects.values())
    call_command("migrate", "ingestion", "0002", verbosity=0)
    call_command("migrate", verbosity=0)
    assert list(Race.objects.values()) == races
    assert Alias.objects.get(alias="brazil").first_season == 2021
    assert not Entry.objects.filter(is_typed_in=True).exists()
    # The second row of Bottas had no place in between; an import brings it back.
    assert QualifyingResult.objects.count() == n_qualified - 1
    change = ingest().outcome.changes["qualifying_results"]
    assert (change.added, change.changed, change.removed) == (1, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_was_imported_before_origins_were_kept_is_corrected_over_its_source(
    ingest: Importer, admin_client: Client
) -> None:
    ingest()
    names = ("race", "sheet", "source", "n_rows")
    before = list(Provenance.objects.order_by(*names).values_list(*names))
    corrections.correct(
        edits=[Edit.change(result("max-verstappen"), laps=43)],
        author=None,
        reason="lost on the way down",
    )
    ahead = Race.objects.get(pk=2025001)
    typed_in = replace(
        as_record(RESULTS, result("george-russell")),
        race=(ahead.season_id, ahead.grand_prix),
    )
    call_command("migrate", "ingestion", "0005", verbosity=0)
    RaceResult.objects.create(**columns_of(RESULTS, typed_in))
    call_command("migrate", verbosity=0)
    # No source has the results that were typed in since.
    assert list(Provenance.objects.order_by(*names).values_list(*names)) == before

    url, sent = edited(admin_client, result("george-russell"), laps="43")
    assert confirm(admin_client, url, sent).status_code == 302
    ingest()
    assert result("george-russell").laps == 43
    assert RaceResult.objects.filter(race=ahead).exists()
