"""A polite client: what is asked of a source, when, and how often.

Every request stands in the ledger (``SourceRequest``) before it is sent, so that all
processes share one pace and one budget. Answers are kept word for word.
"""

import hashlib
import time
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import httpx
import stamina
from django.conf import settings
from django.db.models import Q, QuerySet

from f1site.base import jobs
from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import RawPayload, SourceRequest
from ingestion.services.wire import CutError, Reply, UnreadableError, send

HOUR = timedelta(hours=1)
#: No refusal is believed for longer than a day, whatever a header says; without a
#: header it is asked again within the hour.
LONGEST_REST, LONGEST_WAIT = timedelta(days=1), HOUR
MOST_REDIRECTS = 3
OK, THROTTLED, SERVER_ERROR = 200, 429, 500
REDIRECTS = {301, 302, 303, 307, 308}

Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source wants to be asked."""

    source: str
    base_url: str
    per_second: float = 2
    per_hour: int = 200
    #: After a refusal without a date; doubled with each one in a row.
    first_wait_s: float = 60
    attempts: int = 3
    #: Longer waits are the caller's business: it is told when to come back.
    patience_s: float = 150
    #: For a connection or the next bytes, and for a whole answer.
    timeout_s: float = 20
    deadline_s: float = 60
    #: One request per address in this time.
    fresh_for: timedelta = HOUR
    most_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said, now or when it was last asked."""

    address: str
    content: bytes
    sha256: str
    fetched_at: datetime
    is_stored: bool


class RefusedError(SourceUnavailableError):
    """The source did not answer; it may be asked again from ``retry_at`` on."""

    def __init__(self, message: str, retry_at: datetime) -> None:
        self.retry_at = retry_at
        super().__init__(f"{message}. It is asked again from {_time(retry_at)} on")


def agent() -> str:
    """Who asks. Header lines are ASCII, names need not be."""
    name = unicodedata.normalize("NFKD", settings.APP_NAME)
    plain = name.encode("ascii", "ignore").decode()
    return f"f1site/{settings.VERSION} ({plain}; Formula One record and forecasts)"


def fetch(
    manners: Manners,
    path: str,
    params: Params | None = None,
    *,
    replay: bool = False,
    fresh_for: timedelta | None = None,
    since: datetime | None = None,
    secrets: Params | None = None,
) -> Answer:
    """The answer of an address: a fresh one that is kept, or that of the source.

    ``replay`` never asks: the newest that is kept, however old. What was said after
    ``since`` is fresh, and nothing else. ``secrets`` are sent with the query and appear
    nowhere else.
    """
    address = f"{path}?{urlencode(sorted(params.items()))}" if params else path
    if replay:
        return _replayed(manners, address)
    since = since or _now() - (manners.fresh_for if fresh_for is None else fresh_for)
    # A second process that wants the same waits here, and finds the answer of the
    # first. The lock goes with the connection of a process that is killed.
    with jobs.alone(f"address {manners.source} {address}"):
        known = _fresh(manners, address, since)
        return known or _asked(manners, address, secrets or {})


def reject(answers: list[Answer], manners: Manners, reason: str) -> None:
    """Note that answers make no sense: they are neither fresh nor replayed."""
    SourceRequest.objects.filter(
        source=manners.source,
        address__in=[answer.address for answer in answers],
        answered_at__in=[answer.fetched_at for answer in answers],
    ).update(error=reason[:300])


# --- what is kept ---------------------------------------------------------------
def _replayed(manners: Manners, address: str) -> Answer:
    ledger = _ledger(manners).filter(address=address, payload__isnull=False, error="")
    row = ledger.select_related("payload").order_by("-answered_at").first()
    if row is None:
        raise SourceUnavailableError(
            f"Nothing is kept of {manners.source} {address}: it cannot be replayed."
            " Import it once with network"
        )
    return _kept(row)


def _fresh(manners: Manners, address: str, since: datetime) -> Answer | None:
    """The last answer while it is fresh; one that made no sense is not asked again
    for a while."""
    answered = _ledger(manners).filter(
        ~Q(error="") | Q(payload__isnull=False),
        address=address,
        answered_at__gt=since,
        retry_at=None,
    )
    row = answered.select_related("payload").order_by("-answered_at").first()
    if row is None or row.answered_at is None:
        return None
    if not row.error:
        return _kept(row)
    again = row.answered_at + manners.fresh_for
    if again <= _now():
        return None
    raise SourceFormatError(
        f"{manners.source} {address} made no sense when it was last asked;"
        f" it is asked again from {_time(again)} on",
        [row.error],
    )


def _kept(row: SourceRequest) -> Answer:
    assert row.payload and row.answered_at  # noqa: S101 - asked for by the callers
    content = zlib.decompress(bytes(row.payload.content))
    return Answer(row.address, content, row.payload.sha256, row.answered_at, True)


# --- asking ---------------------------------------------------------------------
def _asked(manners: Manners, address: str, secrets: Params) -> Answer:
    def wait(error: Exception) -> bool | float:
        if not isinstance(error, RefusedError):
            return False
        seconds = (error.retry_at - _now()).total_seconds()
        return max(seconds, 0.0) if seconds <= manners.patience_s else False

    for attempt in stamina.retry_context(
        on=wait, attempts=manners.attempts, timeout=None
    ):
        with attempt:
            return _ask(manners, address, secrets)
    raise AssertionError("stamina answers or raises")  # pragma: no cover


def _ask(manners: Manners, address: str, secrets: Params) -> Answer:
    """One attempt, redirects within the house included: each of them is a request."""
    url = httpx.URL(manners.base_url).join(address)
    for _ in range(MOST_REDIRECTS + 1):
        row = _take_turn(manners, address)
        reply = _sent(manners, row, url.copy_merge_params(dict(secrets)), secrets)
        if reply.status not in REDIRECTS or not reply.location:
            return _answer(manners, row, reply)
        url, old = url.join(reply.location), url
        if (url.scheme, url.host, url.port) != (old.scheme, old.host, old.port):
            raise _wrong(row, f"sends us to another host, {url.host}")
        _note(row, status=reply.status)
    raise _wrong(row, f"sends us on more than {MOST_REDIRECTS} times")


def _sent(
    manners: Manners, row: SourceRequest, url: httpx.URL, secrets: Params
) -> Reply:
    """What came back on the wire, without the secrets that went out."""
    try:
        reply = send(
            url,
            agent=agent(),
            timeout_s=manners.timeout_s,
            deadline_s=manners.deadline_s,
            most_bytes=manners.most_bytes,
        )
    except UnreadableError as error:
        raise _wrong(row, str(error)) from None
    except CutError as error:
        raise _refused(manners, row, _hidden(str(error), secrets)) from None
    return reply.without([str(value) for value in secrets.values()])


def _hidden(text: str, secrets: Params) -> str:
    for value in secrets.values():
        text = text.replace(str(value), "***")
    return text


def _answer(manners: Manners, row: SourceRequest, reply: Reply) -> Answer:
    if reply.status == THROTTLED or reply.status >= SERVER_ERROR:
        row.status = reply.status
        raise _refused(manners, row, reply.detail, reply.retry_after)
    if reply.status != OK:
        row.status = reply.status
        raise _wrong(row, f"answers {reply.status}: {reply.detail}")
    sha256 = hashlib.sha256(reply.content).hexdigest()
    payload, _ = RawPayload.objects.get_or_create(
        sha256=sha256,
        defaults={
            "content": zlib.compress(reply.content),
            "n_bytes": len(reply.content),
            "kept_at": _now(),
        },
    )
    answered_at = _note(row, status=reply.status, payload=payload)
    return Answer(row.address, reply.content, sha256, answered_at, False)


def _refused(
    manners: Manners, row: SourceRequest, why: str, retry_after: str = ""
) -> RefusedError:
    """Note a refusal, and from when on the source may be asked again."""
    now = _now()
    rest = _rest(retry_after, now)
    if rest is None:
        doubled = 2 ** min(_refusals_before(manners, row), 12)
        rest = min(timedelta(seconds=manners.first_wait_s * doubled), LONGEST_WAIT)
    said = " ".join(str(part) for part in (row.status, why) if part)
    _note(row, error=said[:300], at=now, retry_at=now + rest)
    return RefusedError(
        f"{row.source} does not answer {row.address} ({said})", now + rest
    )


def _wrong(row: SourceRequest, why: str) -> SourceFormatError:
    _note(row, error=why[:300])
    return SourceFormatError(f"{row.source} {row.address} {why}")


def _rest(retry_after: str, now: datetime) -> timedelta | None:
    """How long the source wants to rest: a number of seconds, or a date."""
    try:
        if retry_after.strip().isdigit():
            seconds = float(retry_after)
        else:
            until = parsedate_to_datetime(retry_after)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = (until - now).total_seconds()
    except (ValueError, TypeError, IndexError):
        return None
    return timedelta(seconds=min(max(seconds, 0), LONGEST_REST.total_seconds()))


def _refusals_before(manners: Manners, row: SourceRequest) -> int:
    """Refusals in a row before this one; answers end a row of them."""
    answered = _ledger(manners).exclude(answered_at=None).exclude(pk=row.pk)
    last_good = answered.filter(retry_at=None).order_by("-answered_at").first()
    since = last_good.answered_at if last_good else None
    refused = answered.exclude(retry_at=None)
    return (refused.filter(answered_at__gt=since) if since else refused).count()


# --- the ledger -----------------------------------------------------------------
def _take_turn(manners: Manners, address: str) -> SourceRequest:
    """Note the request at the next moment that pace, budget and rests allow; wait.

    Who meets a refusal of another on waking gives the turn back, and takes a new one.
    """
    give_up_at = _now() + timedelta(seconds=manners.patience_s)
    while True:
        row = _reserved(manners, address, give_up_at)
        time.sleep(max((row.sent_at - _now()).total_seconds(), 0))
        with jobs.exclusive(_turns(manners)):
            if not _ledger(manners).filter(retry_at__gt=_now()).exists():
                return row
            row.delete()


def _reserved(manners: Manners, address: str, give_up_at: datetime) -> SourceRequest:
    with jobs.exclusive(_turns(manners)):
        now = _now()
        turn, why = _next_turn(manners, now)
        if turn > max(now, give_up_at):
            raise SourceUnavailableError(
                f"{manners.source} {why}; it is asked again from {_time(turn)} on"
            )
        return SourceRequest.objects.create(
            source=manners.source, address=address, sent_at=turn
        )


def _turns(manners: Manners) -> str:
    return f"requests-{manners.source}"


def _next_turn(manners: Manners, now: datetime) -> tuple[datetime, str]:
    ledger = _ledger(manners).order_by("-sent_at")
    reasons = [(now, "is free")]
    if last := ledger.first():
        pace = timedelta(seconds=1 / manners.per_second)
        reasons.append((last.sent_at + pace, "is asked by others"))
    if in_budget := ledger[manners.per_hour - 1 : manners.per_hour].first():
        budget = f"was asked {manners.per_hour} times in an hour"
        reasons.append((in_budget.sent_at + HOUR, budget))
    if resting := ledger.filter(retry_at__gt=now).order_by("-retry_at").first():
        reasons.append((resting.retry_at or now, f"rests ({resting.error})"))
    return max(reasons)


def _note(
    row: SourceRequest,
    *,
    status: int | None = None,
    error: str = "",
    at: datetime | None = None,
    retry_at: datetime | None = None,
    payload: RawPayload | None = None,
) -> datetime:
    row.answered_at = answered_at = at or _now()
    row.status = status or row.status
    row.error, row.retry_at, row.payload = error, retry_at, payload
    row.save()
    return answered_at


def _ledger(manners: Manners) -> QuerySet[SourceRequest]:
    return SourceRequest.objects.filter(source=manners.source)


def _now() -> datetime:
    """Real time: F1_NOW stops the site's clock, not the patience of a source."""
    return datetime.now(UTC)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
