"""The log of changes, read by a subscriber that remembers nothing but its position."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.dates import from_microseconds
from feedsvc.settings import Settings
from feedsvc.storage.changes import Changes, EntryEvent, Position
from tests.support.newsroom import NOW, SECOND, Newsroom, item

LATER = NOW + SECOND


def at(moment: int) -> str:
    return from_microseconds(moment).isoformat()


class Subscriber:
    """Knows which entries are public, by id and title, from the events it has read."""

    def __init__(self, newsroom: Newsroom, limit: int = 10) -> None:
        self._newsroom = newsroom
        self._limit = limit
        self._stored = msgspec.json.encode(Position())
        self.public: dict[str, str] = {}

    @property
    def position(self) -> Position:
        return msgspec.json.decode(self._stored, type=Position)

    def read(self, now: int = NOW) -> list[EntryEvent]:
        """Read one portion of events, and store the position as text."""
        changes = Changes(self._newsroom.writer.snapshot(), now)
        events, position = changes.after(self.position, self._limit)
        assert len(events) <= self._limit
        self._stored = msgspec.json.encode(position)
        for event in events:
            self.public.pop(event.row.id, None)
            if event.is_public:
                assert event.entry is not None
                self.public[event.row.id] = event.entry.title
        return events

    def read_all(self, now: int = NOW) -> list[tuple[str, bool]]:
        """Read until there are no more events; return each one's id and whether it is public."""
        found = []
        while events := self.read(now):
            found += [(event.row.id, event.is_public) for event in events]
            assert len(found) < 1000, "the same events come again and again"
        return found


# What is written


def test_without_entries_there_are_no_events(newsroom: Newsroom) -> None:
    assert Subscriber(newsroom).read_all() == []


def test_a_changed_entry_is_reported_once_as_it_is_now(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One"), "b.md": item("B")})
    subscriber = Subscriber(newsroom)
    assert subscriber.read_all() == [("a", True), ("b", True)]
    for title in ("Two", "Three"):
        newsroom.apply({"a.md": item(title)})
    assert subscriber.read_all() == [("a", True)]
    assert subscriber.public == {"a": "Three", "b": "B"}
    assert subscriber.read_all() == []


@pytest.mark.parametrize("status", ["withdrawn", "draft"])
def test_an_entry_that_is_withdrawn_or_a_draft_again_is_reported_without_its_content(
    newsroom: Newsroom, status: str
) -> None:
    newsroom.apply({"a.md": item("One")})
    subscriber = Subscriber(newsroom)
    subscriber.read_all()
    newsroom.apply({"a.md": item("One", status=status)})
    (event,) = subscriber.read()
    assert (event.row.id, event.row.status) == ("a", status)
    assert (event.is_public, event.entry) == (False, None)


def test_a_removed_entry_is_reported(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    subscriber = Subscriber(newsroom)
    subscriber.read_all()
    newsroom.apply({}, gone=["a.md"])
    (event,) = subscriber.read()
    assert (event.row.id, event.row.status) == ("a", "removed")
    assert (event.is_public, event.entry) == (False, None)


@pytest.mark.parametrize("hidden", [item(status="draft"), item(date="2027-01-01")])
def test_an_entry_that_was_hidden_before_it_was_removed_is_reported(
    newsroom: Newsroom, hidden: bytes
) -> None:
    newsroom.apply({"a.md": item("One")})
    subscriber = Subscriber(newsroom)
    subscriber.read_all()
    newsroom.apply({"a.md": hidden})
    newsroom.apply({}, gone=["a.md"])
    assert subscriber.read_all() == [("a", False)]
    assert subscriber.position.sequence == newsroom.writer.snapshot().sequence
    newsroom.apply({"a.md": item("Again")})
    assert Subscriber(newsroom).read_all() == subscriber.read_all() == [("a", True)]


def test_no_more_events_than_the_limit_are_returned_at_a_time(newsroom: Newsroom) -> None:
    newsroom.apply({f"{name}.md": item() for name in "abcde"})
    subscriber = Subscriber(newsroom, limit=2)
    portions = [[event.row.id for event in subscriber.read()] for _ in range(4)]
    assert portions == [["a", "b"], ["c", "d"], ["e"], []]


# What only time changes


def test_a_scheduled_entry_is_reported_when_it_is_written_and_when_its_time_comes(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item("One", at(LATER))})
    subscriber = Subscriber(newsroom)
    (event,) = subscriber.read()
    assert (event.row.id, event.is_public) == ("a", False)
    assert event.entry is not None  # its content is known already
    assert subscriber.read_all(LATER - 1) == []
    assert subscriber.read_all(LATER) == [("a", True)]
    assert subscriber.read_all(LATER) == subscriber.read_all(LATER + 1) == []


def test_a_scheduled_entry_whose_time_came_unread_is_reported_once(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", at(LATER)), "b.md": item()})
    subscriber = Subscriber(newsroom, limit=1)
    assert [event.row.id for event in subscriber.read()] == ["a"]
    newsroom.apply({"a.md": item("Two", at(LATER))})
    assert subscriber.read_all(LATER) == [("b", True), ("a", True)]


@pytest.mark.parametrize("unread", [True, False])
def test_an_entry_published_since_the_last_reading_is_reported_once(
    newsroom: Newsroom, *, unread: bool
) -> None:
    subscriber = Subscriber(newsroom)
    if not unread:
        newsroom.apply({"b.md": item()})
    subscriber.read_all()
    newsroom.apply({"a.md": item("One", at(LATER))})
    assert subscriber.read_all(LATER + 1) == [("a", True)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_entries_of_one_moment_are_all_reported_once_whatever_the_limit(
    newsroom: Newsroom, limit: int
) -> None:
    for name in "gbdcafe":
        newsroom.apply({f"{name}.md": item(date=at(LATER))})
    newsroom.apply({"h.md": item(date=at(LATER + SECOND))})
    subscriber = Subscriber(newsroom, limit)
    subscriber.read_all()
    assert subscriber.read_all(LATER) == [(name, True) for name in "gbdcafe"]
    # The clock is set back, and comes to the same moment again.
    assert subscriber.read_all(LATER - 1) == [(name, False) for name in "gbdcafe"]
    assert subscriber.read_all(LATER + SECOND) == [(name, True) for name in "gbdcafeh"]


def test_an_entry_changed_while_others_of_its_moment_are_read_is_reported_as_it_is_now(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({f"{name}.md": item("Old", at(LATER)) for name in "abc"})
    subscriber = Subscriber(newsroom, limit=1)
    subscriber.read_all()
    assert [event.row.id for event in subscriber.read(LATER)] == ["a"]
    newsroom.apply({"a.md": item("New", at(LATER)), "c.md": item("New", at(LATER))})
    assert subscriber.read_all(LATER) == [("b", True), ("a", True), ("c", True)]
    assert subscriber.public == {"a": "New", "b": "Old", "c": "New"}


def test_an_entry_that_ends_is_reported_at_its_end_and_not_before(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(expires=at(LATER)), "b.md": item(status="draft")})
    subscriber = Subscriber(newsroom)
    subscriber.read_all()
    assert subscriber.public == {"a": "Title"}
    assert subscriber.read_all(LATER - 1) == []
    assert subscriber.read_all(LATER) == [("a", False)]
    assert subscriber.read_all(LATER) == subscriber.read_all(LATER + 1) == []
    # The clock is set back.
    assert subscriber.read_all(LATER - 1) == [("a", True)]


def test_an_entry_that_began_and_ended_unread_was_never_public(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date=at(LATER), expires=at(LATER + SECOND)), "b.md": item()})
    subscriber = Subscriber(newsroom, limit=1)
    subscriber.read_all()
    events = subscriber.read_all(LATER + SECOND)
    assert {*events} == {("a", False)}


def test_a_clock_set_back_among_entries_of_which_half_are_read_loses_none(
    newsroom: Newsroom,
) -> None:
    first, second, third, last = (NOW + seconds * SECOND for seconds in (2, 3, 5, 6))
    newsroom.apply({"a.md": item(date=at(first), expires=at(third)), "b.md": item()})
    newsroom.apply({"c.md": item(date=at(second))})
    subscriber = Subscriber(newsroom, limit=1)
    subscriber.read_all()
    assert [event.is_public for event in subscriber.read(last)] == [False]
    subscriber.read_all(first)
    assert subscriber.public == {"a": "Title", "b": "Title"}


def test_a_clock_that_goes_on_among_entries_of_which_half_are_read_loses_none(
    newsroom: Newsroom,
) -> None:
    for seconds, name in ((1, "a"), (2, "b"), (5, "c")):
        newsroom.apply({f"{name}.md": item(date=at(NOW + seconds * SECOND))})
    subscriber = Subscriber(newsroom, limit=1)
    subscriber.read_all()
    assert [event.row.id for event in subscriber.read(NOW + 3 * SECOND)] == ["a"]
    assert subscriber.read_all(NOW + 6 * SECOND) == [("b", True), ("c", True)]
    # It is set back twice, before all of that is read.
    assert [event.row.id for event in subscriber.read(NOW + 3 * SECOND)] == ["c"]
    assert subscriber.read_all(NOW) == [("a", False), ("b", False), ("c", False)]
    assert subscriber.public == {}


# Any history

PATHS = ("a.md", "b.md", "c.md")
# Few moments, in seconds from NOW, so that several entries share one.
moments = st.integers(-1, 1)
Change = Callable[[Newsroom, int], int]


def write(paths: set[str], moment: int, status: str, length: int) -> Change:
    def change(newsroom: Newsroom, now: int) -> int:
        keys = {"expires": at(NOW + (moment + length) * SECOND)} if length else {}
        data = item(f"{moment} {status}", at(NOW + moment * SECOND), status=status, **keys)
        newsroom.apply(dict.fromkeys(sorted(paths), data), now=now)
        return now

    return change


def remove(path: str) -> Change:
    def change(newsroom: Newsroom, now: int) -> int:
        newsroom.apply({}, gone=[path], now=now)
        return now

    return change


def set_clock(moment: int) -> Change:
    return lambda _newsroom, _now: NOW + moment * SECOND


clocks = st.integers(-1, 4)


changes = st.one_of(
    st.builds(
        write,
        st.sets(st.sampled_from(PATHS), min_size=1),
        moments,
        st.sampled_from(["published", "draft", "withdrawn"]),
        st.integers(0, 3),
    ),
    st.builds(remove, st.sampled_from(PATHS)),
    st.builds(set_clock, clocks),
)
# Each change, and how many portions of events are read after it.
histories = st.lists(st.tuples(changes, st.integers(0, 3)), min_size=5, max_size=15)


@given(history=histories, limit=st.integers(1, 3))
@hypothesis_settings(max_examples=50)
def test_after_any_history_a_subscriber_knows_exactly_what_is_public(
    history: list[tuple[Change, int]], limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder)))
        try:
            subscriber = Subscriber(newsroom, limit)
            now = NOW
            for change, portions in history:
                now = change(newsroom, now)
                for _ in range(portions):
                    subscriber.read(now)
            subscriber.read_all(now)
            public = newsroom.edition(now).newest(10)
            assert subscriber.public == {entry.id: entry.title for entry in public}
        finally:
            newsroom.writer.close()


def test_an_event_tells_the_page_of_what_is_gone_and_the_text_of_what_is_withdrawn(
    newsroom: Newsroom,
) -> None:
    subscriber = Subscriber(newsroom)
    newsroom.publish({name: item(name) for name in ("kept.md", "removed.md")})
    newsroom.apply({"draft.md": item(status="draft")})
    subscriber.read()
    newsroom.apply({"kept.md": item("Withdrawn", status="withdrawn")}, ["removed.md", "draft.md"])
    events = {event.row.id: event for event in subscriber.read()}
    withdrawn = events["kept"].row.last()
    assert (withdrawn and withdrawn.title, events["kept"].entry) == ("Withdrawn", None)
    assert events["removed"].row.page.endswith("/removed.html")
    assert [events[name].row.last() for name in ("removed", "draft")] == [None, None]
    assert events["draft"].row.page == ""
