"""Limits: how often one who asks may ask, and how many deliveries may be under way."""

from collections import Counter, OrderedDict, deque
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar

# So many who ask are remembered; each has a whole address, or a whole network of IPv6.
_REMEMBERED = 20_000
_NETWORK = 64
T = TypeVar("T")


class Rate:
    """So many times in a period, in seconds, for each key; `burst` of them at once."""

    def __init__(self, count: float, period: float, burst: int) -> None:
        self._interval = period / count
        self._slack = self._interval * (burst - 1)
        # When each would be back at rest, the longest ago first.
        self._busy_until: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Return whether it may be done now; `now` is on the monotonic clock."""
        until = max(self._busy_until.get(key, now), now)
        if until - now > self._slack:
            return False
        self._busy_until[key] = until + self._interval
        self._busy_until.move_to_end(key)
        if len(self._busy_until) > _REMEMBERED:
            self._busy_until.popitem(last=False)
        return True


def asker(address: str) -> str:
    """Return what stands for a client: its address, of IPv6 the network that one host has."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(int(parsed) >> (128 - _NETWORK))
    return str(parsed)


class Lane(Generic[T]):
    """What waits to be done for hosts, so that a slow host keeps nobody else waiting.

    At most `at_once` are under way, `at_once_to_one` of them for one host; hosts take turns.
    """

    def __init__(self, at_once: int, at_once_to_one: int) -> None:
        self._at_once, self._at_once_to_one = at_once, at_once_to_one
        self._waiting: dict[str, deque[T]] = {}
        self._ready: deque[str] = deque()
        self._active: Counter[str] = Counter()
        self._total = 0

    def add(self, host: str, item: T) -> None:
        """Have something wait for its turn."""
        queue = self._waiting.get(host)
        if queue is None:
            queue = self._waiting[host] = deque()
            if self._active[host] < self._at_once_to_one:
                self._ready.append(host)
        queue.append(item)

    def take(self) -> T | None:
        """Return what may be done now, None if nothing may; `done` is to be called after it."""
        if self._total == self._at_once or not self._ready:
            return None
        host = self._ready.popleft()
        item = self._waiting[host].popleft()
        self._active[host] += 1
        self._total += 1
        if not self._waiting[host]:
            del self._waiting[host]
        elif self._active[host] < self._at_once_to_one:
            self._ready.append(host)
        return item

    def done(self, host: str) -> None:
        """Make room again."""
        self._total -= 1
        was_full = self._active[host] == self._at_once_to_one
        self._active[host] -= 1
        if not self._active[host]:
            del self._active[host]
        if was_full and host in self._waiting:
            self._ready.append(host)
