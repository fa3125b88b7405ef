"""An index that is damaged while the site is read."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from feedsvc.search import index as index_module
from feedsvc.search import indexer
from feedsvc.search.index import DAMAGED
from tests.support.http import get
from tests.support.newsroom import item
from tests.support.search_index import IndexedNewsroom, delete_index


def overwrite(path: Path) -> None:
    checkpoint(path)
    path.write_bytes(os.urandom(100_000))


def overwrite_pages(path: Path) -> None:
    checkpoint(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def cut(path: Path) -> None:
    checkpoint(path)
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    checkpoint(path)
    os.truncate(path, 0)


def change_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def replace_file(path: Path) -> None:
    delete_index(path)
    path.write_bytes(b"not a database")


def drop_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE words_data")
        connection.commit()


def checkpoint(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize(
    "damage",
    [
        delete_index,
        overwrite,
        overwrite_pages,
        cut,
        empty,
        change_version,
        replace_file,
        drop_words,
    ],
)
def test_a_damaged_index_is_recreated_and_the_site_is_as_before(
    index: IndexedNewsroom,
    site: FlaskClient,
    damage: Callable[[Path], None],
    is_open: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    index.publish(
        {f"{number}.md": item("Двор", body=f"слово{number} " * 99) for number in range(9)}
    )
    if not is_open:
        index.indexer.close()
    damage(index.path)
    for number in range(5):
        # A search may fail, but with no other error.
        assert get(site, f"/search?q=двор+слово{number}").status_code in (200, 503)
        assert get(site, "/feeds/atom.xml").status_code == 200
        index.catch_up()
    index.newsroom.apply({"new.md": item("Двор новый")})
    for _ in range(3):
        index.catch_up()
    assert index.found("новый двор") == ["new"]
    assert sorted(index.found("двор")) == sorted(["new", *map(str, range(9))])
    assert not index.path.with_name(DAMAGED).exists()


@pytest.mark.usefixtures("impatient")
def test_damage_that_only_a_search_finds_is_repaired(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор")})
    error = sqlite3.DatabaseError("damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert get(site, "/search?q=двор+открыт").status_code == 200
    with (
        patch.object(index_module, "_find", side_effect=error),
        closing(sqlite3.connect(index.path)) as other,
    ):
        assert get(site, "/search?q=двор").status_code == 503
        assert index.path.with_name(DAMAGED).exists()
        inode = os.stat(index.path).st_ino
        # An open file keeps its inode, so that the new file has another.
        other.execute("SELECT * FROM state").fetchone()
        index.catch_up()
        assert os.stat(index.path).st_ino != inode
    assert not index.path.with_name(DAMAGED).exists()
    assert get(site, "/search?q=двор").status_code == 200


def test_a_fault_of_the_disk_is_not_taken_for_damage(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор")})
    error = sqlite3.OperationalError("disk")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    with patch.object(index_module, "_find", side_effect=error):
        assert get(site, "/search?q=двор").status_code == 503
    assert not index.path.with_name(DAMAGED).exists()
    assert get(site, "/search?q=двор").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_a_full_disk_stops_the_index_and_nothing_else(
    index: IndexedNewsroom, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.publish({"a.md": item("Двор")})
    monkeypatch.setattr(indexer, "DISK_RESERVE", 2**62)
    index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
    index.catch_up()
    assert index.found("двор") == ["a"]
    assert "b.html" in get(site, "/").text
    monkeypatch.setattr(indexer, "DISK_RESERVE", 0)
    index.catch_up()
    assert index.found("двор") == ["b", "a"]
