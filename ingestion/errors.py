"""What can go wrong with a source: away for now, or saying something wrong."""

from collections.abc import Sequence

MOST_SHOWN = 20


class SourceError(Exception):
    """A source could not be used; the record is as it was."""


class SourceUnavailableError(SourceError):
    """The source cannot be reached; trying again later may help."""


class SourceFormatError(SourceError):
    """The source says something that cannot be true; trying again is no use."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        self.message, self.problems = message, list(problems)
        super().__init__("\n".join([message, *self._shown()]))

    def _shown(self) -> list[str]:
        hidden = len(self.problems) - MOST_SHOWN
        more = [f"  … and {hidden} more"] if hidden > 0 else []
        return [f"  {problem}" for problem in self.problems[:MOST_SHOWN]] + more


class CorrectionError(Exception):
    """A correction that cannot be made, or undone; nothing was changed."""
