"""Migrations of the record run down and up while it is filled."""

import pytest
from django.core.management import call_command

from ingestion.models import Alias, Entry, QualifyingResult
from ingestion.tests.conftest import Importer


@pytest.mark.django_db(transaction=True)
def test_the_imports_migration_goes_down_and_up_on_a_filled_record(
    ingest: Importer,
) -> None:
    ingest()
    n_qualified = QualifyingResult.objects.count()
    call_command("migrate", "ingestion", "0002", verbosity=0)
    call_command("migrate", verbosity=0)
    assert Alias.objects.get(alias="brazil").first_season == 2021
    assert not Entry.objects.filter(is_typed_in=True).exists()
    # The second row of Bottas had no place in between; an import brings it back.
    assert QualifyingResult.objects.count() == n_qualified - 1
    change = ingest().outcome.changes["qualifying_results"]
    assert (change.added, change.changed, change.removed) == (1, 0, 0)
