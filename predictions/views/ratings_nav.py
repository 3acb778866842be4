"""The pages about ratings, in the order of their sub-navigation."""

from django.urls import NoReverseMatch, reverse

from predictions.views.presenters.frame import Choice

#: Label and name of the address; a page that does not exist is not listed.
PAGES = (
    ("Now", "ratings"),
    ("History", "ratings-history"),
    ("All time", "ratings-all-time"),
    ("Compare", "ratings-compare"),
    ("Duels", "ratings-duels"),
    ("Chain", "ratings-chain"),
    ("Surprises", "ratings-surprises"),
)


def pages(active: str) -> list[Choice]:
    """All that exist; ``active`` is the name of the page being shown."""
    return [
        Choice(label=label, url=url, is_active=name == active)
        for label, name in PAGES
        if (url := _url(name))
    ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
