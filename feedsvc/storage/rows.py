"""What all queries of the catalogue are made with."""

import sqlite3
from typing import Any

import msgspec

from feedsvc.model import Entry, Problem

decode_entry = msgspec.json.Decoder(Entry).decode
decode_problem = msgspec.json.Decoder(Problem).decode


class Rows:
    """A connection to the catalogue, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all_rows(self, query: str, *values: object) -> list[Any]:
        """Return all rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def one_row(self, query: str, *values: object) -> Any:  # noqa: ANN401 - rows are of many shapes
        """Return the first row of a query, None if it has none."""
        return self._connection.execute(query, values).fetchone()

    def entries_where(self, condition: str, *values: object) -> tuple[Entry, ...]:
        """Return the entries that a condition on the table `entry` selects, newest first."""
        rows = self.all_rows(
            # SQLite drops the order of a subquery that is joined without a limit.
            "SELECT data FROM (SELECT path, published, id FROM entry"  # noqa: S608 - ours alone
            f" WHERE {condition}) AS found JOIN file USING (path)"
            " ORDER BY found.published DESC, found.id DESC",
            *values,
        )
        return tuple(decode_entry(data) for (data,) in rows)
