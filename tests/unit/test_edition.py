import tempfile
from pathlib import Path

import pytest
from dateutil.parser import parse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.dates import from_microseconds
from feedsvc.edition import Edition, GoneEntry, ValidityPeriod
from feedsvc.model import Entry
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, SECOND, Newsroom, item

DAY = 86400 * SECOND


def newest(newsroom: Newsroom, now: int = NOW) -> list[str]:
    return [entry.id for entry in newsroom.edition(now).newest(10)]


def test_a_published_entry_is_listed_and_found(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    edition = newsroom.edition()
    assert edition.newest(10) == (edition.find("a"),)
    assert isinstance(edition.find("a"), Entry)


def test_an_id_that_never_was_is_not_found(newsroom: Newsroom) -> None:
    assert newsroom.edition().find("a") is None


def test_a_draft_is_neither_listed_nor_found(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(status="draft")})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


@pytest.mark.parametrize("status", ["published", "withdrawn"])
def test_nothing_is_seen_before_its_time(newsroom: Newsroom, status: str) -> None:
    newsroom.apply({"a.md": item(date="2026-07-01T12:00:01Z", status=status)})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


def test_an_entry_is_seen_from_its_time_on(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date="2026-07-01T12:00:01Z")})
    assert newest(newsroom, NOW + SECOND - 1) == []
    assert newest(newsroom, NOW + SECOND) == ["a"]
    assert isinstance(newsroom.edition(NOW + SECOND).find("a"), Entry)


@pytest.mark.parametrize("reason", [None, "A mistake."])
def test_of_a_withdrawn_entry_title_and_reason_are_left(
    newsroom: Newsroom, reason: str | None
) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply(
        {"a.md": item("One", status="withdrawn", **({"reason": reason} if reason else {}))}
    )
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], GoneEntry("One", reason))


def test_of_a_removed_entry_the_title_is_left(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", reason="not withdrawn, so not told")})
    newsroom.apply({}, gone=["a.md"])
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], GoneEntry("One"))


def test_an_entry_made_a_draft_again_is_as_if_it_never_was(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply({"a.md": item("One", status="draft")})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


def test_no_more_than_the_limit_are_listed(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(date=f"2026-01-0{day}") for day in range(1, 6)})
    assert [entry.id for entry in newsroom.edition().newest(2)] == ["5", "4"]


def test_an_update_is_not_told_before_its_time(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(updated="2026-07-01T12:00:01Z")})
    told = []
    for now in (NOW, NOW + SECOND):
        found = newsroom.edition(now).find("a")
        assert isinstance(found, Entry)
        assert newsroom.edition(now).newest(1) == (found,)
        told.append(found.updated)
    assert told == [parse("2026-01-01T00:00+03:00"), from_microseconds(NOW + SECOND)]


def test_of_steps_those_are_unchanged_whose_entries_are_public_and_as_they_were(
    newsroom: Newsroom,
) -> None:
    def step(data: bytes) -> int:
        newsroom.apply({"a.md": data})
        return int(newsroom.writer.snapshot().sequence)

    later = item("One", "2026-07-01T12:00:01Z")
    first, draft, due = step(item("One")), step(item("One", status="draft")), step(later)
    steps = (first, draft, due, due + 1)
    assert newsroom.edition().unchanged(steps) == frozenset()
    assert newsroom.edition(NOW + SECOND).unchanged(steps) == {due}
    assert newsroom.edition(NOW + SECOND).unchanged(()) == frozenset()
    withdrawn = step(item("One", status="withdrawn"))
    assert newsroom.edition().unchanged((due, withdrawn)) == frozenset()


# Periods


def test_the_period_of_an_empty_catalogue_has_no_bounds(newsroom: Newsroom) -> None:
    assert newsroom.edition().period == ValidityPeriod(revision=0, since=0, until=None, changed=0)


def test_a_period_reaches_from_one_turn_to_the_next(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-06-29T12:00Z", updated="2026-06-30T12:00Z"),
            "b.md": item(date="2026-07-02T12:00Z", updated="2026-07-03T12:00Z"),
        },
        now=NOW - 10 * DAY,
    )
    bounds = [NOW + day * DAY for day in (-2, -1, 1, 2)]
    periods = [newsroom.edition(now).period for now in (NOW - 3 * DAY, *bounds)]
    assert [(period.since, period.until) for period in periods] == [
        (0, bounds[0]),
        (bounds[0], bounds[1]),
        (bounds[1], bounds[2]),
        (bounds[2], bounds[3]),
        (bounds[3], None),
    ]
    # What is public changes with the catalogue, and then with every turn.
    assert [period.changed for period in periods] == [NOW - 10 * DAY, *bounds]


def test_a_change_of_the_catalogue_is_a_change_of_what_is_public(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date="2026-06-29T12:00Z")}, now=NOW - SECOND)
    assert newsroom.edition().period == ValidityPeriod(
        revision=1, since=NOW - 2 * DAY, until=None, changed=NOW - SECOND
    )


hours = st.integers(0, 12)
# In seconds: at the full hours and just beside them is where something can go wrong.
near_a_turn = st.builds(lambda hour, beside: hour * 3600 + beside, hours, st.integers(-1, 1))


@given(
    entries=st.lists(
        st.tuples(hours, hours, st.sampled_from(["published", "draft", "withdrawn", "removed"])),
        max_size=6,
    ),
    moments=st.tuples(near_a_turn, near_a_turn),
)
@hypothesis_settings(deadline=None, max_examples=150)
def test_what_is_visible_is_the_same_throughout_a_period(
    entries: list[tuple[int, int, str]], moments: tuple[int, int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder)))
        try:
            for number, (published, updated, status) in enumerate(entries):
                keys = {} if status == "removed" else {"status": status}
                data = item(
                    date=f"2026-07-01T{published:02}:00Z",
                    updated=f"2026-07-01T{updated:02}:00Z",
                    **keys,
                )
                newsroom.apply({f"{number}.md": data})
                if status == "removed":
                    newsroom.apply({}, gone=[f"{number}.md"])
            first, second = (
                newsroom.edition(NOW - 12 * 3600 * SECOND + second * SECOND) for second in moments
            )
            period = first.period
            within = period.since <= second.now and (
                period.until is None or second.now < period.until
            )
            assert within == (first.period == second.period)
            if within:
                assert visible(first, len(entries)) == visible(second, len(entries))
        finally:
            newsroom.writer.close()


def visible(edition: Edition, count: int) -> tuple[object, ...]:
    return edition.newest(10), [edition.find(str(number)) for number in range(count)]
