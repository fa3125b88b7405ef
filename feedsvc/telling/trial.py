"""The trial: a letter that is sent at once, to see whether letters arrive."""

from collections.abc import Iterator
from secrets import token_hex

from feedsvc import clock
from feedsvc.i18n import Message
from feedsvc.settings import Settings
from feedsvc.telling.letters import compose_test, domain
from feedsvc.telling.smtp import NotSent, Patience, connected


def send_test(settings: Settings, patience: Patience) -> Iterator[tuple[str, Message | None]]:
    """Send a test letter; yield each recipient, and why the server did not take it, or None.

    Raises Away if the server cannot be used at all.
    """
    data = compose_test(settings, f"test.{token_hex(8)}", clock.now())
    with connected(settings.mail, domain(settings), patience) as server:
        for recipient in settings.mail.recipients:
            try:
                server.send(recipient, data)
            except NotSent as error:
                yield recipient, error.message
            else:
                yield recipient, None
