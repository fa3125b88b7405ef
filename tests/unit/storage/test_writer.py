import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Entry, Reading
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE
from feedsvc.storage.updates import FileUpdate, prepare
from feedsvc.storage.waiting import NONE, Waiting, WaitingFile
from feedsvc.storage.writer import Writer
from tests.support.catalogue import (
    ADVANCED,
    BAD,
    UNCHANGED,
    dump,
    problem_codes,
    revision,
    title_of,
)
from tests.support.newsroom import NOW, SECOND, Newsroom, item

# What is stored


def test_a_new_file_becomes_an_entry_and_advances_the_revision(newsroom: Newsroom) -> None:
    assert newsroom.apply({"a.md": item("One")}) == ADVANCED
    assert revision(newsroom) == 1
    assert title_of(newsroom, "a") == "One"


def test_a_changed_file_changes_its_entry_and_advances_the_revision(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({"a.md": item("Two")}).advanced is True
    assert (title_of(newsroom, "a"), revision(newsroom)) == ("Two", 2)


@pytest.mark.parametrize(
    "changed",
    [
        item("One", body="Other."),
        item("One", summary="Other."),
        item("One", "2026-01-02"),
        item("One", status="draft"),
        item("One", lang="en"),
    ],
)
def test_any_change_of_an_entry_advances_the_revision(newsroom: Newsroom, changed: bytes) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({"a.md": changed}).advanced is True


def test_the_same_bytes_with_another_fingerprint_do_not_advance_the_revision(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({"a.md": item("One")}, now=NOW + SECOND) == UNCHANGED
    snapshot = newsroom.writer.snapshot()
    assert snapshot.revision == 1
    assert snapshot.fingerprints() == {"a.md": "2"}


def test_a_rename_that_keeps_the_id_does_not_advance_the_revision(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", id="x")})
    assert newsroom.apply({"b/c.md": item("One", id="x")}, gone=["a.md"]) == UNCHANGED
    assert newsroom.writer.snapshot().fingerprints() == {"b/c.md": "2"}
    assert title_of(newsroom, "x") == "One"


def test_problems_alone_do_not_advance_the_revision(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    worse = newsroom.apply({"a.md": item("One", nonsense="x")})
    assert (worse.advanced, problem_codes(worse)) == (False, [("a.md", "unknown-key")])
    assert newsroom.apply({"a.md": item("One", nonsense="x")}) == UNCHANGED
    assert newsroom.apply({"a.md": item("One")}) == UNCHANGED
    assert newsroom.writer.snapshot().problems() == ()


def test_a_batch_advances_the_revision_by_one(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": item(), "c.md": item()})
    assert revision(newsroom) == 1


def test_an_empty_batch_changes_nothing(newsroom: Newsroom) -> None:
    assert newsroom.apply({}) == UNCHANGED


def test_a_file_has_the_fingerprint_with_which_it_was_read(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD})
    fingerprints = {path: newsroom.writer.fingerprint(path) for path in ("a.md", "b.md", "c.md")}
    assert fingerprints == {"a.md": "1", "b.md": "2", "c.md": None}


def test_files_that_have_an_entry_are_counted(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD, "c.md": item()})
    assert newsroom.writer.count_entries(["a.md", "b.md", "z.md"]) == (2, 1)


def test_files_without_an_entry_are_known_by_their_fingerprint(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD})
    found = [newsroom.writer.has_entryless(fingerprint) for fingerprint in ("1", "2", "3")]
    assert found == [False, True, False]


def test_the_files_that_an_entry_names_are_stored_with_it(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(image="a.jpg"), "b.md": item()})
    writer = newsroom.writer
    # The file may lie in the entry's own folder or next to the entry.
    assert writer.snapshot().named_files() == {"a.md": ("a/a.jpg", "a.jpg")}
    named = {path: writer.named_files(path) for path in ("a.md", "b.md", "c.md")}
    assert named == {"a.md": ("a/a.jpg", "a.jpg"), "b.md": (), "c.md": ()}


def test_an_entry_is_stored_as_it_is(newsroom: Newsroom) -> None:
    update = newsroom.update("a.md", item("One", guid="urn:x", categories="News", lang="ru"))
    assert update.stored
    newsroom.writer.apply([update], (), NOW)
    (entry,) = newsroom.writer.snapshot().newest(NOW, 1)
    assert isinstance(entry, Entry)
    assert prepare("a.md", update.fingerprint, Reading(entry, ())).stored == update.stored


# What files are parsed with, documents rendered with, and the state of the folder


def test_another_parse_fingerprint_has_every_file_read_again(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.writer.snapshot().fingerprints() == {"a.md": "", "b.md": ""}
    newsroom.apply({"a.md": item(), "b.md": BAD})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.writer.snapshot().fingerprints() == {"a.md": "3", "b.md": "4"}


def test_files_to_be_read_again_are_listed_after_the_next_batch(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item(), "a.md": item()})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.apply({}).again == ("a.md", "b.md")


def test_a_scan_in_order_is_stored_with_its_time(newsroom: Newsroom) -> None:
    newsroom.writer.record_scan("", NOW)
    newsroom.writer.record_scan("empty", NOW + SECOND)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.scanned, snapshot.degraded) == (NOW, "empty")
    newsroom.writer.record_scan("", NOW + 2 * SECOND)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.scanned, snapshot.degraded) == (NOW + 2 * SECOND, "")


# A catalogue that cannot be opened


def test_a_folder_in_place_of_the_catalogue_is_reported(settings: Settings) -> None:
    (settings.instance / FILE).mkdir(parents=True)
    with pytest.raises(CatalogueUnavailable, match=FILE):
        Writer(settings.instance)
    with pytest.raises(CatalogueUnavailable, match=FILE), Catalogue(settings.instance).snapshot():
        pass


def test_a_file_in_place_of_the_instance_is_reported(settings: Settings) -> None:
    settings.instance.write_bytes(b"")
    with pytest.raises(CatalogueUnavailable, match=FILE):
        Writer(settings.instance)


def test_a_catalogue_that_cannot_be_opened_now_is_kept(
    settings: Settings, newsroom: Newsroom
) -> None:
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.close()
    obstacle = settings.instance / f"{FILE}-wal"
    obstacle.mkdir()
    with pytest.raises(CatalogueUnavailable):
        Writer(settings.instance)
    obstacle.rmdir()
    newsroom.writer = Writer(settings.instance)
    assert title_of(newsroom, "a") == "One"


def test_a_catalogue_is_opened_again_as_it_was(settings: Settings, newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.close()
    newsroom.writer = Writer(settings.instance)
    assert newsroom.writer.is_complete() is True
    assert title_of(newsroom, "a") == "One"


def overwrite(path: Path) -> None:
    for file in path.parent.iterdir():
        file.write_bytes(b"garbage" * 1000)


def replace(path: Path) -> None:
    path.unlink()
    other = path.parent / "other"
    Writer(other).close()
    (other / FILE).rename(path)


@pytest.mark.parametrize("mishap", [Path.unlink, replace, overwrite])
def test_a_writer_notices_that_its_files_are_not_those_it_opened(
    newsroom: Newsroom, mishap: object
) -> None:
    assert callable(mishap)
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.require_sound()
    mishap(newsroom.settings.instance / FILE)
    with pytest.raises(CatalogueUnavailable):
        newsroom.writer.require_sound()


# A transaction that fails


def test_a_batch_that_breaks_off_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    before = dump(newsroom.settings.instance)

    def updates() -> Iterator[FileUpdate]:
        yield newsroom.update("a.md", item("Two"))
        yield newsroom.update("b.md", BAD)
        raise MemoryError

    with pytest.raises(MemoryError):
        newsroom.writer.apply(updates(), ["a.md"], NOW)
    assert dump(newsroom.settings.instance) == before
    assert newsroom.apply({"a.md": item("Two")}).advanced is True


def test_a_full_disk_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    before = dump(newsroom.settings.instance)
    connection = newsroom.writer._connection  # noqa: SLF001 - no other way to fill a disk
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CatalogueUnavailable, match="full"):
        newsroom.apply({"a.md": item("Two"), "b.md": item(body="Long. " * 20_000)})
    assert dump(newsroom.settings.instance) == before


def test_a_locked_catalogue_is_reported(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.writer._connection.execute("PRAGMA busy_timeout = 0")  # noqa: SLF001 - not to wait
    path = newsroom.settings.instance / FILE
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogueUnavailable, match="locked"):
            newsroom.apply({"a.md": item("Two")})
    assert title_of(newsroom, "a") == "One"


def test_the_files_that_are_not_complete_are_recorded_if_they_are_others(
    newsroom: Newsroom,
) -> None:
    assert newsroom.writer.snapshot().waiting() == NONE
    listed = Waiting(2, (WaitingFile("a.md", 1),))
    newsroom.writer.record_waiting(listed)
    newsroom.writer.finish_first_index()
    catalogue = Catalogue(newsroom.settings.instance)
    version = catalogue.data_version()
    newsroom.writer.record_waiting(listed)
    assert catalogue.data_version() == version
    assert newsroom.writer.snapshot().waiting() == listed
