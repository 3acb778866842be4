"""Figures that a command writes into a page of the docs, between two markers."""

from pathlib import Path


def write_between(document: Path, name: str, text: str) -> None:
    """Put a text, ending with a line break, between the markers of a name.

    Raises
    ------
    ValueError : the document has no such markers
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, found, rest = document.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{document} has no lines {begin.strip()} and {end.strip()}")
    document.write_text(before + begin + text + end + after)
