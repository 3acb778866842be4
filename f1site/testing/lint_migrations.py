"""Would a migration break the version of the site that still runs beside it?

    python -m f1site.testing.lint_migrations [APP …]

Part of ``./run check``. A migration that only looks unsafe says so itself, with the
operation ``IgnoreMigration`` of django-migration-linter and a comment why.
"""

import logging
import os
import sys
from typing import Final

import django

#: The last one of each app before there was a release. No site ran the version before
#: them, so that nothing can break; what comes later is looked at.
BASELINE: Final = {
    "accounts": "0005_confirmed_addresses",
    "base": "0004_runs_and_messages",
    "f1site": "",
    "ingestion": "0012_live_ids",
    "predictions": "0013_watched",
    "ratings": "0005_watched",
}
#: A matter of taste, not of safety.
TASTE: Final = ["RUNPYTHON_MODEL_VARIABLE_NAME"]


def main(apps: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django_migration_linter import MigrationLinter

    logging.getLogger("django_migration_linter").setLevel(logging.WARNING)
    linter = MigrationLinter(
        str(settings.BASE_DIR),
        exclude_migration_tests=TASTE,
        all_warnings_as_errors=True,
        no_cache=True,
    )
    found = MigrationLoader(connection).disk_migrations
    for (app, name), migration in sorted(found.items()):
        if app in (apps or BASELINE) and name > BASELINE.get(app, ""):
            linter.lint_migration(migration)
    linter.print_summary()
    return 1 if linter.has_errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
