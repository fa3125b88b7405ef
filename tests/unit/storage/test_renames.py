"""Renames and copies, one batch at a time: any sequence of them shows no text twice."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.storage.batch import Applied
from feedsvc.storage.updates import FileUpdate, prepare
from feedsvc.storage.writer import Writer
from tests.support.newsroom import NOW, Newsroom, item


@dataclass
class Folder:
    """Files by path, each a text and an inode, and the catalogue that follows them."""

    settings: Settings
    writer: Writer
    files: dict[str, tuple[bytes, int]]
    stored: dict[str, tuple[bytes, int]]

    def _update(self, path: str) -> FileUpdate:
        data, inode = self.files[path]
        settings, kept = self.settings, self.writer.kept([path]).get(path, "")
        reading = read(data, path, settings.parsing, settings.entries, kept=kept)
        # The data serve as their own digest.
        return prepare(path, "x", replace(reading, content=data, inode=inode))

    def follow(self, order: Iterable[str] | None = None) -> Applied:
        """Store what has changed, as a scan does; `order` is that of reading."""
        changed = [path for path in self.files if self.files[path] != self.stored.get(path)]
        gone = self.stored.keys() - self.files.keys()
        applied = self._apply(order or changed, gone)
        self.writer.apply((), gone, NOW)
        self.stored = dict(self.files)
        self._read_again()
        return applied

    def _apply(self, paths: Iterable[str], gone: Iterable[str]) -> Applied:
        updates = [self._update(path) for path in paths]
        applied = self.writer.apply(
            updates, (), NOW, absent=frozenset(gone), is_there=self.files.__contains__
        )
        if applied.renamed:
            self._apply(sorted(applied.renamed), gone)
        return applied

    def _read_again(self) -> None:
        while again := self.writer.apply((), (), NOW).again:
            self._apply(again, ())

    def shown(self) -> dict[str, str]:
        """Return the titles of the entries, by id."""
        return {entry.id: entry.title for entry in self.writer.snapshot().newest(NOW, 100)}

    def problems(self) -> dict[str, str]:
        """Return the code of the problem of each path; each has one at most."""
        return {problem.path: problem.code for problem in self.writer.snapshot().problems()}


@pytest.fixture
def folder(settings: Settings) -> Iterable[Folder]:
    with closing(Writer(settings.instance)) as writer:
        writer.finish_first_index()
        yield Folder(settings, writer, {}, {})


def lay(folder: Folder, titles: Mapping[str, str]) -> None:
    """Have files with these titles, at once; each title has one inode."""
    folder.files = {path: (item(title), hash(title)) for path, title in titles.items()}


ROTATED = {"a.md": "B", "b.md": "C", "c.md": "A"}


@pytest.mark.parametrize("order", [*permutations(ROTATED)])
def test_files_change_their_names_in_a_circle(folder: Folder, order: tuple[str, ...]) -> None:
    lay(folder, {"a.md": "A", "b.md": "B", "c.md": "C"})
    folder.follow()
    lay(folder, ROTATED)
    assert folder.follow(order).problems == ()
    assert folder.shown() == {"a": "A", "b": "B", "c": "C"}
    assert set(folder.problems().values()) == {"renamed"}


def test_whoever_moves_a_file_over_another_replaces_its_text(folder: Folder) -> None:
    lay(folder, {"a.md": "A", "b.md": "B", "c.md": "C"})
    folder.follow()
    # In a row: the text of the first is lost, so every name keeps its entry.
    lay(folder, {"a.md": "B", "b.md": "C"})
    folder.follow()
    assert folder.shown() == {"a": "B", "b": "C"}
    assert folder.problems() == {}


def test_a_thousand_files_take_the_names_of_their_neighbours(folder: Folder) -> None:
    names = [f"{number:03}.md" for number in range(1000)]
    lay(folder, {name: name for name in names})
    folder.follow()
    before = folder.shown()
    lay(folder, {f"0{name}" if name == names[0] else name: name for name in names})
    folder.follow()
    assert folder.shown() == before
    lay(folder, dict(zip(names, (*names[1:], names[0]), strict=True)))
    folder.follow()
    assert folder.shown() == before


def test_of_two_files_that_have_come_for_one_the_other_is_a_copy(folder: Folder) -> None:
    lay(folder, {"a.md": "A"})
    folder.follow()
    lay(folder, {"copy.md": "A", "b.md": "A"})
    folder.follow()
    assert folder.shown() == {"a": "A"}
    assert folder.problems() == {"b.md": "renamed", "copy.md": "copy"}
    lay(folder, {})
    folder.follow()
    lay(folder, {"d.md": "A", "e (1).md": "A"})
    folder.follow()
    assert folder.shown() == {"a": "A"}
    assert folder.problems() == {"d.md": "renamed", "e (1).md": "copy"}


def test_a_text_that_comes_back_under_its_own_name_needs_no_warning(folder: Folder) -> None:
    lay(folder, {"a.md": "A"})
    folder.follow()
    lay(folder, {})
    folder.follow()
    lay(folder, {"a.md": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"a": "A"}, {})


def test_a_file_that_had_other_news_before_keeps_its_id_when_it_gets_a_text_that_was_gone(
    folder: Folder,
) -> None:
    lay(folder, {"a.md": "A", "b.md": "B"})
    folder.follow()
    lay(folder, {"b.md": "B"})
    folder.follow()
    lay(folder, {"b.md": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"b": "A"}, {})


def test_another_kind_of_text_under_the_same_name_is_the_same_entry(folder: Folder) -> None:
    folder.files = {"a.md": (item("A"), 1)}
    folder.follow()
    folder.files = {"a.markdown": (item("A"), 1)}
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"a": "A"}, {})


def test_two_kinds_of_one_name_with_one_text_are_a_text_and_its_copy(folder: Folder) -> None:
    lay(folder, {"a.md": "A"})
    folder.follow()
    lay(folder, {"a.md": "A", "a.markdown": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"a": "A"}, {"a.markdown": "copy"})


def test_a_file_that_is_read_again_and_its_new_copy_are_told_apart(folder: Folder) -> None:
    folder.files = {"b.md": (item("A"), 1)}
    folder.follow()
    folder.files = {"b.md": (item("A"), 2), "a.md": (item("A"), 3)}
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"b": "A"}, {"a.md": "copy"})


def test_a_published_file_that_gets_the_text_of_another_keeps_its_last_good_version(
    folder: Folder,
) -> None:
    lay(folder, {"a.md": "A", "b.md": "B"})
    folder.follow()
    lay(folder, {"a.md": "A", "b.md": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"a": "A", "b": "B"}, {"b.md": "copy"})
    lay(folder, {"b.md": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"b": "A"}, {})


def test_a_file_keeps_its_own_entry_while_others_exchange_their_texts(folder: Folder) -> None:
    lay(folder, {"a.md": "A", "b.md": "B"})
    folder.follow()
    # The old text of one is now in the other, which had its own, and is no more.
    lay(folder, {"a.md": "C", "b.md": "A"})
    folder.follow()
    assert (folder.shown(), folder.problems()) == ({"a": "C", "b": "A"}, {})


def test_an_id_in_the_text_moves_with_it_and_a_number_is_added_only_to_names(
    folder: Folder,
) -> None:
    lay(folder, {"a.md": "A"})
    folder.follow()
    lay(folder, {"b.md": "A"})
    folder.follow()
    folder.files |= {"c.md": (item("C", id="a"), 3), "a.md": (item("N"), 4)}
    folder.follow()
    assert folder.shown() == {"a": "A", "a-2": "N"}
    assert folder.problems() == {"a.md": "renamed", "b.md": "renamed", "c.md": "id-twice"}
    # One that is known by another id, and now claims this one by its name, keeps that.
    folder.files |= {"sub/a.md": (item("X", id="x"), 5)}
    folder.follow()
    folder.files |= {"sub/a.md": (item("Y"), 5)}
    folder.follow()
    assert folder.shown() == {"a": "A", "a-2": "N", "x": "X"}


def test_a_copy_of_one_whose_id_another_file_takes_is_read_again(folder: Folder) -> None:
    folder.files = {"a.md": (item("A"), 1), "copy.md": (item("A"), 2)}
    folder.follow()
    assert folder.problems() == {"copy.md": "copy"}
    folder.files = {"b.md": (item("B", id="a"), 3), "copy.md": (item("A"), 2)}
    folder.follow()
    assert folder.shown() == {"a": "B", "copy": "A"}


def test_a_copy_stays_one_while_its_original_is_edited(folder: Folder) -> None:
    folder.files = {"a.md": (item("A"), 1), "copy.md": (item("A"), 2)}
    folder.follow()
    folder.files["a.md"] = (item("A2"), 1)
    folder.follow()
    # Read again, as when a picture beside it has changed.
    folder.follow(["copy.md"])
    assert folder.shown() == {"a": "A2"}
    assert folder.problems() == {"copy.md": "copy"}


def test_files_that_go_together_leave_no_copy_of_each_other(folder: Folder) -> None:
    lay(folder, {"a.md": "A", "a (1).md": "A", "a (2).md": "A"})
    folder.follow()
    lay(folder, {})
    folder.follow()
    assert (folder.shown(), folder.stored) == ({}, {})
    assert folder.writer.snapshot().fingerprints() == {}


@pytest.mark.parametrize("order", [*permutations(["n.md", "n (1).md", "Copy of n.md", "n (2).md"])])
def test_the_first_index_finds_the_original_in_any_order(
    settings: Settings, order: tuple[str, ...]
) -> None:
    with closing(Writer(settings.instance)) as writer:
        folder = Folder(settings, writer, {}, {})
        for number, path in enumerate(order):
            folder.files[path] = (item("N"), number)
            folder.follow()
        assert folder.shown() == {"n": "N"}
        found = {each.path: each.values for each in writer.snapshot().problems()}
        assert found == {path: (("other", "n.md"),) for path in order if path != "n.md"}
        assert writer.snapshot().counts(NOW)["removed"] == 0


PATHS = st.sampled_from(["a.md", "b.md", "c.md", "sub/d.md"])
steps = st.lists(
    st.tuples(st.sampled_from(["move", "copy", "edit", "delete"]), PATHS, PATHS), max_size=12
)


@given(steps)
@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_changes_shows_a_text_twice_or_loses_one(
    settings: Settings, changes: list[tuple[str, str, str]]
) -> None:
    with TemporaryDirectory() as instance, closing(Writer(Path(instance))) as writer:
        writer.finish_first_index()
        folder = Folder(settings, writer, {}, {})
        for number, (action, path, other) in enumerate(changes):
            before, was_copy = folder.shown(), folder.problems().get(path) == "copy"
            is_moved = action == "move" and path in folder.files and other not in folder.files
            if action == "edit" or path not in folder.files:
                folder.files[path] = (item(f"T{number}"), number)
            elif action == "delete":
                del folder.files[path]
            elif other not in folder.files:
                data, inode = folder.files[path]
                folder.files[other] = (data, inode if action == "move" else number + 1000)
                if action == "move":
                    del folder.files[path]
            folder.follow()
            shown, problems = folder.shown(), folder.problems()
            if is_moved and not was_copy:
                assert shown == before
            assert len(set(shown.values())) == len(shown)
            for name, (data, _) in folder.files.items():
                title = data.split(b'"')[1].decode()
                assert title in shown.values() or problems.get(name) in ("copy", "id-twice")
            assert set(problems.values()) <= {"renamed", "copy", "id-twice", "id-from-name"}


def test_files_that_gave_their_ids_up_before_they_are_gone_are_no_news(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("A", id="y"), "b.md": item("B", id="z")})
    newsroom.apply({"c.md": item("C", id="z"), "b.md": item("B2", id="y")})
    newsroom.apply({}, gone=["b.md", "a.md"])
    found = newsroom.writer.snapshot().find("z", NOW)
    assert found is not None
    assert found[:2] == ("published", "C")
