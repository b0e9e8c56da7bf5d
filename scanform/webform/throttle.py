"""The only door to limits: guessing access codes is slow, and nobody can flood the form by one address or one code.

Counters live in the program's memory. Offices and schools share an address, so its limits are wide. Of IPv6 the network
counts (/64), which is what one customer gets: anybody there has billions of addresses to guess from.
"""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

UNKNOWN_PER_ADDRESS: Final = parse("30 per 10 minutes")
"""Codes that nobody was given: 4,320 guesses a day against at least 8 million codes."""

OPENED_PER_CODE: Final = parse("60 per hour")
BEGUN_PER_ADDRESS: Final = parse("200 per hour")
"""Questionnaires begun by the open link."""

SAVED_PER_DRAFT: Final = parse("120 per minute")
REQUESTS_PER_ADDRESS: Final = parse("6000 per minute")
"""200 people behind one address, each with a page or a saving every two seconds."""


NETWORK_BITS: Final = 64
"""The part of an IPv6 address that tells customers apart (RFC 6177)."""


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, also one written as IPv6, or an IPv6 network; anything else as it
    is.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS)))


class Throttle:
    """Counts for one application."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def takes(self, limit: RateLimitItem, *names: str) -> bool:
        """Count one more for these names; False when that is too many."""
        return self._limiter.hit(limit, *(_short(name) for name in names))

    def is_open(self, limit: RateLimitItem, *names: str) -> bool:
        """Whether one more would be taken; nothing is counted."""
        return self._limiter.test(limit, *(_short(name) for name in names))


def _short(name: str) -> str:
    """What stands for a name in memory: what strangers send has any length, and codes are secrets."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
