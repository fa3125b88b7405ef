"""What the tests of purging share: a cache that records what it is told, and may refuse."""

from collections.abc import Iterator

import pytest

from tests.support.purged import Purged, purged


@pytest.fixture
def cache() -> Iterator[Purged]:
    with purged() as server:
        yield server
