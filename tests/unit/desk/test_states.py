"""What the desk says of each file."""

from feedsvc.desk.states import MAX_LISTED, PAGE, Cursor, Files, FileState, take_files
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.waiting import Waiting, WaitingFile
from tests.support.newsroom import NOW, SECOND, Newsroom, item

HOUR = 3600 * SECOND


def taken(newsroom: Newsroom, before: Cursor | None = None, now: int = NOW) -> Files:
    snapshot: Snapshot = newsroom.writer.snapshot()
    return take_files(snapshot, now, before)


def by_path(files: Files) -> dict[str, FileState]:
    return {file.path: file for file in files.newest}


def test_each_file_has_the_state_that_readers_find(newsroom: Newsroom) -> None:
    newsroom.publish(
        {
            "public.md": item("Public"),
            "later.md": item("Later", date="2026-08-01"),
            "draft.md": item("Draft", status="draft"),
            "gone.md": item("Gone", status="withdrawn"),
            "over.md": item("Over", expires="2026-06-01"),
            "bad.txt": b"Title\n\nText.",
        }
    )
    states = by_path(taken(newsroom))
    assert {path: file.state for path, file in states.items()} == {
        "public.md": "published",
        "later.md": "scheduled",
        "draft.md": "draft",
        "gone.md": "withdrawn",
        "over.md": "expired",
        "bad.txt": "kept-back",
    }
    pages = {path for path, file in states.items() if file.page}
    assert pages == {"public.md"}
    previews = {path: file.preview_id for path, file in states.items() if file.preview_id}
    assert previews == {"later.md": "later", "draft.md": "draft"}


def test_of_a_file_that_turned_bad_the_last_good_version_is_named(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("Good"), "b.md": item("Later", date="2026-08-01")})
    newsroom.apply({"a.md": b"---\ntitle: Bad\n---\nText.", "b.md": b"---\ntitle: Bad\n---\nx"})
    files = taken(newsroom)
    public, later = files.kept_back[1], files.kept_back[0]
    assert (public.state, public.title, public.page) == (
        "kept-back",
        "Good",
        "/presscenter/news/detail/a.html",
    )
    assert public.problems[0].code == "no-date"
    assert (later.page, later.preview_id) == (None, "b")


def test_time_alone_publishes(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item(date="2026-07-01 13:00 +00:00")})
    assert [file.path for file in taken(newsroom).hidden] == ["a.md"]
    after = taken(newsroom, now=NOW + HOUR)
    assert after.hidden == ()
    assert after.newest[0].state == "published"


def test_files_that_changed_last_come_first_and_pages_hold_each_once(newsroom: Newsroom) -> None:
    for number in range(PAGE + 5):
        newsroom.apply({f"{number:03}.md": item()}, now=NOW + number // 2)
    first = taken(newsroom)
    assert len(first.newest) == PAGE
    assert first.after is not None
    second = taken(newsroom, first.after)
    assert second.after is None
    paths = [file.path for file in (*first.newest, *second.newest)]
    assert paths == sorted(paths, reverse=True)
    assert len(paths) == PAGE + 5


def test_files_that_are_being_copied_are_listed(newsroom: Newsroom) -> None:
    newsroom.publish({})
    waiting = (WaitingFile("a.txt", NOW), WaitingFile("b.txt", NOW))
    newsroom.writer.record_waiting(Waiting(7, waiting))
    files = taken(newsroom)
    assert [(file.path, file.state) for file in files.copying] == [
        ("b.txt", "copying"),
        ("a.txt", "copying"),
    ]
    assert files.copying_count == 7


def test_of_a_mishap_with_all_files_the_first_are_listed_and_all_counted(
    newsroom: Newsroom,
) -> None:
    newsroom.publish({f"{number}.txt": b"Title" for number in range(MAX_LISTED + 10)})
    files = taken(newsroom)
    assert len(files.kept_back) == MAX_LISTED
    assert files.kept_back_count == MAX_LISTED + 10
