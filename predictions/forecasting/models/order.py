"""The order of those who came home, as one choice after the other.

Its scores tell places better than those of the winner alone; of the win they tell less.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from predictions.forecasting.features import WIDE, design_matrix
from predictions.forecasting.frame import FloatArray, Frame, IntArray, offsets_of
from predictions.forecasting.models.base import FIRST_SEASON, HALF_LIFE, recency
from predictions.forecasting.models.logit import LinearScores
from predictions.forecasting.regression import conditional_logit


class Choices(NamedTuple):
    """Who came next among those who were still to come.

    Attributes
    ----------
    rows : int array of shape (n_rows,), of the frame; a driver stands in several
    chosen : array of shape (n_rows,), 1 for who came next
    offsets : int array of shape (n_choices + 1,)
    race : int array of shape (n_choices,), place of its race in the frame
    """

    rows: IntArray
    chosen: FloatArray
    offsets: IntArray
    race: IntArray


def choices(frame: Frame, n_places: int) -> Choices:
    """The first places of each race, one after the other; who retired is left out.

    Source: Beggs, Cardell and Hausman (1981), Assessing the potential demand for
    electric cars.
    """
    home = np.flatnonzero(~frame.retired)
    race = np.repeat(np.arange(frame.n_races), np.diff(frame.offsets))[home]
    order = np.lexsort((frame.place[home], race))
    home, race = home[order], race[order]
    edges = offsets_of(race)
    rows, ids = [], []
    for start, end in pairwise(edges.tolist()):
        for first in range(start, min(start + n_places, end - 1)):
            rows.append(np.arange(first, end))
            ids.append(race[start])
    sizes = np.array([len(each) for each in rows], dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    chosen = np.zeros(offsets[-1])
    chosen[offsets[:-1]] = 1.0
    return Choices(home[np.concatenate(rows)], chosen, offsets, np.array(ids))


@dataclass(frozen=True)
class OrderLogit:
    """A logit of the first places, one after the other.

    Attributes
    ----------
    n_places : that are told
    penalty : ridge on coefficients of facts of unit spread
    """

    n_places: int = 10
    penalty: float = 1.0

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "n_places": self.n_places,
            "penalty": self.penalty,
            "first_season": FIRST_SEASON,
            "half_life": HALF_LIFE,
        }

    @property
    def key(self) -> str:
        return f"order {self.n_places} {self.penalty}"

    def learn(self, frame: Frame, stage: str) -> LinearScores:
        names = WIDE[stage]
        design = design_matrix(frame, stage, names)
        spread = design.std(axis=0) + 1e-9
        told = choices(frame, self.n_places)
        coefficients = conditional_logit(
            (design / spread)[told.rows],
            told.chosen,
            told.offsets,
            weights=recency(frame)[told.race],
            penalty=self.penalty,
        )
        return LinearScores(stage, names, coefficients / spread)
