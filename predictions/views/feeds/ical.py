"""Events as iCalendar text (RFC 5545): the few properties that sessions need."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

#: Octets of a line, its end not counted.
LINE = 75
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
TEXT = str.maketrans(
    {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None, "\0": None}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something with a beginning and an end: both moments, or both days.

    ``status`` is CONFIRMED, TENTATIVE or CANCELLED; the end itself is not part of it.
    """

    uid: str
    title: str
    start: datetime | date
    end: datetime | date
    changed_at: datetime
    status: str = "CONFIRMED"
    place: str = ""
    text: str = ""
    url: str = ""


def calendar_text(name: str, events: Iterable[Event]) -> str:
    """A whole calendar; readers' programs ask again every six hours."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Formula One forecasts//Sessions//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        f"NAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: Event) -> Iterator[str]:
    changed = _moment(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    # Rises with each change, as the number of an edit would.
    yield f"SEQUENCE:{max(0, int((event.changed_at - EPOCH).total_seconds()))}"
    yield f"DTSTART{_when(event.start)}"
    yield f"DTEND{_when(event.end)}"
    yield f"SUMMARY:{_text(event.title)}"
    yield f"STATUS:{event.status}"
    if event.place:
        yield f"LOCATION:{_text(event.place)}"
    if event.text:
        yield f"DESCRIPTION:{_text(event.text)}"
    if event.url:
        yield f"URL:{event.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _when(at: datetime | date) -> str:
    if isinstance(at, datetime):
        return f":{_moment(at)}"
    return f";VALUE=DATE:{at:%Y%m%d}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    return text.translate(TEXT)


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most 75 octets, no character cut; all but the first begin blank."""
    piece, room = "", LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", LINE - 1
        piece += character
        room -= size
    yield piece
