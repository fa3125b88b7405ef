"""Who is told what changed, and how far, as text and JSON, for the command `status`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from feedsvc.i18n import N_, Message
from feedsvc.problems import printable
from feedsvc.settings import Settings
from feedsvc.storage.snapshot import Snapshot

if TYPE_CHECKING:
    from feedsvc.outbox.state import ReceiverState
    from feedsvc.purging.state import CacheState

_SECOND = 1_000_000


class Told(NamedTuple):
    """Search engines, hubs and caches; none where nothing is set up."""

    outbox: tuple["ReceiverState", ...] = ()
    caches: tuple["CacheState", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        outbox = [each._asdict() for each in self.outbox]
        caches = [each._asdict() for each in self.caches]
        return {name: found for name, found in (("outbox", outbox), ("caches", caches)) if found}

    def describe(self, language: str, now: int) -> Iterator[str]:
        """Yield the lines about them; `now` is in microseconds since the epoch."""
        knows = N_("{receiver} knows everything")
        if self.outbox:
            yield Message(N_("Search engines and hubs:")).text(language)
        for each in self.outbox:
            text = N_("{receiver} is to be told of {count} addresses, for {seconds} s")
            seconds = max(0, now - each.since) // _SECOND
            values = {"receiver": each.name, "count": each.queued, "seconds": seconds}
            line = Message(text if each.queued else knows, values).text(language)
            fault = f" ({each.fault})" if each.fault and each.queued else ""
            yield f"  {printable(line + fault)}"
        if self.caches:
            yield Message(N_("Caches in front:")).text(language)
        for cache in self.caches:
            text = knows if cache.is_told else N_("{receiver} does not know the last changes yet")
            yield "  " + printable(Message(text, {"receiver": cache.name}).text(language))


def told(settings: Settings, snapshot: Snapshot) -> Told:
    """Return those that the settings name, and how they stand."""
    found = Told()
    if settings.has_outbox:
        from feedsvc.outbox.state import receiver_states  # noqa: PLC0415 - only if it is set up

        found = found._replace(outbox=tuple(receiver_states(settings.instance)))
    if settings.has_purging:
        from feedsvc.purging.state import cache_states  # noqa: PLC0415 - as above

        found = found._replace(caches=tuple(cache_states(settings, snapshot)))
    return found
