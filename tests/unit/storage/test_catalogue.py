import gc
import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.edition import GoneEntry
from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Entry, Problem, Reading
from feedsvc.settings import Settings
from feedsvc.storage import catalogue
from feedsvc.storage.batch import Applied, FileUpdate, prepare
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE, VERSION
from feedsvc.storage.sqlite import is_damage, open_for_reading
from feedsvc.storage.writer import Writer
from tests.support.newsroom import NOW, SECOND, Newsroom, item

BAD = b"no front matter"
NOTHING_DONE = Applied(advanced=False, problems=(), again=())


def title_of(newsroom: Newsroom, entry_id: str, now: int = NOW) -> str | None:
    """Give the title under which an id is public; a removed one's in brackets."""
    found = newsroom.edition(now).find(entry_id)
    if found is None:
        return None
    return f"[{found.title}]" if isinstance(found, GoneEntry) else found.title


def titles(instance: Path) -> list[str]:
    with Catalogue(instance).snapshot() as snapshot:
        return [entry.title for entry in snapshot.newest(NOW, 10)]


def revision(newsroom: Newsroom) -> int:
    number: int = newsroom.writer.snapshot().revision
    return number


def codes(applied: Applied) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in applied.problems]


# What is stored


@pytest.mark.parametrize("count", [0, 1, -1, NOW, -62135596800 * SECOND])
def test_a_moment_survives_being_counted_in_microseconds(count: int) -> None:
    assert to_microseconds(from_microseconds(count)) == count


def test_a_new_file_becomes_an_entry_and_a_step(newsroom: Newsroom) -> None:
    assert newsroom.apply({"a.md": item("One")}) == replace(NOTHING_DONE, advanced=True)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.revision, snapshot.changed) == (1, NOW)
    assert title_of(newsroom, "a") == "One"


def test_a_changed_file_changes_its_entry_and_steps(newsroom: Newsroom) -> None:
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
def test_whatever_changes_in_an_entry_steps(newsroom: Newsroom, changed: bytes) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({"a.md": changed}).advanced is True


def test_the_same_bytes_with_another_stamp_do_not_step(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({"a.md": item("One")}, now=NOW + SECOND) == NOTHING_DONE
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.revision, snapshot.changed) == (1, NOW)
    assert snapshot.fingerprints() == {"a.md": "2"}


def test_a_rename_that_keeps_the_id_does_not_step(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", id="x")})
    assert newsroom.apply({"b/c.md": item("One", id="x")}, gone=["a.md"]) == NOTHING_DONE
    assert newsroom.writer.snapshot().fingerprints() == {"b/c.md": "2"}
    assert title_of(newsroom, "x") == "One"


def test_problems_alone_do_not_step(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    worse = newsroom.apply({"a.md": item("One", nonsense="x")})
    assert (worse.advanced, codes(worse)) == (False, [("a.md", "unknown-key")])
    assert newsroom.apply({"a.md": item("One", nonsense="x")}) == NOTHING_DONE
    assert newsroom.apply({"a.md": item("One")}) == NOTHING_DONE
    assert newsroom.writer.snapshot().problems() == ()


def test_a_batch_is_one_step(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": item(), "c.md": item()})
    assert revision(newsroom) == 1


def test_an_empty_batch_does_nothing(newsroom: Newsroom) -> None:
    assert newsroom.apply({}) == NOTHING_DONE


def test_problems_are_given_by_path_and_line(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item(nonsense="x", more="y"), "a.md": BAD})
    places = [(problem.path, problem.line) for problem in newsroom.writer.snapshot().problems()]
    assert places == [("a.md", 1), ("b.md", 4), ("b.md", 5)]


def test_a_file_knows_its_stamp(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD})
    assert [newsroom.writer.fingerprint(path) for path in ("a.md", "b.md", "c.md")] == [
        "1",
        "2",
        None,
    ]


def test_files_that_give_an_entry_are_counted(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD, "c.md": item()})
    assert newsroom.writer.count_entries(["a.md", "b.md", "z.md"]) == (2, 1)


# What goes


def test_a_removed_file_leaves_its_title(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({}, gone=["a.md"]).advanced is True
    snapshot = newsroom.writer.snapshot()
    assert snapshot.find("a", NOW) == ("removed", "One", None)
    assert (snapshot.newest(NOW, 10), snapshot.fingerprints()) == ((), {})


@pytest.mark.parametrize("unseen", [item(status="draft"), item(date="2027-01-01")])
def test_what_nobody_ever_saw_leaves_nothing(newsroom: Newsroom, unseen: bytes) -> None:
    newsroom.apply({"a.md": unseen})
    assert newsroom.apply({}, gone=["a.md"]) == NOTHING_DONE
    assert newsroom.writer.snapshot().find("a", NOW + 365 * 86400 * SECOND) is None


def test_a_removed_entry_comes_back(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply({}, gone=["a.md"])
    assert newsroom.apply({"a.md": item("One")}).advanced is True
    assert title_of(newsroom, "a") == "One"


def test_the_problems_of_a_file_go_with_it(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": BAD})
    newsroom.apply({}, gone=["a.md"])
    assert newsroom.writer.snapshot().problems() == ()


def test_removing_a_file_that_is_not_known_does_nothing(newsroom: Newsroom) -> None:
    assert newsroom.apply({}, gone=["a.md"]) == NOTHING_DONE


def test_a_file_turned_bad_keeps_its_last_good_version(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    turned = newsroom.apply({"a.md": BAD})
    assert (turned.advanced, codes(turned)) == (False, [("a.md", "no-front-matter")])
    assert title_of(newsroom, "a") == "One"
    newsroom.apply({"a.md": item("Two")})
    assert (title_of(newsroom, "a"), newsroom.writer.snapshot().problems()) == ("Two", ())
    newsroom.apply({"a.md": BAD})
    newsroom.apply({}, gone=["a.md"])
    assert title_of(newsroom, "a") == "[Two]"


# Who owns an id


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md", "c.md"])])
def test_in_one_batch_an_id_goes_to_the_first_path(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    applied = newsroom.apply({path: item(path, id="x") for path in order})
    assert applied.problems == tuple(
        Problem(path, 0, "id-twice", (("id", "x"), ("other", "a.md"))) for path in ("b.md", "c.md")
    )
    assert title_of(newsroom, "x") == "a.md"


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md", "c.md"])])
def test_a_published_id_stays_with_its_file(newsroom: Newsroom, order: tuple[str, ...]) -> None:
    newsroom.apply({"b.md": item("old", id="x")})
    applied = newsroom.apply({path: item(path, id="x") for path in order})
    assert codes(applied) == [("a.md", "id-twice"), ("c.md", "id-twice")]
    assert title_of(newsroom, "x") == "b.md"


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md"])])
def test_of_two_equal_guids_one_is_refused(newsroom: Newsroom, order: tuple[str, ...]) -> None:
    applied = newsroom.apply({path: item(path, guid="urn:x") for path in order})
    values = (("guid", "urn:x"), ("other", "a.md"))
    assert applied.problems == (Problem("b.md", 0, "guid-twice", values),)
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("a.md", None)


def test_a_file_that_wants_a_taken_id_keeps_its_last_good_version(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert newsroom.apply({"a.md": item("A2", id="b")}).advanced is False
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("A", "B")


@pytest.mark.parametrize("name", ["id", "guid"])
@pytest.mark.parametrize("leaves", [True, False])
def test_who_lost_a_name_is_read_again_once_it_is_free(
    newsroom: Newsroom, name: str, *, leaves: bool
) -> None:
    value = {name: "urn:x"} if name == "guid" else {name: "x"}
    loser = item("Loser", **value)
    newsroom.apply({"a.md": item("Winner", **value), "b.md": loser})
    entry_id = "x" if name == "id" else "b"
    freed = newsroom.apply({"a.md": item("Else")} if leaves else {}, [] if leaves else ["a.md"])
    assert freed.again == ("b.md",)
    assert newsroom.writer.fingerprint("b.md") == ""
    assert newsroom.apply({"b.md": loser}) == replace(NOTHING_DONE, advanced=True)
    assert title_of(newsroom, entry_id) == "Loser"
    assert newsroom.writer.snapshot().problems() == ()


def test_a_name_is_free_once_its_holder_says_another(newsroom: Newsroom) -> None:
    # The holder cannot have what it says now, but that is no reason to keep the other back.
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item("B", id="x"), "c.md": item(id="y")})
    assert newsroom.apply({"a.md": item("A2", id="y")}).again == ("b.md",)
    newsroom.apply({"b.md": item("B", id="x")})
    assert title_of(newsroom, "x") == "B"


def test_a_file_keeps_its_guid_when_it_changes_its_id(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item("B", id="x", guid="urn:g")})
    applied = newsroom.apply(
        {"a.md": item("A", guid="urn:g"), "b.md": item("B2", id="y", guid="urn:g")}
    )
    assert codes(applied) == [("a.md", "guid-twice")]
    assert [title_of(newsroom, entry_id) for entry_id in "axy"] == [None, "[B]", "B2"]


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md"])])
def test_a_guid_given_up_in_a_batch_is_free_in_it(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    newsroom.apply({"b.md": item("B", guid="urn:g")})
    files = {"a.md": item("A", guid="urn:g"), "b.md": item("B2", guid="urn:h")}
    applied = newsroom.apply({path: files[path] for path in order})
    assert applied == replace(NOTHING_DONE, advanced=True)
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("A", "B2")


def test_a_file_that_is_refused_takes_no_name_from_another(newsroom: Newsroom) -> None:
    # a.md gives way to whoever wants x; d.md does, but cannot have its guid.
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item(id="y"), "c.md": item(guid="urn:g")})
    newsroom.apply({"a.md": item("A2", id="y")})
    newsroom.apply({"d.md": item("D", id="x", guid="urn:g")})
    assert title_of(newsroom, "x") == "A"


SWAPPED = {"a.md": item("A2", id="b"), "b.md": item("B2", id="a")}


@pytest.mark.parametrize("order", [*permutations(SWAPPED)])
def test_two_files_swap_their_ids_in_one_batch(newsroom: Newsroom, order: tuple[str, ...]) -> None:
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert newsroom.apply({path: SWAPPED[path] for path in order}).problems == ()
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("B2", "A2")


@pytest.mark.parametrize("order", [*permutations(SWAPPED)])
def test_two_files_swap_their_ids_in_two_batches(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    first, second = order
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert codes(newsroom.apply({first: SWAPPED[first]})) == [(first, "id-twice")]
    assert newsroom.apply({second: SWAPPED[second]}).again == (first,)
    assert newsroom.apply({first: SWAPPED[first]}).again == ()
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("B2", "A2")
    assert newsroom.writer.snapshot().problems() == ()


def test_an_absent_file_yields_its_names_only_where_they_are_wanted(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item("B")})
    update = newsroom.update("c.md", item("A", id="x"))
    applied = newsroom.writer.apply([update], (), NOW, absent=frozenset({"a.md", "b.md"}))
    assert applied == NOTHING_DONE
    assert newsroom.writer.snapshot().fingerprints() == {"b.md": "2", "c.md": "3"}
    assert (title_of(newsroom, "x"), title_of(newsroom, "b")) == ("A", "B")


# Any sequence of changes, against a model of dictionaries

PATHS = ("a.md", "b.md", "c.md")
IDS = ("x", "y", "z")
Says = str | None  # an id; None where the file is bad

SAID = (*IDS, "bad", "gone")
changes = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(SAID), min_size=1)
renames = st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS))


class Model:
    """Which version of which file each id shows, by the rule of docs/design.md.

    An id belongs to the file that had it first, for as long as that file says so.
    """

    def __init__(self) -> None:
        self.disk: dict[str, tuple[Says, str]] = {}
        self.held: dict[str, tuple[str, str]] = {}
        self.shown: dict[str, str] = {}

    def take(self, changed: set[str]) -> None:
        for path in PATHS:
            if path not in self.disk:
                self.held.pop(path, None)
        while changed:
            good = [path for path in changed & set(self.disk) if self.says(path)]
            # Whoever says what it holds already comes before whoever wants something else.
            for path in sorted(good, key=lambda path: (not self._holds_what_it_says(path), path)):
                self._claim(path)
            for entry_id in self.shown:
                self.shown[entry_id] = f"[{self.shown[entry_id].strip('[]')}]"
            self.shown |= dict(self.held.values())
            changed = {path for path in self.disk if self._is_kept_back(path)}

    def says(self, path: str) -> Says:
        return self.disk[path][0]

    def _holds_what_it_says(self, path: str) -> bool:
        return path in self.held and self.held[path][0] == self.says(path)

    def _claim(self, path: str) -> None:
        says, version = self.disk[path]
        assert says
        holder = self._holder(says, path)
        if holder and self.says(holder) in (None, says):
            return
        self.held.pop(holder or "", None)
        self.held[path] = (says, version)

    def _is_kept_back(self, path: str) -> bool:
        """Say whether a file could have the id it wants by now."""
        says = self.says(path)
        if says is None or self._holds_what_it_says(path):
            return False
        holder = self._holder(says, path)
        return holder is None or self.says(holder) not in (None, says)

    def _holder(self, entry_id: str, path: str) -> str | None:
        others = (other for other in self.held if other != path)
        return next((other for other in others if self.held[other][0] == entry_id), None)


def settle(newsroom: Newsroom, model: Model, changed: set[str], shuffled: Random | None) -> None:
    """Do what the writer's process does: store the changes, and read again what is to be."""
    gone = [path for path in changed if path not in model.disk]
    for _ in range(10):
        paths = sorted(changed & set(model.disk))
        if shuffled:
            shuffled.shuffle(paths)
        files = {}
        for path in paths:
            says, version = model.disk[path]
            files[path] = item(version, id=says) if says else BAD
        again = newsroom.apply(files, gone).again
        if not again:
            return
        changed, gone = set(again), []
    pytest.fail("the same files are to be read again and again")


@given(steps=st.lists(changes | renames, max_size=8), random=st.randoms(use_true_random=False))
@hypothesis_settings(deadline=None, max_examples=200)
def test_any_sequence_of_changes_ends_as_the_model_says_in_whatever_order(
    steps: list[dict[str, str] | tuple[str, str]], random: Random
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        sorted_room = Newsroom(Settings(instance=Path(one)))
        shuffled_room = Newsroom(Settings(instance=Path(two)))
        try:
            for number, step in enumerate(steps):
                changed = set(step)
                if isinstance(step, tuple):
                    source, target = step
                    if source in model.disk:
                        model.disk[target] = model.disk.pop(source)
                else:
                    for path, says in step.items():
                        if says == "gone":
                            model.disk.pop(path, None)
                        else:
                            says_id = None if says == "bad" else says
                            model.disk[path] = (says_id, f"{path} {number}")
                settle(sorted_room, model, changed, None)
                settle(shuffled_room, model, changed, random)
                model.take(changed)
                expected = {entry_id: model.shown.get(entry_id) for entry_id in IDS}
                for room in (sorted_room, shuffled_room):
                    assert {each: title_of(room, each) for each in IDS} == expected
                first, second = (room.writer.snapshot() for room in (sorted_room, shuffled_room))
                assert first.problems() == second.problems()
                assert first.revision == second.revision
        finally:
            sorted_room.writer.close()
            shuffled_room.writer.close()


# The settings that shape entries, the state of the directory


def test_other_shaping_settings_have_every_file_read_again(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": BAD})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.writer.snapshot().fingerprints() == {"a.md": "", "b.md": ""}
    newsroom.apply({"a.md": item(), "b.md": BAD})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.writer.snapshot().fingerprints() == {"a.md": "3", "b.md": "4"}


def test_files_marked_by_other_settings_are_named_after_the_next_batch(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item(), "a.md": item()})
    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.apply({}).again == ("a.md", "b.md")


def test_a_scan_in_order_is_remembered_with_its_time(newsroom: Newsroom) -> None:
    newsroom.writer.record_scan("", NOW)
    newsroom.writer.record_scan("empty", NOW + SECOND)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.scanned, snapshot.degraded) == (NOW, "empty")
    newsroom.writer.record_scan("", NOW + 2 * SECOND)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.scanned, snapshot.degraded) == (NOW + 2 * SECOND, "")


def test_entries_are_counted_by_what_readers_see_of_them(newsroom: Newsroom) -> None:
    nothing = dict.fromkeys(("published", "scheduled", "draft", "withdrawn", "removed"), 0)
    assert newsroom.writer.snapshot().counts(NOW) == nothing
    newsroom.apply(
        {
            "a.md": item(),
            "b.md": item(),
            "c.md": item(date="2027-01-01"),
            "d.md": item(date="2027-01-01", status="draft"),
            "e.md": item(status="withdrawn"),
        }
    )
    newsroom.apply({}, gone=["b.md"])
    assert newsroom.writer.snapshot().counts(NOW) == dict.fromkeys(nothing, 1)


def test_scheduled_entries_are_given_soonest_first(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "late.md": item("Late", "2027-01-02T00:00Z"),
            "soon.md": item("Soon", "2026-07-01T12:00:01Z"),
            "draft.md": item("Draft", "2027-01-01", status="draft"),
            "now.md": item("Now", "2026-07-01T12:00:00Z"),
        }
    )
    late = to_microseconds(datetime(2027, 1, 2, tzinfo=UTC))
    assert newsroom.writer.snapshot().scheduled(NOW) == [
        ("soon", "Soon", NOW + SECOND),
        ("late", "Late", late),
    ]


def test_a_clock_that_was_set_changes_the_time_but_not_the_revision(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item()})
    newsroom.writer.record_clock_change(NOW + 5)
    snapshot = newsroom.writer.snapshot()
    assert (snapshot.revision, snapshot.changed) == (1, NOW + 5)


# A catalogue that cannot be used


def write_state(instance: Path, statement: str) -> None:
    connection = sqlite3.connect(instance / FILE)
    with connection:
        connection.execute(statement)
    connection.close()


def make_other_version(path: Path) -> None:
    write_state(path.parent, f"PRAGMA user_version = {VERSION + 1}")


def make_garbage(path: Path) -> None:
    path.write_bytes(b"What is this?" * 1000)


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def make_truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def make_stateless(path: Path) -> None:
    write_state(path.parent, "DROP TABLE state")


@pytest.mark.parametrize(
    "spoil", [make_other_version, make_garbage, make_empty, make_truncated, make_stateless]
)
def test_an_unusable_catalogue_is_not_served_and_is_built_anew(
    settings: Settings, newsroom: Newsroom, spoil: object
) -> None:
    assert callable(spoil)
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.close()
    spoil(settings.instance / FILE)
    with pytest.raises(CatalogueUnavailable), Catalogue(settings.instance).snapshot():
        pass
    newsroom.writer = Writer(settings.instance)
    assert (newsroom.writer.is_complete(), newsroom.writer.snapshot().fingerprints()) == (False, {})
    newsroom.publish({"a.md": item("Two")})
    # Another connection sees it: nothing of the old catalogue was left in its way.
    assert titles(settings.instance) == ["Two"]
    newsroom.writer.close()
    assert titles(settings.instance) == ["Two"]


def test_a_folder_in_the_catalogue_s_place_is_reported(settings: Settings) -> None:
    (settings.instance / FILE).mkdir(parents=True)
    with pytest.raises(CatalogueUnavailable, match=FILE):
        Writer(settings.instance)
    with pytest.raises(CatalogueUnavailable, match=FILE), Catalogue(settings.instance).snapshot():
        pass


def test_a_file_in_the_instance_s_place_is_reported(settings: Settings) -> None:
    settings.instance.write_bytes(b"")
    with pytest.raises(CatalogueUnavailable, match=FILE):
        Writer(settings.instance)


def test_a_catalogue_that_cannot_be_opened_now_is_not_thrown_away(
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


# A transaction that fails


def stored(newsroom: Newsroom) -> list[str]:
    connection = sqlite3.connect(newsroom.settings.instance / FILE)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a_batch_that_breaks_off_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    before = stored(newsroom)

    def updates() -> Iterator[FileUpdate]:
        yield newsroom.update("a.md", item("Two"))
        yield newsroom.update("b.md", BAD)
        raise MemoryError

    with pytest.raises(MemoryError):
        newsroom.writer.apply(updates(), ["a.md"], NOW)
    assert stored(newsroom) == before
    assert newsroom.apply({"a.md": item("Two")}).advanced is True


def test_a_full_disk_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    before = stored(newsroom)
    connection = newsroom.writer._connection  # noqa: SLF001 - no other way to fill a disk
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CatalogueUnavailable, match="full"):
        newsroom.apply({"a.md": item("Two"), "b.md": item(body="Long. " * 20_000)})
    assert stored(newsroom) == before


def test_a_locked_catalogue_is_reported(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.writer._connection.execute("PRAGMA busy_timeout = 0")  # noqa: SLF001 - not to wait
    other = sqlite3.connect(newsroom.settings.instance / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CatalogueUnavailable, match="locked"):
        newsroom.apply({"a.md": item("Two")})
    other.close()
    assert title_of(newsroom, "a") == "One"


# Those who read


def test_where_there_is_no_catalogue_it_is_unavailable(settings: Settings) -> None:
    with (
        pytest.raises(CatalogueUnavailable, match="there is no finished catalogue"),
        Catalogue(settings.instance).snapshot(),
    ):
        pass


def test_a_catalogue_that_is_not_whole_is_not_served(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with pytest.raises(CatalogueUnavailable), reader.snapshot():
        pass
    newsroom.writer.finish_first_index()
    newsroom.writer.finish_first_index()
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


def test_a_snapshot_stands_still_and_the_next_one_is_new(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with reader.snapshot() as snapshot:
        newsroom.apply({"a.md": item("Two")})
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["One"]
    with reader.snapshot() as snapshot:
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["Two"]


def test_the_newest_come_first_and_of_one_moment_the_greater_id(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01"),
            "b.md": item(date="2026-01-02"),
            "c.md": item(date="2026-01-01"),
            "d.md": item(date="2025-12-31"),
        }
    )
    snapshot = newsroom.writer.snapshot()
    assert [entry.id for entry in snapshot.newest(NOW, 3)] == ["b", "c", "a"]


def test_a_deleted_catalogue_is_served_as_it_last_was(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with reader.snapshot():
        pass
    shutil.rmtree(newsroom.settings.instance)
    for _ in range(2):
        with reader.snapshot() as snapshot:
            assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["One"]


def test_a_new_catalogue_is_served_from_when_it_is_whole(
    settings: Settings, newsroom: Newsroom
) -> None:
    newsroom.publish({"a.md": item("Old")})
    reader = Catalogue(settings.instance)
    with reader.snapshot():
        pass
    newsroom.writer.close()
    shutil.rmtree(settings.instance)
    newsroom.writer = Writer(settings.instance)
    newsroom.apply({"a.md": item("New")})
    with reader.snapshot() as snapshot:
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["Old"]
    newsroom.writer.finish_first_index()
    with reader.snapshot() as snapshot:
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["New"]


def test_damage_met_while_reading_is_reported_and_then_forgotten(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with pytest.raises(CatalogueUnavailable), reader.snapshot() as snapshot:
        snapshot._one("SELECT * FROM nowhere")  # noqa: SLF001 - stands for a damaged page
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


def test_threads_read_side_by_side(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    meeting = threading.Barrier(4, timeout=10)
    revisions = []

    def read() -> None:
        with reader.snapshot() as snapshot:
            meeting.wait()
            revisions.append(snapshot.revision)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert revisions == [1, 1, 1, 1]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_after_a_fork_the_child_opens_its_own(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with reader.snapshot():
        pass
    # SQLite's connections must not even be closed on the other side of a fork.
    of_parent = weakref.ref(reader._idle[0].connection)  # noqa: SLF001
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with patch.object(catalogue, "open_to_read", wraps=open_for_reading) as opens:
                for _ in range(2):
                    with reader.snapshot() as snapshot:
                        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["One"]
            gc.collect()  # a connection and its cache hold each other
            status = 0 if opens.call_count == 1 and of_parent() is not None else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be somebody whom file modes stop."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def read_only_room() -> Iterator[Newsroom]:
    """Give a newsroom whose catalogue everyone may read, and nobody but the owner write."""
    # pytest's own folders let nobody else in.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        instance = Path(folder) / "instance"
        room = Newsroom(Settings(instance=instance))
        room.publish({"a.md": item("One")})
        instance.chmod(0o555)
        yield room
        room.writer.close()
        instance.chmod(0o755)


def test_who_may_only_read_sees_what_a_running_writer_writes(read_only_room: Newsroom) -> None:
    reader = Catalogue(read_only_room.settings.instance)
    for title in ("One", "Two"):
        read_only_room.apply({"a.md": item(title)})
        with unprivileged(), reader.snapshot() as snapshot:
            assert [entry.title for entry in snapshot.newest(NOW, 10)] == [title]


def test_who_may_only_read_reads_what_a_writer_left(read_only_room: Newsroom) -> None:
    read_only_room.settings.instance.chmod(0o755)
    read_only_room.writer.close()
    read_only_room.settings.instance.chmod(0o555)
    with unprivileged():
        assert titles(read_only_room.settings.instance) == ["One"]


def test_who_reads_what_a_writer_left_sees_the_next_writer(read_only_room: Newsroom) -> None:
    instance = read_only_room.settings.instance
    reader = Catalogue(instance)
    instance.chmod(0o755)
    read_only_room.writer.close()
    instance.chmod(0o555)
    with unprivileged(), reader.snapshot():
        pass
    instance.chmod(0o755)
    read_only_room.writer = Writer(instance)
    instance.chmod(0o555)
    read_only_room.apply({"a.md": item("Two")})
    with unprivileged(), reader.snapshot() as snapshot:
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["Two"]


def test_an_entry_is_stored_as_it_is(newsroom: Newsroom) -> None:
    update = newsroom.update("a.md", item("One", guid="urn:x", categories="News", lang="ru"))
    assert update.stored
    newsroom.writer.apply([update], (), NOW)
    (entry,) = newsroom.writer.snapshot().newest(NOW, 1)
    assert isinstance(entry, Entry)
    assert prepare("a.md", update.fingerprint, Reading(entry, ())).stored == update.stored


def test_a_connection_of_another_process_is_left_alone(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with reader.snapshot():
        pass
    marked = reader.data_version()
    (before,), watched = reader._idle, reader._watched  # noqa: SLF001
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1
    assert reader.data_version() != marked
    assert reader._inherited == ([before], watched)  # noqa: SLF001
    assert before not in reader._idle  # noqa: SLF001
    assert reader._watched is not watched  # noqa: SLF001


def test_whichever_thread_asks_is_given_the_last_good_state(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)

    def read() -> int:
        reader.data_version()
        with reader.snapshot() as snapshot:
            return int(snapshot.revision)

    read()
    for file in newsroom.settings.instance.iterdir():
        file.unlink()
    with ThreadPoolExecutor(8) as threads:
        assert {future.result() for future in [threads.submit(read) for _ in range(64)]} == {1}
        # While the only one is lent, whoever else asks waits for it.
        with reader.snapshot():
            waiting = threads.submit(read)
            assert not wait([waiting], 0.2).done
        assert waiting.result(5) == 1


def test_a_reader_that_fails_does_not_keep_others_waiting(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)

    def fail(threads: ThreadPoolExecutor) -> Future[object]:
        with suppress(CatalogueUnavailable), reader.snapshot():
            for file in newsroom.settings.instance.iterdir():
                file.unlink()
            waiting: Future[object] = threads.submit(reader.snapshot().__enter__)
            assert not wait([waiting], 0.2).done
            raise sqlite3.DatabaseError
        return waiting

    with ThreadPoolExecutor(1) as threads:
        waiting = fail(threads)
    assert isinstance(waiting.exception(1), CatalogueUnavailable)


@pytest.mark.parametrize(("code", "damaged"), [(sqlite3.SQLITE_CORRUPT, True), (0, False)])
def test_damage_is_told_from_other_faults(code: int, *, damaged: bool) -> None:
    cause = sqlite3.DatabaseError()
    cause.sqlite_errorcode = code
    error = CatalogueUnavailable("told by")
    error.__cause__ = cause
    assert [is_damage(cause), is_damage(error), is_damage(None)] == [damaged, damaged, False]


@pytest.mark.parametrize("mishap", ["deleted", "replaced", "overwritten"])
def test_a_writer_notices_that_its_files_are_not_what_it_opened(
    newsroom: Newsroom, mishap: str
) -> None:
    newsroom.publish({"a.md": item("One")})
    newsroom.writer.require_sound()
    path = newsroom.settings.instance / FILE
    if mishap == "overwritten":
        for file in newsroom.settings.instance.iterdir():
            file.write_bytes(b"garbage" * 1000)
    else:
        path.unlink()
        if mishap == "replaced":
            other = newsroom.settings.instance / "other"
            Writer(other).close()
            (other / FILE).rename(path)
    with pytest.raises(CatalogueUnavailable):
        newsroom.writer.require_sound()


def test_damage_deep_inside_is_found_by_whoever_suspects_it(newsroom: Newsroom) -> None:
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
