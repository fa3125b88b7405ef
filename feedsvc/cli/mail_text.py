"""What became of letters as text, for the commands `mail` and `status`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_, Message, clock_time, long_date
from feedsvc.problems import printable
from feedsvc.settings import Settings

if TYPE_CHECKING:
    from feedsvc.telling.incidents import Delivery

_STATES = {
    "sent": N_("accepted by the mail server"),
    "waiting": N_("waits, and is tried again"),
    "refused": N_("refused for good"),
    "expired": N_("given up after days"),
}


def describe(deliveries: Sequence["Delivery"], settings: Settings) -> Iterator[str]:
    """Yield a line for each letter to each recipient, newest first."""
    if not deliveries:
        yield Message(N_("No letter has been written yet.")).text(settings.language)
    for each in deliveries:
        moment = from_microseconds(each.written).astimezone(settings.timezone)
        day, hour = long_date(moment, settings.language), clock_time(moment, settings.language)
        state = Message(_STATES[each.state]).text(settings.language)
        line = printable(f"{each.recipient}: «{each.subject}»: {state}")
        fault = f" ({printable(each.fault)})" if each.fault and each.state != "sent" else ""
        yield f"{day} {hour} {line}{fault}"


def undelivered(deliveries: Sequence["Delivery"], language: str) -> str | None:
    """Return one line that says how many letters did not arrive; None if all did."""
    states = Counter(each.state for each in deliveries)
    failed = states["refused"] + states["expired"]
    # One that has only just been written is no reason to say anything.
    waiting = sum(each.state == "waiting" and bool(each.fault) for each in deliveries)
    if not failed and not waiting:
        return None
    text = N_("Letters that wait: {waiting}; that were not delivered: {failed}: feedsvc mail")
    return Message(text, {"waiting": waiting, "failed": failed}).text(language)


def tried(recipient: str, fault: Message | None, language: str) -> str:
    """Return what became of a test letter to one recipient."""
    if fault is None:
        text = N_("{recipient}: the mail server has taken the letter; see whether it arrives")
        return Message(text, {"recipient": recipient}).text(language)
    return f"{recipient}: {fault.text(language)}"
