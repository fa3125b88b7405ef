"""The schema of the catalogue: another one has it recreated from the entry files."""

from dataclasses import dataclass, replace

import pytest

from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Entry, Problem
from feedsvc.storage import catalogue, writer
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import SCHEMA, TABLES
from feedsvc.storage.sqlite import Schema
from feedsvc.storage.writer import Writer
from tests.support.catalogue import titles
from tests.support.newsroom import Newsroom, item


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedEntry(Entry):
    subtitle: str = ""


OTHERS = {
    "another column": Schema(
        TABLES.replace("title TEXT,", "title TEXT, subtitle TEXT,"), stored=SCHEMA.stored
    ),
    "another field of a stored type": Schema(TABLES, stored=(ExtendedEntry, Problem)),
    "another source": Schema(TABLES, stored=SCHEMA.stored, sources=(catalogue,)),
}


def test_the_catalogue_stores_entries_and_problems() -> None:
    assert SCHEMA.stored == (Entry, Problem)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_catalogue_of_another_schema_is_not_read_and_is_recreated(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, other: Schema
) -> None:
    instance = newsroom.settings.instance
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.close()
    assert titles(instance) == ["One"]
    for module in (catalogue, writer):
        monkeypatch.setattr(module, "SCHEMA", other)
    with pytest.raises(CatalogueUnavailable), Catalogue(instance).snapshot():
        pass
    newsroom.writer = Writer(instance)
    assert (newsroom.writer.is_complete(), newsroom.writer.snapshot().fingerprints()) == (False, {})
    newsroom.writer.close()
    newsroom.writer = Writer(instance)
    assert newsroom.writer.snapshot().identity  # it is not recreated twice


def test_what_a_renamed_file_keeps_outlives_another_schema(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({"a.md": item("One")})
    connection = newsroom.writer._connection  # noqa: SLF001 - as an older version wrote it
    connection.execute("UPDATE file SET kept = 'old/name'")
    newsroom.writer.close()
    monkeypatch.setattr(writer, "SCHEMA", replace(SCHEMA, tables=f"{TABLES}-- another\n"))
    newsroom.writer = Writer(newsroom.settings.instance)
    assert newsroom.writer.kept(["a.md"]) == {"a.md": "old/name"}
    assert newsroom.writer.snapshot().fingerprints() == {"a.md": ""}
    assert newsroom.writer.is_complete() is False
