from collections.abc import Iterator

import pytest

from feedsvc.settings import Settings
from tests.support.newsroom import Newsroom, SetClock
from tests.support.telling import Office, with_mail


@pytest.fixture
def office(newsroom: Newsroom, set_clock: SetClock, settings: Settings) -> Iterator[Office]:
    """Return an office that has begun with nothing wrong, and told nothing yet."""
    made = Office(newsroom, set_clock, with_mail(settings))
    newsroom.publish({}, now=made.now)
    made.step()
    yield made
    made.teller.close()
