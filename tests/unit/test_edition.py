import tempfile
from datetime import timedelta
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


def test_an_unknown_id_is_not_found(newsroom: Newsroom) -> None:
    assert newsroom.edition().find("a") is None


def test_a_draft_is_neither_listed_nor_found(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(status="draft")})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


@pytest.mark.parametrize("status", ["published", "withdrawn"])
def test_nothing_is_public_before_its_time(newsroom: Newsroom, status: str) -> None:
    newsroom.apply({"a.md": item(date="2026-07-01T12:00:01Z", status=status)})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


def test_an_entry_is_public_from_its_time_on(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date="2026-07-01T12:00:01Z")})
    assert newest(newsroom, NOW + SECOND - 1) == []
    assert newest(newsroom, NOW + SECOND) == ["a"]
    assert isinstance(newsroom.edition(NOW + SECOND).find("a"), Entry)


@pytest.mark.parametrize("reason", [None, "A mistake."])
def test_title_and_reason_remain_of_a_withdrawn_entry(
    newsroom: Newsroom, reason: str | None
) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply(
        {"a.md": item("One", status="withdrawn", **({"reason": reason} if reason else {}))}
    )
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], GoneEntry("One", reason))


def test_the_title_remains_of_a_removed_entry(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", reason="not withdrawn, so not shown")})
    newsroom.apply({}, gone=["a.md"])
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], GoneEntry("One"))


def test_nothing_remains_of_an_entry_that_is_a_draft_again(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply({"a.md": item("One", status="draft")})
    assert (newest(newsroom), newsroom.edition().find("a")) == ([], None)


def test_no_more_entries_than_the_limit_are_listed(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(date=f"2026-01-0{day}") for day in range(1, 6)})
    assert [entry.id for entry in newsroom.edition().newest(2)] == ["5", "4"]


def test_an_update_is_not_public_before_its_time(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(updated="2026-07-01T12:00:01Z")})
    updated = []
    for now in (NOW, NOW + SECOND):
        found = newsroom.edition(now).find("a")
        assert isinstance(found, Entry)
        assert newsroom.edition(now).newest(1) == (found,)
        updated.append(found.updated)
    assert updated == [parse("2026-01-01T00:00+03:00"), from_microseconds(NOW + SECOND)]


def test_a_sequence_is_unchanged_if_its_entry_is_public_and_was_not_written_since(
    newsroom: Newsroom,
) -> None:
    def write(data: bytes) -> int:
        newsroom.apply({"a.md": data})
        return int(newsroom.writer.snapshot().sequence)

    later = item("One", "2026-07-01T12:00:01Z")
    first, draft, due = write(item("One")), write(item("One", status="draft")), write(later)
    sequences = (first, draft, due, due + 1)
    assert newsroom.edition().unchanged(sequences) == frozenset()
    assert newsroom.edition(NOW + SECOND).unchanged(sequences) == {due}
    assert newsroom.edition(NOW + SECOND).unchanged(()) == frozenset()
    withdrawn = write(item("One", status="withdrawn"))
    assert newsroom.edition().unchanged((due, withdrawn)) == frozenset()


def test_every_list_holds_only_public_entries_as_of_now(newsroom: Newsroom) -> None:
    keys = {"categories": "News"}
    newsroom.apply(
        {
            "a.md": item(date="2026-06-01", updated="2026-07-02", **keys),
            "b.md": item(date="2026-06-02", **keys),
            "c.md": item(date="2026-05-01"),
            "d.md": item(date="2026-07-02", **keys),
            "e.md": item(date="2026-06-03", status="draft", **keys),
            "f.md": item(date="2026-06-04", status="withdrawn", **keys),
        }
    )
    edition = newsroom.edition()
    b, a, c = edition.newest(10)
    assert [entry.id for entry in (b, a, c)] == ["b", "a", "c"]
    # An update that is dated in the future is not public yet, in any list.
    assert a.updated == a.published
    assert edition.for_category("news", 10) == (b, a)
    assert edition.for_category_month("news", "2026-06") == (b, a)
    assert edition.for_month("2026-06") == (b, a)
    assert edition.for_category_month("news", "2026-05") == ()
    before, after = edition.neighbours(b)
    assert (before and before.id, after) == ("a", None)
    assert edition.addresses("2026") == [(entry.page, entry.published) for entry in (b, a, c)]
    assert edition.months() == [("2026-06", 2), ("2026-05", 1)]
    assert edition.months_for_category("news") == [("2026-06", 2)]
    assert (edition.month_before("2026-06"), edition.month_after("2026-06")) == ("2026-05", None)
    assert edition.categories() == [("news", "News")]
    assert [entry.id for entry in edition.withdrawn(c.published)] == ["f"]


# What ends, and what comes first


def test_an_entry_is_public_until_its_end(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One", categories="News", expires="2026-07-01T12:00:01Z")})
    before, after = newsroom.edition(NOW + SECOND - 1), newsroom.edition(NOW + SECOND)
    assert isinstance(before.find("a"), Entry)
    assert before.period.until == after.period.since == after.period.newest == NOW + SECOND
    ended = from_microseconds(NOW + SECOND)
    assert after.find("a") == GoneEntry("One", expired=ended)
    lists = [
        (
            *(edition.newest(9), edition.for_month("2026-01"), edition.for_category("news", 9)),
            *(edition.for_category_month("news", "2026-01"), edition.months()),
            *(edition.months_for_category("news"), edition.categories()),
            *(edition.addresses("2026"), edition.recent(timedelta(days=300), 9)),
            edition.month_before("2026-02"),
        )
        for edition in (before, after)
    ]
    assert all(lists[0])
    assert not any(lists[1])
    # Readers that have it are told, as of a withdrawal.
    assert before.withdrawn(ended - timedelta(days=300)) == ()
    (gone,) = after.withdrawn(ended - timedelta(days=300))
    assert (gone.id, gone.updated) == ("a", ended)


def test_what_has_ended_is_listed_among_the_withdrawn_by_publication(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01", expires="2026-02-01"),
            "b.md": item(date="2026-01-02", status="withdrawn"),
            "c.md": item(date="2026-01-03", expires="2026-01-30"),
            "d.md": item(date="2026-01-04", status="withdrawn", expires="2026-01-30"),
            "e.md": item(date="2026-01-05", status="draft", expires="2026-01-30"),
            "f.md": item(date="2026-01-06", expires="2026-12-01"),
        }
    )
    edition, since = newsroom.edition(), parse("2026-01-01T00:00+03:00")
    listed = [entry.id for entry in edition.withdrawn(since)]
    assert listed == ["d", "c", "b", "a"]
    assert [entry.id for entry in edition.withdrawn(since, limit=2)] == ["d", "c"]
    until = parse("2026-01-03T00:00+03:00")
    assert [entry.id for entry in edition.withdrawn(since, until)] == ["b", "a"]
    assert edition.find("d") == GoneEntry("Title")


def test_what_has_ended_is_no_neighbour(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01", expires="2026-02-01"),
            "b.md": item(date="2026-01-02"),
            "c.md": item(date="2026-01-03", expires="2026-02-01"),
        }
    )
    entry = newsroom.edition().find("b")
    assert isinstance(entry, Entry)
    assert newsroom.edition().neighbours(entry) == (None, None)


def test_pinned_entries_are_the_newest_of_those_whose_time_has_not_come(
    newsroom: Newsroom,
) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01", pinned="yes"),
            "b.md": item(date="2026-01-02", pinned="2026-07-01T12:00:01Z"),
            "c.md": item(date="2026-01-03", pinned="no"),
            "d.md": item(date="2026-01-04", pinned="yes", status="draft"),
            "e.md": item(date="2026-07-02", pinned="yes"),
            "f.md": item(date="2026-01-05", pinned="yes", expires="2026-02-01"),
            "g.md": item(date="2026-01-06", pinned="2026-02-01"),
        }
    )
    pinned = {
        second: [entry.id for entry in newsroom.edition(NOW + second * SECOND).pinned(9)]
        for second in (0, 1)
    }
    assert pinned == {0: ["b", "a"], 1: ["a"]}
    assert [entry.id for entry in newsroom.edition().pinned(1)] == ["b"]
    assert newsroom.edition().period.until == NOW + SECOND
    assert newsroom.edition(NOW + SECOND).period.since == NOW + SECOND
    # Lists and feeds stay in the order of time.
    assert newest(newsroom) == ["g", "c", "b", "a"]


def test_entries_are_listed_by_language(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01"),
            "b.md": item(date="2026-01-02", lang="en"),
            "c.md": item(date="2026-01-03", lang="EN"),
            "d.md": item(date="2026-01-04", lang="ru"),
            "e.md": item(date="2026-01-05", lang="en", status="draft"),
            "f.md": item(date="2026-07-02", lang="en"),
            "g.md": item(date="2026-01-06", lang="tt", expires="2026-02-01"),
            "h.md": item(date="2026-01-07", lang="en", expires="2026-02-01"),
        }
    )
    edition = newsroom.edition()
    assert edition.languages() == ["en", "ru"]
    assert [entry.id for entry in edition.in_language("en", 9)] == ["c", "b"]
    assert [entry.id for entry in edition.in_language("en", 1)] == ["c"]
    assert [entry.id for entry in edition.in_no_other_language("ru", 9)] == ["d", "a"]
    newsroom.apply({"c.md": item(date="2026-01-03", lang="tt")}, gone=["b.md"])
    assert newsroom.edition().languages() == ["ru", "tt"]


# Periods


def test_the_period_of_an_empty_catalogue_has_no_bounds(newsroom: Newsroom) -> None:
    assert newsroom.edition().period == ValidityPeriod(revision=0, since=0, until=None, newest=0)


def test_a_period_reaches_from_one_transition_to_the_next(newsroom: Newsroom) -> None:
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
    assert [period.newest for period in periods] == [0, *bounds]


def test_a_change_of_the_catalogue_changes_what_is_public(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date="2026-06-29T12:00Z")}, now=NOW - SECOND)
    assert newsroom.edition().period == ValidityPeriod(
        revision=1, since=NOW - 2 * DAY, until=None, newest=NOW - 2 * DAY
    )


def test_entries_that_grow_too_old_shorten_the_period(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-06-28T13:00Z"),
            "b.md": item(date="2026-06-28T11:00Z"),
            "c.md": item(date="2026-07-05T00:00Z"),
        },
        now=NOW - 10 * DAY,
    )
    edition = newsroom.edition()
    assert [entry.id for entry in edition.recent(timedelta(days=3), 10)] == ["a"]
    hour = DAY // 24
    # It began when b grew too old, and ends when a does.
    assert edition.period == ValidityPeriod(
        1, since=NOW - hour, until=NOW + hour, newest=NOW - 3 * DAY + hour
    )


def test_without_entries_that_grow_too_old_the_period_stays_as_it_is(newsroom: Newsroom) -> None:
    edition = newsroom.edition()
    assert edition.recent(timedelta(days=3), 10) == ()
    assert (edition.period.revision, edition.period.until) == (0, None)


@pytest.mark.parametrize("scheduled", ["", "2026-07-02T12:00Z"])
def test_a_period_can_be_limited(newsroom: Newsroom, scheduled: str) -> None:
    if scheduled:
        newsroom.apply({"a.md": item(date=scheduled)})
    ends = []
    for length in (timedelta(hours=1), timedelta(days=2)):
        edition = newsroom.edition()
        edition.limit_validity(length)
        ends.append(edition.period.until)
    assert ends == [NOW + DAY // 24, NOW + (DAY if scheduled else 2 * DAY)]


hours = st.integers(0, 12)
# In seconds: something can go wrong at the full hours, and just before and after them.
near_a_transition = st.builds(lambda hour, offset: hour * 3600 + offset, hours, st.integers(-1, 1))


@given(
    entries=st.lists(
        st.tuples(
            hours,
            hours,
            st.sampled_from(["published", "draft", "withdrawn", "removed"]),
            st.one_of(st.none(), hours),
            st.one_of(st.none(), hours),
        ),
        max_size=6,
    ),
    moments=st.tuples(near_a_transition, near_a_transition),
)
@hypothesis_settings(max_examples=60)
def test_what_is_public_is_the_same_throughout_a_period(
    entries: list[tuple[int, int, str, int | None, int | None]], moments: tuple[int, int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder)))
        try:
            for number, (published, updated, status, expires, pinned) in enumerate(entries):
                keys = {} if status == "removed" else {"status": status}
                if expires is not None and expires > published:
                    keys["expires"] = f"2026-07-01T{expires:02}:00Z"
                if pinned is not None:
                    keys["pinned"] = f"2026-07-01T{pinned:02}:00Z"
                if number % 2:
                    keys |= {"lang": "en", "translation_of": str(number - 1)}
                data = item(
                    date=f"2026-07-01T{published:02}:00Z",
                    updated=f"2026-07-01T{updated:02}:00Z",
                    **keys,
                )
                newsroom.apply({f"{number}.md": data})
                if status == "removed":
                    newsroom.apply({}, gone=[f"{number}.md"])
            first, second = (
                newsroom.edition(NOW - 12 * 3600 * SECOND + moment * SECOND) for moment in moments
            )
            period = first.period
            within = period.since <= second.now and (
                period.until is None or second.now < period.until
            )
            assert within == period.holds(second.now) == (period == second.period)
            if within:
                assert public(first, len(entries)) == public(second, len(entries))
        finally:
            newsroom.writer.close()


def public(edition: Edition, count: int) -> tuple[object, ...]:
    return (
        edition.newest(10),
        edition.pinned(10),
        edition.languages(),
        edition.versions(),
        edition.withdrawn(from_microseconds(0)),
        [edition.find(str(number)) for number in range(count)],
    )


def test_a_neighbour_shows_no_update_before_its_time(newsroom: Newsroom) -> None:
    dates = ("2026-06-01T12:00Z", "2026-06-02T12:00Z", "2026-06-03T12:00Z")
    newsroom.apply(
        {f"{date[9]}.md": item(date=date, updated="2026-07-20T12:00Z") for date in dates}
    )
    edition = newsroom.edition()
    entry = edition.find("2")
    assert isinstance(entry, Entry)
    for neighbour in edition.neighbours(entry):
        assert neighbour is not None
        assert neighbour.updated == neighbour.published
