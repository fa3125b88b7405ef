"""How the index follows the catalogue, and recovers from harm."""

import os
import sqlite3
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.errors import SearchUnavailable
from feedsvc.search import indexer
from feedsvc.search.index import DAMAGED
from feedsvc.search.indexer import Indexer
from feedsvc.search.query import parse
from feedsvc.search.stemming import words as words_of
from feedsvc.search.terms import index_text
from feedsvc.search.vocabulary import term
from feedsvc.settings import Settings
from feedsvc.text import plain
from tests.support.newsroom import NOW, SECOND, Newsroom, item
from tests.support.search_index import IndexedNewsroom

DAY = 86400 * SECOND
EVENTS = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(["published", "published", "draft", "withdrawn", "broken", "gone", "index"]),
    st.sampled_from(["двор", "двор парк", "парк", "школа двора"]),
    st.sampled_from(["2026-01-01", "2026-01-02", "2026-07-02", "2026-07-01T15:00:00+03:00"]),
)


@given(st.lists(EVENTS, max_size=14), st.booleans())
@hypothesis_settings(max_examples=40)
def test_after_any_history_exactly_the_public_entries_with_the_words_are_found(
    history: list[tuple[str, str, str, str]],
    is_behind: bool,  # noqa: FBT001 - drawn
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder)))
        index = IndexedNewsroom(newsroom)
        index.publish({})
        try:
            for event in history:
                play(index, *event)
            if not is_behind:
                index.catch_up()
            for now in (NOW - DAY, NOW, NOW + 2 * DAY):
                for words in ("двор", "парками", "школе дворов", '"школа двор"'):
                    found, expected = index.found(words, now), read_all(newsroom, words, now)
                    # An index that is behind finds less, but nothing that is not so any more.
                    assert (set(found) <= set(expected)) if is_behind else (found == expected)
        finally:
            index.indexer.close()
            newsroom.writer.close()


def play(index: IndexedNewsroom, name: str, status: str, words: str, date: str) -> None:
    if status == "index":
        index.advance()
    elif status == "gone":
        index.newsroom.apply({}, gone=[f"{name}.md"])
    elif status == "broken":
        index.newsroom.apply({f"{name}.md": b"broken"})
    else:
        index.newsroom.apply({f"{name}.md": item("Заголовок", date, words, status=status)})


def read_all(newsroom: Newsroom, words: str, now: int) -> list[str]:
    """Return what a search must find, from reading every public entry."""
    parts = parse(words).parts
    found = []
    for entry in newsroom.edition(now).newest(100):
        text = [lexemes(word) for word in words_of(plain(entry.html))]
        if all(is_in(text, [lexemes(word) for word in part]) for part in parts):
            found.append(entry.id)
    return found


def lexemes(form: str) -> set[str]:
    """Return the words that a form in the dictionary may belong to."""
    return set(term(form).strip("-").split("-"))


def is_in(text: list[set[str]], phrase: list[set[str]]) -> bool:
    """Return whether a text has each word of a phrase, in their order."""
    places = range(len(text) - len(phrase) + 1)
    return any(all(a & b for a, b in zip(text[at:], phrase, strict=False)) for at in places)


def test_an_empty_catalogue_is_caught_up_with(index: IndexedNewsroom) -> None:
    index.publish({})
    assert index.found("двор") == []
    assert index.state()["caught_up"] == 1


def test_an_entry_whose_file_was_renamed_is_not_indexed_again(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    index.publish({"b.md": item("Двор", id="a")}, gone=("a.md",))
    assert index.found("двор") == ["a"]
    assert (index.state()["held"], index.state()["tombstones"]) == (1, 0)


def test_a_new_indexer_goes_on_where_the_last_one_stopped(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    index.indexer.close()
    inode = os.stat(index.path).st_ino
    index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
    index.indexer = Indexer(index.newsroom.settings.instance, "en")
    with patch.object(indexer, "index_text", wraps=index_text) as indexed:
        index.catch_up()
    assert indexed.call_count == 1
    assert index.found("двор") == ["b", "a"]
    assert os.stat(index.path).st_ino == inode


def test_many_entries_are_written_in_several_transactions(
    index: IndexedNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "READ_SIZE", 2)
    monkeypatch.setattr(indexer, "WRITE_SIZE", 4)
    monkeypatch.setattr(indexer, "MERGE_PAGES", 1)
    index.newsroom.publish({f"{number:02}.md": item("Двор") for number in range(30)})
    held = []
    while index.advance():
        held.append((index.state()["held"], index.state()["caught_up"]))
    assert set(held) == {*((number, 0) for number in range(0, 29, 4)), (30, 1)}
    assert index.found("двор") == [f"{number:02}" for number in range(29, 19, -1)]


@pytest.mark.usefixtures("impatient")
def test_another_catalogue_gets_another_index(settings: Settings) -> None:
    for title in ("Двор", "Парк"):
        newsroom = Newsroom(settings)
        index = IndexedNewsroom(newsroom)
        index.publish({"a.md": item(title)})
        assert index.found("двор") == (["a"] if title == "Двор" else [])
        assert index.found("парк") == (["a"] if title == "Парк" else [])
        index.indexer.close()
        newsroom.writer.close()
        for path in settings.instance.glob("catalogue.*"):
            path.unlink()


@pytest.mark.usefixtures("impatient")
def test_an_index_that_a_search_found_damaged_is_recreated(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    # The search holds the file open, so that the new one cannot get its inode.
    assert index.found("двор") == ["a"]
    index.path.with_name(DAMAGED).touch()
    inode = os.stat(index.path).st_ino
    index.catch_up()
    assert os.stat(index.path).st_ino != inode
    assert not index.path.with_name(DAMAGED).exists()
    assert index.found("двор") == ["a"]


@pytest.mark.usefixtures("impatient")
def test_a_process_that_locks_the_index_delays_nothing(
    index: IndexedNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    index.publish({"a.md": item("Двор")})
    with closing(sqlite3.connect(index.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
        start = time.monotonic()
        for _ in range(3):
            index.catch_up()
        assert time.monotonic() - start < 3
        assert index.found("двор") == ["a"]
        other.execute("ROLLBACK")
    assert len(caplog.messages) == 1
    index.catch_up()
    assert index.found("двор") == ["b", "a"]


@pytest.mark.usefixtures("impatient")
def test_the_last_of_the_disk_is_not_used(
    index: IndexedNewsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index.publish({"a.md": item("Двор")})
    monkeypatch.setattr(indexer, "DISK_RESERVE", 2**62)
    index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
    index.catch_up()
    assert index.found("двор") == ["a"]
    assert caplog.messages == [
        f"the search index cannot be updated: {index.path}: the disk is almost full"
    ]
    monkeypatch.setattr(indexer, "DISK_RESERVE", 0)
    index.catch_up()
    assert index.found("двор") == ["b", "a"]


def test_after_a_fault_the_work_is_tried_again_later_and_the_fault_logged_once(
    index: IndexedNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    index.path.mkdir(parents=True)
    for _ in range(3):
        index.publish({"a.md": item("Двор")})
    assert len(caplog.messages) == 1
    with pytest.raises(SearchUnavailable):
        index.found("двор")
    index.path.rmdir()
    index.catch_up()
    assert not index.path.exists()
    with patch.object(time, "monotonic", return_value=time.monotonic() + 2 * indexer.MIN_PAUSE):
        index.catch_up()
    assert index.found("двор") == ["a"]


def test_the_pause_after_repeated_faults_grows_up_to_a_bound(index: IndexedNewsroom) -> None:
    index.newsroom.publish({"a.md": item("Двор")})
    attempts = []
    locked = sqlite3.OperationalError("locked")
    with (
        patch.object(time, "monotonic") as clock,
        patch.object(indexer, "open_for_writing", side_effect=locked) as opened,
    ):
        for second in range(400):
            clock.return_value = float(second)
            before = opened.call_count
            index.advance()
            if opened.call_count > before:
                attempts.append(second)
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert pauses == [1, 2, 4, 8, 16, 32, *[60] * (len(pauses) - 6)]
    assert len(pauses) > 8


@pytest.mark.usefixtures("impatient")
def test_an_index_with_too_many_tombstones_is_recreated(
    index: IndexedNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "MAX_TOMBSTONES", 5)
    for number in range(6):
        index.publish({"a.md": item("Двор", body=f"Слово{number}.")})
        assert index.state()["tombstones"] == number
    index.publish({"a.md": item("Двор", body="Слово6.")})
    assert index.state()["tombstones"] == 0
    assert index.found("слово6 двор") == ["a"]
    assert index.found("слово1") == []


def test_a_new_index_is_merged_less_and_a_made_one_to_few_segments(
    index: IndexedNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "WRITE_SIZE", 1)

    def segments() -> int:
        with closing(sqlite3.connect(index.path)) as connection:
            query = "SELECT count(DISTINCT segid) FROM words_idx"
            return int(connection.execute(query).fetchone()[0])

    index.newsroom.publish({f"{number}.md": item("Двор") for number in range(60)})
    most = 0
    while index.advance():
        most = max(most, segments())
    assert most > 8
    assert segments() <= 8
    # So it stays, also for another process.
    index.indexer.close()
    for number in range(20):
        index.publish({f"{number}.md": item("Парк")})
    assert segments() <= 8
