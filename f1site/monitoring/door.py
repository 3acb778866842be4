"""Who may read the metrics.

In production nobody but whom the settings name: a bearer of ``METRICS_TOKEN``, an
address in ``METRICS_FROM`` (loopback unless told, nobody once there is a token), or
staff. An address is believed only of who connects straight: behind a proxy everybody
has the address of the proxy, so one that forwards is no reader, whatever it forwards.
"""

import hmac
from ipaddress import ip_address

from django.conf import settings

BEARER = "Bearer "


def may_read(*, address: str, authorization: str, is_forwarded: bool) -> bool:
    """Whether a caller without a session may see the figures."""
    if not settings.PRODUCTION and not settings.METRICS_TOKEN:
        return True
    return _has_token(authorization) or (not is_forwarded and _is_named(address))


def _has_token(authorization: str) -> bool:
    token: str = settings.METRICS_TOKEN
    if not token or not authorization.startswith(BEARER):
        return False
    told = authorization.removeprefix(BEARER).strip()
    return hmac.compare_digest(told.encode(), token.encode())


def _is_named(address: str) -> bool:
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    known = getattr(known, "ipv4_mapped", None) or known
    return any(known in network for network in settings.METRICS_FROM)
