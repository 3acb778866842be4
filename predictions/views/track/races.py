"""The track record race by race: the chance of each winner, and the misses."""

from collections.abc import Mapping, Sequence
from math import exp
from statistics import fmean

from ingestion.models import Driver, Entry, Race, Team
from predictions.charts import words
from predictions.charts.series import moving_mean
from predictions.charts.winners import Dot, Mean
from predictions.views import parts
from predictions.views.presenters.entrants import SeasonScores
from predictions.views.presenters.record import Miss
from predictions.views.track.labels import label_of
from predictions.views.track.read import Score, Shown

N_MISSES = 10
#: Races of the moving mean, and how many it begins with.
MEAN_OF, MEAN_FROM = 20, 10


def dots(shown: Shown, drivers: Mapping[str, Driver]) -> list[Dot]:
    """A dot for each race whose chances are kept."""
    return [_dot(race, shown, drivers) for race in shown.races if race.pk in shown.told]


def _dot(race: Race, shown: Shown, drivers: Mapping[str, Driver]) -> Dot:
    told, score = shown.told[race.pk], shown.ours[race.pk]
    slug = told.drivers[told.winner]
    driver = drivers.get(slug)
    chance = exp(-score.log_loss)
    lines = [
        parts.race_label(race).replace(" Grand Prix", ""),
        f"{driver.name if driver else slug} {words.percent(chance, _digits(chance))},"
        f" our no. {told.winner_rank}",
    ]
    theirs = shown.lines.get(shown.best, {}).get(race.pk) if shown.best else None
    if theirs:
        other = exp(-theirs.log_loss)
        lines.append(f"{label_of(shown.best)} {words.percent(other, _digits(other))}")
    return Dot(
        chance=chance,
        rank=told.winner_rank,
        season=race.season_id,
        name=driver.last_name if driver else slug,
        reading="\n".join(lines),
        url=parts.race_url(race, shown.asked.kind),
    )


def _digits(chance: float) -> int:
    return 0 if chance >= 0.1 else 1


def means(shown: Shown) -> list[Mean]:
    """Moving means of our chances and of the best baseline's."""
    keys = [race.pk for race in shown.races if race.pk in shown.told]
    lines = [Mean("ours", _means(shown.ours, keys), is_ours=True)]
    if shown.best:
        theirs = shown.lines[shown.best]
        lines.append(Mean(label_of(shown.best), _means(theirs, keys)))
    return lines


def _means(scores: Mapping[int, Score], keys: Sequence[int]) -> list[float | None]:
    """Geometric, so that they say what the log loss says; a race without is skipped."""
    known = [n for n, key in enumerate(keys) if key in scores]
    losses = moving_mean([scores[keys[n]].log_loss for n in known], MEAN_OF)
    values: list[float | None] = [None] * len(keys)
    for i, (n, loss) in enumerate(zip(known, losses, strict=True)):
        values[n] = exp(-loss) if i >= MEAN_FROM - 1 else None
    return values


def misses(shown: Shown, drivers: Mapping[str, Driver]) -> list[Miss]:
    """Winners who were not our favourite, the smallest chance first."""
    missed = [
        race
        for race in shown.races
        if race.pk in shown.told and not shown.ours[race.pk].winner_hit
    ]
    missed.sort(key=lambda race: -shown.ours[race.pk].log_loss)
    worst = missed[:N_MISSES]
    entries = Entry.objects.filter(race__in=worst).select_related("team")
    teams = {(entry.race_id, entry.driver_id): entry.team for entry in entries}
    return [_miss(race, shown, drivers, teams) for race in worst]


def _miss(
    race: Race,
    shown: Shown,
    drivers: Mapping[str, Driver],
    teams: Mapping[tuple[int, int], Team],
) -> Miss:
    told, score = shown.told[race.pk], shown.ours[race.pk]
    theirs = shown.lines.get(shown.best, {}).get(race.pk) if shown.best else None
    winner, favourite = (
        drivers.get(slug) or Driver(slug=slug, name=slug)
        for slug in (told.drivers[told.winner], told.drivers[told.order[0]])
    )
    chance = float(told.win[told.order[0]])
    return Miss(
        label=parts.race_label(race),
        url=parts.race_url(race, shown.asked.kind),
        winner=parts.named_driver(winner, teams.get((race.pk, winner.pk))),
        our_rank=told.winner_rank,
        p_win=exp(-score.log_loss),
        baseline=exp(-theirs.log_loss) if theirs else None,
        log_loss=score.log_loss,
        favourite=parts.named_driver(favourite, None, chance),
    )


def seasons(shown: Shown) -> list[SeasonScores]:
    """Our scores of each season beside the best baseline, on the same races."""
    if not shown.best:
        return []
    theirs = shown.lines[shown.best]
    by_year: dict[int, list[tuple[Score, Score]]] = {}
    for race in shown.races:
        if race.pk in theirs:
            pair = shown.ours[race.pk], theirs[race.pk]
            by_year.setdefault(race.season_id, []).append(pair)
    return [
        SeasonScores(
            year=year,
            n=len(pairs),
            log_loss=fmean(own.log_loss for own, _ in pairs),
            baseline_log_loss=fmean(other.log_loss for _, other in pairs),
            winner_hit=fmean(own.winner_hit for own, _ in pairs),
            top_three=fmean(own.winner_in_top3 for own, _ in pairs),
        )
        for year, pairs in sorted(by_year.items(), reverse=True)
    ]
