"""Which hosts requests may go to whose address somebody else has chosen: public ones.

A private one would let that somebody ask, through this machine, what only this machine reaches.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# RFC 4291 section 2.4: global unicast; all the others have a meaning of their own.
_UNICAST = IPv6Network("2000::/3")
# Of it: Teredo, ORCHID and the like (RFC 2928), 6to4 (RFC 3056), documentation (RFC 3849, 9637).
_APART = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# RFC 6052: an IPv4 address in its last 32 bits, the only way to IPv4 from some networks.
_TRANSLATED = IPv6Network("64:ff9b::/96")
# Protocol assignments (RFC 6890), and relays of 6to4 (RFC 7526).
_APART_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


def is_public(address: str) -> bool:
    """Return whether an IP address is that of a host on the public Internet."""
    found = parsed(address)
    if isinstance(found, IPv4Address):
        return _is_public_4(found)
    if found is None:
        return False
    if found in _TRANSLATED:
        return _is_public_4(IPv4Address(int(found) & 0xFFFF_FFFF))
    return found in _UNICAST and not any(found in network for network in _APART)


def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, without the interface that may be named in it; None if it is none."""
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return None


def _is_public_4(address: IPv4Address) -> bool:
    is_apart = address.is_multicast or any(address in network for network in _APART_4)
    return address.is_global and not is_apart


class AllowedHosts:
    """Hosts that need not be public: some names, and whatever is in some networks."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Take names, addresses and networks."""
        names = set()
        networks: list[IPv4Network | IPv6Network] = []
        for each in allowed:
            try:
                networks.append(ip_network(each))
            except ValueError:
                names.add(each.lower())
        self._names, self._networks = frozenset(names), tuple(networks)

    def has_name(self, name: str) -> bool:
        """Return whether a name is allowed, whatever its addresses are."""
        return name.lower().rstrip(".") in self._names

    def has(self, address: str) -> bool:
        """Return whether a request may go to an IP address: it is public, or allowed."""
        if is_public(address):
            return True
        found = parsed(address)
        return found is not None and any(found in network for network in self._networks)
