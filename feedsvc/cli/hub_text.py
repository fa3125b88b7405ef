"""The hub in words."""

from feedsvc.hub.store import read_counts
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings


def subscriptions(settings: Settings) -> str:
    """Return a line about the subscriptions of our own hub."""
    counts = read_counts(settings.instance)
    if counts is None:
        text = Message(N_("hub: it has not run yet (feedsvc hub)"))
    else:
        text = Message(
            N_(
                "hub: subscriptions {subscriptions}, not reached at the last attempt {failing},"
                " waiting for verification {requests}"
            ),
            counts._asdict(),
        )
    return text.text(settings.language)
