import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import pytest

from feedsvc.errors import CatalogueUnavailable
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE, SCHEMA
from feedsvc.storage.sqlite import (
    Schema,
    file_identity,
    is_damage,
    open_for_reading,
    open_for_writing,
)
from feedsvc.storage.writer import Writer
from tests.support.catalogue import titles
from tests.support.newsroom import Newsroom, item


@dataclass
class Old:
    title: str = ""


@dataclass
class New(Old):
    parts: tuple[str, ...] = field(default=())


New.__name__ = Old.__name__  # what differs is the field alone
TABLES = "CREATE TABLE state (complete INTEGER NOT NULL); INSERT INTO state VALUES (0);"
SCHEMA_OF_TEST = Schema(TABLES, stored=(Old,))


def module(path: Path, source: str) -> ModuleType:
    path.write_text(source, "utf-8")
    made = ModuleType("made")
    made.__file__ = str(path)
    return made


# The version


def test_the_version_of_a_schema_follows_from_its_content(tmp_path: Path) -> None:
    sources = (module(tmp_path / "one.py", "one"),)
    schemas = {
        "as it is": SCHEMA_OF_TEST,
        "another column": replace(SCHEMA_OF_TEST, tables=TABLES.replace(")", ", more)", 1)),
        "another field": replace(SCHEMA_OF_TEST, stored=(New,)),
        "a source": replace(SCHEMA_OF_TEST, sources=sources),
        "another source": replace(SCHEMA_OF_TEST, sources=(module(tmp_path / "two.py", "two"),)),
    }
    versions = {name: schema.version for name, schema in schemas.items()}
    assert len(set(versions.values())) == len(schemas), versions
    assert {name: replace(schema).version for name, schema in schemas.items()} == versions


def test_a_version_fits_into_the_header_of_a_database(tmp_path: Path) -> None:
    for number in range(100):
        schema = Schema(f"{TABLES} -- {number}")
        assert 0 <= schema.version < 2**31, number
    with closing(open_for_writing(tmp_path / "db", SCHEMA_OF_TEST, suspect=False)) as made:
        assert made.execute("PRAGMA user_version").fetchone() == (SCHEMA_OF_TEST.version,)


def test_a_database_of_another_schema_is_recreated(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with closing(open_for_writing(path, SCHEMA_OF_TEST, suspect=False)) as first:
        first.execute("UPDATE state SET complete = 1")
    with closing(open_for_writing(path, SCHEMA_OF_TEST, suspect=False)) as same:
        assert same.execute("SELECT complete FROM state").fetchone() == (1,)
    other = replace(SCHEMA_OF_TEST, stored=(New,))
    assert open_for_reading(path, other) is None
    with closing(open_for_writing(path, other, suspect=False)) as second:
        assert second.execute("SELECT complete FROM state").fetchone() == (0,)


# A database that cannot be used


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def change_version(path: Path) -> None:
    execute(path, f"PRAGMA user_version = {SCHEMA.version ^ 1}")


def overwrite(path: Path) -> None:
    path.write_bytes(b"What is this?" * 1000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def drop_state(path: Path) -> None:
    execute(path, "DROP TABLE state")


@pytest.mark.parametrize("spoil", [change_version, overwrite, empty, truncate, drop_state])
def test_an_unusable_database_is_not_read_and_is_recreated(
    settings: Settings, newsroom: Newsroom, spoil: Callable[[Path], None]
) -> None:
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.close()
    spoil(settings.instance / FILE)
    with pytest.raises(CatalogueUnavailable), Catalogue(settings.instance).snapshot():
        pass
    newsroom.writer = Writer(settings.instance)
    assert (newsroom.writer.is_complete(), newsroom.writer.snapshot().fingerprints()) == (False, {})
    newsroom.publish({"a.md": item("Two")})
    # Another connection sees it: nothing of the old database is in its way.
    assert titles(settings.instance) == ["Two"]
    newsroom.writer.close()
    assert titles(settings.instance) == ["Two"]


def test_damage_deep_inside_is_found_if_it_is_suspected(newsroom: Newsroom) -> None:
    newsroom.publish({f"{number}.md": item(f"N{number}", body="x" * 5000) for number in range(50)})
    newsroom.writer.close()
    path = newsroom.settings.instance / FILE
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40_000] = b"\xff" * 40_000
    path.write_bytes(data)
    with closing(Writer(newsroom.settings.instance)) as trusting:
        assert trusting.is_complete()
    with closing(Writer(newsroom.settings.instance, suspect=True)) as suspicious:
        assert not suspicious.is_complete()


@pytest.mark.parametrize(("code", "damaged"), [(sqlite3.SQLITE_CORRUPT, True), (0, False)])
def test_damage_is_distinguished_from_other_faults(code: int, *, damaged: bool) -> None:
    cause = sqlite3.DatabaseError()
    cause.sqlite_errorcode = code
    error = CatalogueUnavailable("raised from it")
    error.__cause__ = cause
    assert [is_damage(cause), is_damage(error), is_damage(None)] == [damaged, damaged, False]


def test_the_identity_of_files_changes_when_one_is_deleted_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "db"
    assert file_identity(path) == (0,) * 6
    path.write_bytes(b"")
    first = file_identity(path)
    Path(f"{path}-wal").write_bytes(b"")
    second = file_identity(path)
    (tmp_path / "other").write_bytes(b"")
    (tmp_path / "other").rename(path)
    third = file_identity(path)
    assert (first[2:], second[:2], third[2:]) == ((0,) * 4, first[:2], second[2:])
    assert third[:2] != second[:2]
