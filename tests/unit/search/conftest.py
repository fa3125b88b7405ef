"""What tests of the search share."""

import sqlite3
from collections.abc import Iterator

import pytest

from feedsvc.search.index import SCHEMA


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Return an empty index in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA.tables)
    yield connection
    connection.close()
