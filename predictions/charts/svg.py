"""Markup helpers of the charts: one element, one number, one percentage."""

from html import escape

Attribute = str | int | float | None


def tag(name: str, body: str = "", /, **attributes: Attribute) -> str:
    """One element; ``class_`` becomes ``class``, ``stroke_width`` ``stroke-width``.

    Parameters
    ----------
    name : element name
    body : markup between the tags, already escaped
    attributes : values are escaped; None leaves the attribute out

    Returns
    -------
    markup, self-closing where the body is empty and the element is a mark
    """
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not body and name in MARKS:
        return f"<{name}{words}/>"
    return f"<{name}{words}>{body}</{name}>"


MARKS = frozenset({"circle", "line", "path", "rect"})


def title(text: str) -> str:
    """The reading of a mark: shown on hover, read aloud, copied by the tooltip."""
    return f"<title>{escape(text)}</title>"


def number(value: float, digits: int = 2) -> str:
    """A coordinate without trailing zeros."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def percent(share: float) -> str:
    """A share of the drawing as a coordinate: 0.3401 is ``34.01%``."""
    return f"{number(100 * share)}%"


def _text(value: str | int | float) -> str:
    return number(value) if isinstance(value, float) else str(value)
