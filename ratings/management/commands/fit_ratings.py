"""``manage.py fit_ratings``: find the parameters of the ratings on the record."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from f1site.base import clock
from ingestion.management.console import progress_bar
from ratings.config import FITS, FITTED, Fit, write_fits
from ratings.fitting import fit
from ratings.rows import read_record

#: First season in the loss: fields of forty cars, half of which failed to qualify, are
#: a thing of the past.
SINCE = {"race": 1970, "qualifying": 1996}
UNTIL = 2014
#: Years; of some that were tried on seasons before 2015, the one that did best.
HALF_LIFE = 12.0
N_EVALUATIONS = 2400


class Command(BaseCommand):
    help = (
        "Fit the parameters of the ratings on the races up to a season, and on none"
        " after it, and write them with that season and the loss they reach. Takes"
        " some minutes. Afterwards `rate` rates everything anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until",
            type=int,
            default=UNTIL,
            metavar="YEAR",
            help=f"last season that is looked at; {UNTIL} unless told",
        )
        parser.add_argument(
            "--since",
            type=int,
            metavar="YEAR",
            help="first season in the loss; ratings begin with the record all the same."
            f" Unless told {SINCE['race']}, for qualifying {SINCE['qualifying']}",
        )
        parser.add_argument(
            "--half-life",
            type=float,
            default=HALF_LIFE,
            metavar="YEARS",
            help="age before the last season at which a race counts half;"
            f" {HALF_LIFE:g} unless told",
        )
        parser.add_argument(
            "--kind", choices=list(FITS), help="only this kind; both unless told"
        )
        parser.add_argument(
            "--evaluations",
            type=int,
            default=N_EVALUATIONS,
            metavar="N",
            help=f"replays to be spent on each kind; {N_EVALUATIONS} unless told",
        )
        parser.add_argument(
            "--output",
            type=Path,
            default=FITTED,
            metavar="FILE",
            help="where to write; the parameters in use unless told",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="write nothing, only say"
        )

    def handle(self, **asked: Any) -> None:
        if asked["until"] >= clock.now().year:
            raise CommandError(
                f"--until is {asked['until']}; the last season that is over is"
                f" {clock.now().year - 1}"
            )
        kinds = [asked["kind"]] if asked["kind"] else list(FITS)
        histories = read_record().histories
        fits = dict(FITS)
        for kind in kinds:
            try:
                with progress_bar() as progress:
                    fits[kind] = fit(
                        histories[kind],
                        FITS[kind].config,
                        since=asked["since"] or SINCE[kind],
                        until=asked["until"],
                        half_life=asked["half_life"],
                        n_evaluations=asked["evaluations"],
                        progress=progress,
                    )
            except ValueError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{kind}: {_told(fits[kind])}")
            self.stdout.write(f"  before: {_told(FITS[kind])}")
        if not asked["dry_run"]:
            write_fits(fits, asked["output"])
            self.stdout.write(
                f"Written to {asked['output']}. Restart the site, whose workers know"
                " the old ones, then run: manage.py rate"
            )


def _told(fit: Fit) -> str:
    return (
        f"winners {fit.win_loss:.4f}, pairs {fit.pair_loss:.4f} on {fit.n_races} races"
        f" of {fit.since} to {fit.until}"
    )
