"""Identity of teams: the class that carries a team's colour in ``site.css``."""

COLOURED_TEAMS = frozenset(
    {
        "alfa-romeo",
        "alphatauri",
        "alpine",
        "aston-martin",
        "caterham",
        "ferrari",
        "force-india",
        "haas",
        "hrt",
        "kick-sauber",
        "lotus-f1",
        "lotus-racing",
        "manor",
        "marussia",
        "mclaren",
        "mercedes",
        "racing-bulls",
        "racing-point",
        "rb",
        "red-bull",
        "renault",
        "sauber",
        "toro-rosso",
        "virgin",
        "williams",
    }
)


def team_class(slug: str | None) -> str:
    """CSS class of a team's colour; teams without one take the base grey."""
    return f"team-{slug}" if slug in COLOURED_TEAMS else "team-other"
