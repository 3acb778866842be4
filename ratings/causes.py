"""Why somebody retired: the one reading of the reasons of the record."""

from enum import StrEnum

from ratings.history import Ending
from ratings.rows import ending_of

#: A retirement for one of these was no failure of the car.
NO_FAILURE = ("withdr", "physical", "unwell", "injur", "unfit", "retire", "raced by")


class Cause(StrEnum):
    ACCIDENT = "accident"
    MECHANICAL = "mechanical"
    OTHER = "other"
    UNKNOWN = "unknown"


def cause_of(status: str, reason: str) -> Cause:
    """What stopped somebody who retired.

    Parameters
    ----------
    status, reason : of the result, as the record has them
    """
    if ending_of(status, reason) == Ending.CRASHED:
        return Cause.ACCIDENT
    told = reason.lower()
    if not told:
        return Cause.UNKNOWN
    is_other = any(word in told for word in NO_FAILURE)
    return Cause.OTHER if is_other else Cause.MECHANICAL
