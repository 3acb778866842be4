"""Where a request came from, as far as it can be believed."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

#: Who asks through a socket of this machine has no address of his own.
LOCAL = "127.0.0.1"
#: What one household or server is given: it has every address in it.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The address whose requests are counted together; never empty.

    ``X-Forwarded-For`` is what the caller wrote, followed by what each proxy added.
    Only as many entries from its end as there are proxies of ours
    (``TRUSTED_PROXIES``) can be believed; without any it is ignored. Of IPv6 the
    first address of the network stands for all of it.
    """
    direct = _read(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.TRUSTED_PROXIES
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = _read(told[-proxies]) if 0 < proxies <= len(told) else None
    return _together(forwarded or direct)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port, in brackets or with a zone."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _together(address: IPv4Address | IPv6Address | None) -> str:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        network = IPv6Network((address, IPV6_PREFIX), strict=False)
        return str(network.network_address)
    return str(address) if address else LOCAL
