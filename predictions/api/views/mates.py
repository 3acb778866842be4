"""Duels of team-mates, chains of them, and surprises."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ingestion.models import Driver, Team
from predictions.api import schema
from predictions.api.errors import NoChain
from predictions.api.examples import mates as examples
from predictions.api.serializers import mates as serializers
from predictions.api.views.base import Listing, Readable
from ratings import duels, links, surprises
from ratings.links import Chain
from ratings.meetings import Exclude, Tally
from ratings.models import RatingChange
from ratings.surprises import Surprise

BAD_DRIVER = schema.error("driver: The record holds no driver niki-prost.", "invalid")


@schema.described(
    "ratings",
    "Duels of team-mates",
    examples.DUELS,
    answer=serializers.DuelsOut,
    text="A driver against one team-mate, or against all: sessions won and lost by"
    " season and team, what was left out, and why.",
    errors={400: BAD_DRIVER},
    parameters=[serializers.DuelsQuery],
)
class RatingDuels(Readable):
    """A driver against his team-mates, qualifying and race apart."""

    def get(self, request: Request) -> Response:
        asked = serializers.DuelsQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(serializers.DuelsOut(_duels(**asked.validated_data)).data)


def _duels(driver: Driver, exclude: str, mate: Driver | None = None) -> dict[str, Any]:
    meetings = duels.meetings_of(
        driver.pk, mate_id=mate.pk if mate else None, exclude=Exclude(exclude)
    )
    found, total = duels.by_season(meetings), duels.total(meetings)
    mates = _slugs(Driver, {duel.mate_id for duel in found})
    teams = _slugs(Team, {duel.team_id for duel in found})
    return {
        "driver": driver.slug,
        "mate": mate.slug if mate else None,
        "exclude": exclude,
        "qualifying": total.qualifying if total else Tally(),
        "race": total.race if total else Tally(),
        "seasons": [
            {
                "season": max(duel.years),
                "team": teams[duel.team_id],
                "mate": mates[duel.mate_id],
                "qualifying": duel.qualifying,
                "race": duel.race,
            }
            for duel in found
        ],
    }


@schema.described(
    "ratings",
    "A chain of team-mates",
    examples.CHAIN,
    answer=serializers.ChainOut,
    text="The chain of team-mates between two drivers with the least variance in all,"
    " what each link says, and their sum with its error.",
    errors={400: BAD_DRIVER, 404: schema.NO_CHAIN},
    parameters=[serializers.ChainQuery],
)
class RatingChain(Readable):
    """The surest chain of team-mates that links two drivers."""

    def get(self, request: Request) -> Response:
        asked = serializers.ChainQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        start, goal = (asked.validated_data[key] for key in ("from", "to"))
        chain = links.chain_between(start.pk, goal.pk)
        if chain is None:
            raise NoChain(f"No chain of team-mates leads from {start} to {goal}.")
        return Response(serializers.ChainOut(_chain(start, goal, chain)).data)


def _chain(start: Driver, goal: Driver, chain: Chain) -> dict[str, Any]:
    ends = {key for link in chain.links for key in (link.driver_id, link.mate_id)}
    drivers = _slugs(Driver, ends)
    teams = _slugs(Team, {key for link in chain.links for key in link.team_ids})
    return {
        "from": start.slug,
        "to": goal.slug,
        "links": [
            {
                "driver": drivers[link.driver_id],
                "mate": drivers[link.mate_id],
                "teams": [teams[key] for key in link.team_ids],
                "first_year": link.first_year,
                "last_year": link.last_year,
                "n_race": link.n_race,
                "n_qualifying": link.n_qualifying,
                "won": link.won,
                "lost": link.n - link.won,
                "difference": link.difference,
            }
            for link in chain.links
        ],
        "difference": chain.difference,
    }


@schema.a_list(
    "ratings",
    "Surprises",
    examples.SURPRISE,
    serializers.SurpriseOut,
    text="The chance that the ratings before each race gave to who won it, and what"
    " that result was worth in bits; the most surprising first.",
    parameters=[serializers.SurprisesQuery],
)
class RatingSurprises(Listing[RatingChange]):
    """Winners by how little the ratings expected them."""

    filter_backends = []
    serializer_class = serializers.SurpriseOut

    def get(self, request: Request) -> Response:
        asked = serializers.SurprisesQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        page = self.paginate_queryset(
            surprises.surprises(
                wanted["from"],
                wanted["to"],
                least_starters=wanted["least_starters"],
                n_places=wanted["places"],
            )
        )
        shown = self.get_serializer(_told(page or []), many=True)
        return self.get_paginated_response(shown.data)


def _told(some: list[Surprise]) -> list[dict[str, Any]]:
    results = surprises.results_in(some)
    slugs = {key: row.driver.slug for key, row in results.items()}
    return [
        {
            "race": results[each.race_id, each.winner_ids[0]].race,
            "winners": [slugs[each.race_id, key] for key in each.winner_ids],
            "favourite": slugs.get((each.race_id, each.favourite_id)),
            **{
                name: getattr(each, name)
                for name in (
                    "position",
                    "chance",
                    "bits",
                    "even_bits",
                    "rank",
                    "n_rated",
                    "favourite_chance",
                    "is_newcomer",
                    "is_new_team",
                )
            },
        }
        for each in some
    ]


def _slugs(model: type[Driver | Team], keys: set[int]) -> dict[int, str]:
    """Key to slug. One query."""
    rows = model.objects.filter(pk__in=keys)
    return dict(rows.values_list("pk", "slug"))
