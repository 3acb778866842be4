"""Each web process counts what it answered and adds it to a row in the database.

No request waits for that: a thread writes once a minute. What was counted while the
database was away is written when it is back, to the stretch it belongs to.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from f1site.monitoring.direct import look

View = Callable[[HttpRequest], HttpResponse]
Slot = datetime

SLOT: Final = timedelta(minutes=5)
WRITE_EVERY_S: Final = 60.0
#: Nobody waits for a sample to be written.
PATIENCE_S: Final = 20.0
KEEP: Final = timedelta(days=32)
FAST_S: Final = 0.5
#: Asked by machines about us; they would water down what readers are answered.
NOT_COUNTED: Final = ("/health", "/metrics")
#: What a process remembers of a database that is away: a day.
MOST_SLOTS: Final = timedelta(days=1) // SLOT

ADD: LiteralString = """
INSERT INTO f1site_servicesample AS known
    (slot, n_requests, n_failed, n_api, n_api_fast)
VALUES (%(slot)s, %(requests)s, %(failed)s, %(api)s, %(fast)s)
ON CONFLICT (slot) DO UPDATE SET
    n_requests = known.n_requests + EXCLUDED.n_requests,
    n_failed = known.n_failed + EXCLUDED.n_failed,
    n_api = known.n_api + EXCLUDED.n_api,
    n_api_fast = known.n_api_fast + EXCLUDED.n_api_fast
"""
FORGET: LiteralString = "DELETE FROM f1site_servicesample WHERE slot < %(before)s"

_lock = threading.Lock()
_counted: dict[Slot, Counter[str]] = {}
_told_to_stop = threading.Event()


def slot_now() -> Slot:
    """The stretch of time that it is, by the real clock: F1_NOW stops none of ours."""
    seconds = int(SLOT.total_seconds())
    return datetime.fromtimestamp(time.time() // seconds * seconds, UTC)


def count_requests(get_response: View) -> View:
    """Count each answer, and each failure to answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        if not request.path_info.startswith(NOT_COUNTED):
            _count(request, response.status_code, time.perf_counter() - started)
        return response

    return answer


def _count(request: HttpRequest, status: int, seconds: float) -> None:
    is_api = request.path_info.startswith("/api/")
    with _lock:
        counts = _counts_of(slot_now())
        counts["requests"] += 1
        counts["failed"] += status >= 500
        counts["api"] += is_api
        counts["fast"] += is_api and seconds < FAST_S


def _counts_of(slot: Slot) -> Counter[str]:
    if slot not in _counted and len(_counted) >= MOST_SLOTS:
        del _counted[min(_counted)]
    return _counted.setdefault(slot, Counter())


def write() -> bool:
    """Add what was counted since the last time, and say that we are at work."""
    with _lock:
        _counts_of(slot_now())
        taken = dict(_counted)
        _counted.clear()
    if look(lambda direct: _add(direct, taken), patience_s=PATIENCE_S):
        return True
    with _lock:
        for slot, counts in taken.items():
            _counts_of(slot).update(counts)
    return False


def _add(direct: Any, taken: dict[Slot, Counter[str]]) -> bool:
    with direct.transaction():
        for slot, counts in sorted(taken.items()):
            named = {name: counts[name] for name in ("requests", "failed", "api")}
            direct.execute(ADD, {"slot": slot, "fast": counts["fast"], **named})
        direct.execute(FORGET, {"before": slot_now() - KEEP})
    return True


# --- in a web process ---------------------------------------------------------
def keep_writing() -> None:
    """Write from a thread for as long as the process lives."""
    if settings.ENABLE_METRICS:
        threading.Thread(target=_run, name="service samples", daemon=True).start()


def _run() -> None:
    while not _told_to_stop.wait(WRITE_EVERY_S):
        write()


def stop_writing() -> None:
    """Write what is left; the process ends."""
    _told_to_stop.set()
    write()
