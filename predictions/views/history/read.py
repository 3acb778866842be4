"""From the address of the history page to everything that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.charts.series import moving_mean
from predictions.views.history.asked import Asked, with_names
from predictions.views.ratings import N_LINES
from ratings import careers
from ratings.careers import Career, Rated

#: Grey lines are of careers at least that long, and named ones by peak are of at
#: least so many races in the time shown.
LONG_CAREER, LEAST_RACES = 60, 5
MEAN_OF = 5


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Everything the chart, its table and its files are made of.

    ``named`` holds each line of the asked names over the whole record, ``context``
    the grey ones within the time shown.
    """

    asked: Asked
    careers: Sequence[Career]
    named: dict[str, list[Rated]]
    means: dict[str, list[float]]
    context: dict[str, list[Rated]]
    teams: dict[str, str]

    @property
    def by_key(self) -> dict[str, Career]:
        return {career.key: career for career in self.careers}

    def is_within(self, rated: Rated) -> bool:
        return self.asked.start <= rated.season <= self.asked.end

    def drawn(self, key: str) -> list[tuple[Rated, float]]:
        """Ratings of a named line within the time shown, and what is drawn of each:
        a mean, or in a few seasons the rating itself."""
        pairs = zip(self.named[key], self.means[key], strict=True)
        return [
            (rated, rated.rating if self.asked.is_short else mean)
            for rated, mean in pairs
            if self.is_within(rated)
        ]


def read(asked: Asked) -> Shown:
    """From the address to all figures, in eight queries at most."""
    of, kind = asked.kind, asked.session
    everybody = careers.careers(of, kind, asked.start, asked.end)
    chains = careers.chains(kind) if of == careers.TEAM else {}
    ends = careers.season_ends(of, kind, asked.start, asked.end)
    asked = with_names(asked, everybody, _best(asked, everybody, ends), chains)
    keys = _keys(asked, everybody, ends)
    races = careers.race_by_race(of, kind, asked.first, asked.last, keys)
    named = {key: [rated for rated in races if rated.key == key] for key in keys}
    long = {c.key for c in everybody if c.n >= LONG_CAREER and c.n_within} - set(keys)
    if asked.is_short:
        ends = careers.race_by_race(of, kind, asked.start, asked.end, long)
    context: dict[str, list[Rated]] = {key: [] for key in sorted(long)}
    for rated in ends:
        if rated.key in long:
            context[rated.key].append(rated)
    last = {
        key: within[-1].race_id
        for key, line in named.items()
        if (within := [rated for rated in line if rated.season <= asked.end])
    }
    return Shown(
        asked=asked,
        careers=everybody,
        named=named,
        means={
            key: moving_mean([rated.rating for rated in line], MEAN_OF)
            for key, line in named.items()
        },
        context=context,
        teams=careers.teams_at(of, kind, last),
    )


def _best(
    asked: Asked, everybody: Sequence[Career], ends: Sequence[Rated]
) -> list[str]:
    """Today's best where the time shown reaches today, else the highest peaks."""
    if asked.end == asked.last:
        now = [rated for rated in ends if rated.season == asked.last]
        now.sort(key=lambda rated: (-rated.rating, rated.key))
        return [rated.key for rated in now[:N_LINES]]
    settled = [c for c in everybody if c.peak and c.n_within >= LEAST_RACES]
    settled.sort(key=lambda career: (-(career.peak or 0), career.key))
    return [career.key for career in settled[:N_LINES]]


def _keys(
    asked: Asked, everybody: Sequence[Career], ends: Sequence[Rated]
) -> list[str]:
    return list(_best(asked, everybody, ends) if asked.names is None else asked.names)
