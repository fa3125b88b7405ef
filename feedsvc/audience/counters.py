"""Counting distinct readers in bounded memory, without keeping who they are.

A reader's address becomes 8 bytes by BLAKE2b under a key made for this run and never written, so
the same address cannot be recognized in another run, nor found by trying all addresses. The
distinct hashes are counted exactly up to a bound and estimated beyond: then only those with so
many zero bits at the end are kept, and each stands for so many powers of two (P. Flajolet, "On
adaptive sampling", Computing 43, 1990).
"""

import secrets
from collections.abc import Hashable, Iterable, Iterator
from hashlib import blake2b
from ipaddress import IPv6Address
from typing import Generic, TypeVar

# Hashes that are kept of one counter, and of all: about 100 bytes each.
MOST = 65_536
MOST_OF_ALL = 2_000_000
MOST_COUNTERS = 300_000


class Hasher:
    """Hashes addresses under a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __call__(self, address: bytes) -> int:
        """Return the hash of an address, as 64 bits.

        Of an IPv6 address only the network counts, as the rest changes daily (RFC 8981).
        """
        digest = blake2b(_network(address), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest)


def _network(address: bytes) -> bytes:
    if b":" not in address:
        return address
    try:
        parsed = IPv6Address(address.decode("ascii", "replace"))
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped).encode() if mapped else parsed.packed[:8]


class _Distinct:
    """Distinct hashes: all of them, or those whose last `zeros` bits are zero."""

    __slots__ = ("hashes", "zeros")

    def __init__(self) -> None:
        self.hashes: set[int] = set()
        self.zeros = 0

    def keep_fewer(self, most: int) -> None:
        """Keep at most this many."""
        while len(self.hashes) > most:
            self.zeros += 1
            mask = (1 << self.zeros) - 1
            self.hashes = {each for each in self.hashes if not each & mask}


Key = TypeVar("Key", bound=Hashable)


class Counters(Generic[Key]):
    """Counters of distinct hashes, each under a key; at most `MOST_COUNTERS` of them."""

    def __init__(self, most: int = MOST, most_of_all: int = MOST_OF_ALL) -> None:
        self._most = most
        self._most_of_all = most_of_all
        self._total = 0
        self._counters: dict[Key, _Distinct] = {}

    def add(self, key: Key, value: int) -> bool:
        """Count a hash; return False if there is no room for another counter."""
        counter = self._counters.get(key)
        if counter is None:
            if len(self._counters) >= MOST_COUNTERS:
                return False
            counter = self._counters[key] = _Distinct()
        if value & ((1 << counter.zeros) - 1):
            return True
        before = len(counter.hashes)
        counter.hashes.add(value)
        self._total += len(counter.hashes) - before
        if len(counter.hashes) > self._most:
            self._shrink([counter])
        while self._total > self._most_of_all and self._most > 1:
            self._most //= 2
            self._shrink(self._counters.values())
        return True

    def _shrink(self, counters: Iterable[_Distinct]) -> None:
        for counter in counters:
            before = len(counter.hashes)
            counter.keep_fewer(self._most)
            self._total -= before - len(counter.hashes)

    @property
    def kept(self) -> int:
        """Return how many hashes are in memory."""
        return sum(len(counter.hashes) for counter in self._counters.values())

    @property
    def is_exact(self) -> bool:
        """Return whether no count is an estimate."""
        return not any(counter.zeros for counter in self._counters.values())

    def items(self) -> Iterator[tuple[Key, int]]:
        """Yield each key with its count."""
        for key, counter in self._counters.items():
            yield key, len(counter.hashes) << counter.zeros
