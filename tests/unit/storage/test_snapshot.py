import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from feedsvc.dates import to_microseconds
from feedsvc.storage.changes import Changes, Position
from tests.support.catalogue import BAD
from tests.support.newsroom import NOW, SECOND, Newsroom, item


def test_the_newest_come_first_and_at_the_same_moment_the_greater_id(newsroom: Newsroom) -> None:
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


def test_problems_are_sorted_by_path_and_line(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item(nonsense="x", more="y"), "a.md": BAD})
    places = [(problem.path, problem.line) for problem in newsroom.writer.snapshot().problems()]
    assert places == [("a.md", 1), ("b.md", 4), ("b.md", 5)]


def test_entries_are_counted_by_what_readers_see_of_them(newsroom: Newsroom) -> None:
    nothing = dict.fromkeys(
        ("published", "scheduled", "draft", "withdrawn", "expired", "removed"), 0
    )
    assert newsroom.writer.snapshot().counts(NOW) == nothing
    newsroom.apply(
        {
            "a.md": item(),
            "b.md": item(),
            "c.md": item(date="2027-01-01"),
            "d.md": item(date="2027-01-01", status="draft"),
            "e.md": item(status="withdrawn"),
            "f.md": item(expires="2026-06-30"),
        }
    )
    newsroom.apply({}, gone=["b.md"])
    assert newsroom.writer.snapshot().counts(NOW) == dict.fromkeys(nothing, 1)


def test_scheduled_entries_are_listed_soonest_first(newsroom: Newsroom) -> None:
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


def test_neighbours_are_the_public_entries_before_and_after_one(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01"),
            "b.md": item(date="2026-01-01"),
            "c.md": item(date="2026-01-02"),
            "d.md": item(date="2026-01-03", status="draft"),
            "e.md": item(date="2027-01-01"),
        }
    )
    snapshot = newsroom.writer.snapshot()
    found = {
        entry.id: tuple(other and other.id for other in snapshot.neighbours(entry, NOW))
        for entry in snapshot.newest(NOW, 10)
    }
    assert found == {"c": ("b", None), "b": ("a", "c"), "a": (None, "b")}


def test_categories_have_their_newest_label_and_only_public_entries_count(
    newsroom: Newsroom,
) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01", categories="news"),
            "b.md": item(date="2026-02-01", categories="News"),
            "c.md": item(date="2026-02-02", categories="News"),
            "d.md": item(date="2027-01-01", categories="NEWS"),
            "e.md": item(date="2026-01-01", categories="Awards"),
            "f.md": item(date="2027-01-01", categories="Later"),
            "g.md": item(categories="Drafts", status="draft"),
        }
    )
    snapshot = newsroom.writer.snapshot()
    assert snapshot.categories(NOW) == [("awards", "Awards"), ("news", "News")]
    assert snapshot.months_for_category("news", NOW) == [("2026-02", 2), ("2026-01", 1)]
    newest = [entry.id for entry in snapshot.for_category("news", NOW, 2)]
    month = [entry.id for entry in snapshot.for_category_month("news", "2026-02", NOW)]
    assert (newest, month) == (["c", "b"], ["c", "b"])


def test_withdrawn_entries_are_listed_from_a_moment_on_newest_first(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01T00:00Z", status="withdrawn"),
            "b.md": item(date="2026-01-02T00:00Z", status="withdrawn"),
            "c.md": item(date="2026-01-03T00:00Z", status="withdrawn"),
            "d.md": item(date="2026-01-04T00:00Z"),
            "e.md": item(date="2027-01-01T00:00Z", status="withdrawn"),
        }
    )
    since = to_microseconds(datetime(2026, 1, 2, tzinfo=UTC))
    withdrawn = newsroom.writer.snapshot().withdrawn(since, NOW, NOW)
    assert [entry.id for entry in withdrawn] == ["c", "b"]


def test_the_addresses_of_a_year_are_listed_with_their_times_newest_first(
    newsroom: Newsroom,
) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2025-12-31"),
            "b.md": item(date="2026-01-01"),
            "c.md": item(date="2026-02-01", updated="2026-03-01"),
            "d.md": item(date="2026-12-31"),
        }
    )
    snapshot = newsroom.writer.snapshot()
    expected = [
        (entry.page, to_microseconds(entry.published), to_microseconds(entry.updated))
        for entry in snapshot.newest(NOW, 2)
    ]
    assert snapshot.addresses("2026", NOW) == expected
    assert [entry.id for entry in snapshot.newest(NOW, 2)] == ["c", "b"]


def test_months_follow_each_other_across_those_without_public_entries(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01"),
            "b.md": item(date="2026-02-01", status="draft"),
            "c.md": item(date="2026-04-01"),
            "d.md": item(date="2027-01-01"),
        }
    )
    snapshot = newsroom.writer.snapshot()
    assert snapshot.months(NOW) == [("2026-04", 1), ("2026-01", 1)]
    assert snapshot.adjacent_month("2026-01", NOW, later=True) == "2026-04"
    assert snapshot.adjacent_month("2026-04", NOW, later=True) is None
    assert snapshot.adjacent_month("2026-04", NOW, later=False) == "2026-01"
    assert [entry.id for entry in snapshot.for_month("2026-04", NOW)] == ["c"]


def test_the_newest_moment_follows_from_the_files_that_are_there(newsroom: Newsroom) -> None:
    def newest() -> int:
        return newsroom.writer.snapshot().newest_moment(NOW)

    assert newest() == 0
    files = {
        "a.md": item(date="2026-06-01T12:00Z"),
        "b.md": item(date="2026-06-02T12:00Z", status="withdrawn"),
        "c.md": item(date="2026-06-03T12:00Z", updated="2026-06-04T12:00Z"),
        "draft.md": item(date="2026-06-20T12:00Z", status="draft"),
        "later.md": item(date="2026-07-20T12:00Z", updated="2026-07-21T12:00Z"),
    }
    newsroom.apply(files)
    assert newest() == NOW - 27 * 86400 * SECOND
    for path, days in (("c.md", 29), ("b.md", 30), ("a.md", None)):
        newsroom.apply({}, gone=[path])
        assert newest() == (0 if days is None else NOW - days * 86400 * SECOND)


def plans(newsroom: Newsroom, work: Callable[[], object]) -> Iterator[str]:
    """Yield each query that the work makes, with SQLite's plan of it."""
    connection = newsroom.writer._connection  # noqa: SLF001 - to see the queries
    queries: list[str] = []
    connection.set_trace_callback(queries.append)
    work()
    connection.set_trace_callback(None)
    assert queries
    for query in queries:
        plan = " ".join(str(row) for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
        yield f"{query}\n{plan}"


def test_what_each_page_asks_sorts_no_entries(newsroom: Newsroom) -> None:
    newsroom.apply({f"{number}.md": item() for number in range(50)})
    found = list(plans(newsroom, lambda: newsroom.edition().period.newest))
    assert len(found) > 3
    for plan in found:
        assert "TEMP B-TREE" not in plan
        assert "SCAN entry" not in plan


def test_what_is_asked_after_each_change_goes_through_no_files(newsroom: Newsroom) -> None:
    newsroom.apply({f"{number}.md": item() for number in range(50)})

    def look() -> None:
        snapshot = newsroom.writer.snapshot()
        snapshot.translation_problems()
        Changes(snapshot, NOW).after(Position(20, NOW - SECOND), 4)

    for plan in plans(newsroom, look):
        assert not re.search(r"SCAN (file|entry)\b|\(status=\?\)", plan), plan


def test_problems_come_file_by_file_in_the_order_of_lines(newsroom: Newsroom) -> None:
    newsroom.publish({"b.md": item(date="never", laiout="x"), "a.md": b"", "c.md": item()})
    snapshot = newsroom.writer.snapshot()
    found = dict(snapshot.problems_of_files())
    assert list(found) == ["a.md", "b.md"]
    assert [problem for problems in found.values() for problem in problems] == list(
        snapshot.problems()
    )


def test_a_file_that_is_kept_back_has_its_last_good_version_if_any(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item(date="2026-01-01 10:00"), "b.md": b""})
    newsroom.publish({"a.md": b""})
    snapshot = newsroom.writer.snapshot()
    version = snapshot.version_of("a.md")
    assert version is not None
    assert version.status == "published"
    assert version.page == "/presscenter/news/detail/a.html"
    assert [snapshot.version_of(path) for path in ("b.md", "c.md")] == [None, None]
    assert [snapshot.knows(path) for path in ("a.md", "b.md", "c.md")] == [True, True, False]
