"""The parts of a race's address."""


class Year:
    """Four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Round:
    """A round, or the Grand Prix of a race that lost its round."""

    regex = "[1-9][0-9]?|[0-9]*[a-z][a-z0-9-]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: int | str) -> str:
        return str(value)
