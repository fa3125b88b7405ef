"""Renames and copies: readers see no text twice, and lose none, under whatever name it stands."""

import os
import shutil
from dataclasses import replace

import pytest

from feedsvc.app import build_app
from feedsvc.model import Problem
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.check import check
from tests.support.files import picture
from tests.support.folder import gone_ids, old, quicken, rescan, running, shown, titles, wait_for
from tests.support.newsroom import item
from tests.support.service import FEEDS, page

TEXT = "Ремонт катка\n13.08.2014\nКаток закрыт.\n".encode()


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings by which scans come only where something asks for them."""
    quicken(monkeypatch)
    return replace(settings, rescan=3600)


@pytest.fixture
def unwatched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a folder of which the kernel reports nothing, as of a network share."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    return replace(settings, rescan=1)


def problems(settings: Settings) -> list[tuple[str, str]]:
    """Return path and code of each problem."""
    return [(problem.path, problem.code) for problem in told(settings)]


def told(settings: Settings) -> tuple[Problem, ...]:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return snapshot.problems()


def write(settings: Settings, **files: bytes) -> None:
    for name, data in files.items():
        old(settings.entries / f"{name}.md", data)


def test_a_renamed_file_keeps_its_id_while_it_is_edited_and_until_it_has_its_name_again(
    settings: Settings,
) -> None:
    write(settings, a=item("A"))
    first, second = settings.entries / "a.md", settings.entries / "sub" / "Новость.md"
    second.parent.mkdir()
    with running(settings):
        first.rename(second)
        wait_for(lambda: problems(settings) == [("sub/Новость.md", "renamed")])
        assert shown(settings) == {"a": "A"}
        second.write_bytes(item("B"))
        wait_for(lambda: shown(settings) == {"a": "B"})
        rescan(settings)
    with running(settings):
        rescan(settings)
        assert (shown(settings), gone_ids(settings)) == ({"a": "B"}, set())
        second.rename(settings.entries / "c.md")
        wait_for(lambda: problems(settings) == [("c.md", "renamed")])
        (settings.entries / "c.md").rename(first)
        wait_for(lambda: problems(settings) == [])
        rescan(settings)
        assert (shown(settings), gone_ids(settings)) == ({"a": "B"}, set())


def test_readers_get_the_same_bytes_after_a_rename(settings: Settings) -> None:
    write(settings, a=item("A"), b=item("B", date="2026-01-02"))

    def answers() -> list[tuple[int, bytes]]:
        client = build_app(settings).test_client()
        return [(found.status_code, found.data) for found in map(client.get, (*FEEDS, page("a")))]

    with running(settings):
        before = answers()
        (settings.entries / "a.md").rename(settings.entries / "c.md")
        wait_for(lambda: problems(settings) == [("c.md", "renamed")])
        rescan(settings)
        assert before[-1][0] == 200
        assert answers() == before


def test_an_id_that_is_written_into_a_renamed_file_ends_the_warning(settings: Settings) -> None:
    write(settings, a=item("A"))
    with running(settings):
        (settings.entries / "a.md").rename(settings.entries / "b.md")
        wait_for(lambda: problems(settings) == [("b.md", "renamed")])
        (settings.entries / "b.md").write_bytes(item("A", id="a"))
        wait_for(lambda: problems(settings) == [])
        assert shown(settings) == {"a": "A"}
    shutil.rmtree(settings.instance)
    with running(settings):
        assert shown(settings) == {"a": "A"}


def test_files_that_were_renamed_while_nothing_ran_are_found_by_the_first_scan(
    settings: Settings,
) -> None:
    write(settings, a=item("A"), b=item("B"), c=item("C"), d=item("D"), e=item("E"))
    with running(settings):
        pass
    entries = settings.entries
    (entries / "a.md").rename(entries / "swap")
    (entries / "b.md").rename(entries / "a.md")
    (entries / "swap").rename(entries / "b.md")
    # A chain; only its last name is new.
    (entries / "d.md").rename(entries / "f.md")
    (entries / "c.md").rename(entries / "d.md")
    # Over another file: whoever does that replaces its text.
    (entries / "g.md").write_bytes(item("G"))
    (entries / "g.md").rename(entries / "e.md")
    with running(settings):
        wait_for(lambda: "G" in titles(settings))
        assert shown(settings) == {"a": "A", "b": "B", "c": "C", "d": "D", "e": "G"}
        assert gone_ids(settings) == set()
        assert problems(settings) == [(f"{name}.md", "renamed") for name in "abdf"]


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_folder_of_news_is_renamed(
    settings: Settings, unwatched: Settings, monkeypatch: pytest.MonkeyPatch, *, is_watched: bool
) -> None:
    if is_watched:
        monkeypatch.undo()
        quicken(monkeypatch)
    chosen = settings if is_watched else unwatched
    for number in range(40):
        old(settings.entries / "old" / f"{number}.md", item(f"T{number}"))
    with running(replace(chosen, permalink="/<folder>/<id>")):
        before = shown(settings)
        (settings.entries / "old").rename(settings.entries / "new")
        wait_for(lambda: len(problems(settings)) == 40)
        rescan(settings)
        rescan(settings)
        assert {code for _, code in problems(settings)} == {"renamed"}
        assert (shown(settings), gone_ids(settings)) == (before, set())
        with Catalogue(settings.instance).snapshot() as snapshot:
            assert {entry.page.split("/")[1] for entry in snapshot.newest(2**62, 99)} == {"old"}


def test_a_name_that_differs_in_capitals_and_a_renamed_folder_of_pictures_keep_the_entry(
    settings: Settings,
) -> None:
    write(settings, News=item("A"))
    old(settings.entries / "News" / "photo.png", picture(kind="PNG"))
    with running(settings):
        (settings.entries / "News").rename(settings.entries / "news")
        (settings.entries / "News.md").rename(settings.entries / "news.md")
        wait_for(lambda: ("news.md", "renamed") in problems(settings))
        rescan(settings)
        with Catalogue(settings.instance).snapshot() as snapshot:
            (entry,) = snapshot.newest(2**62, 2)
    assert entry.id == "News"
    assert entry.image is not None
    assert entry.image.path == "news/photo.png"


def test_without_change_notices_a_rename_is_seen_by_scans(unwatched: Settings) -> None:
    write(unwatched, a=item("A"), b=item("B"))
    with running(unwatched):
        (unwatched.entries / "a.md").rename(unwatched.entries / "c.md")
        wait_for(lambda: problems(unwatched) == [("c.md", "renamed")])
        rescan(unwatched)
        assert (shown(unwatched), gone_ids(unwatched)) == ({"a": "A", "b": "B"}, set())


def test_a_text_that_comes_back_under_another_name_is_the_same_entry(settings: Settings) -> None:
    write(settings, a=item("A"), b=item("B"))
    with running(settings):
        (settings.entries / "a.md").unlink()
        wait_for(lambda: gone_ids(settings) == {"a"})
        (settings.entries / "c.md").write_bytes(item("A"))
        wait_for(lambda: shown(settings) == {"a": "A", "b": "B"})
        assert gone_ids(settings) == set()


def test_a_text_whose_name_now_ends_like_another_kind_keeps_its_last_good_version(
    settings: Settings,
) -> None:
    old(settings.entries / "a.txt", TEXT)
    with running(settings):
        (settings.entries / "a.txt").rename(settings.entries / "b.md")
        wait_for(lambda: problems(settings) == [("b.md", "no-front-matter")])
        rescan(settings)
        rescan(settings)
        assert (shown(settings), gone_ids(settings)) == ({"a": "Ремонт катка"}, set())
        (settings.entries / "b.md").rename(settings.entries / "b.txt")
        wait_for(lambda: problems(settings) == [("b.txt", "renamed")])
        assert shown(settings) == {"a": "Ремонт катка"}


@pytest.mark.parametrize("copy", ["текст — копия.txt", "текст (1).txt", "Copy of текст.txt"])
def test_a_second_file_of_the_same_text_is_kept_back_and_takes_over_when_the_first_goes(
    settings: Settings, copy: str
) -> None:
    original = settings.entries / "текст.txt"
    old(original, TEXT)
    old(settings.entries / copy, b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n"))
    (problem,) = [each for each in check(settings).problems if each.code == "copy"]
    assert (problem.path, problem.values) == (copy, (("other", "текст.txt"),))
    with running(settings):
        assert shown(settings) == {"tekst": "Ремонт катка"}
        assert problem in told(settings)
        # The text of the first is corrected: the copy is no second piece of news for that.
        original.write_bytes(TEXT + "Дополнено.\n".encode())
        rescan(settings)
        original.write_bytes(TEXT)
        rescan(settings)
        assert problem in told(settings)
        original.unlink()
        wait_for(lambda: (copy, "renamed") in problems(settings))
        assert (shown(settings), gone_ids(settings)) == ({"tekst": "Ремонт катка"}, set())


def test_which_of_two_files_is_the_copy_does_not_depend_on_the_order_of_reading(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/news (1).md", "b/news.md", "c/Copy of news.md"):
        old(settings.entries / name, item("News"))
    for size in (1, 2, 1000):
        monkeypatch.setattr("feedsvc.sync.loop.BATCH", size)
        with running(settings):
            assert shown(settings) == {"news": "News"}
            assert [(each.path, dict(each.values)["other"]) for each in told(settings)] == [
                ("a/news (1).md", "b/news.md"),
                ("c/Copy of news.md", "b/news.md"),
            ]
            assert gone_ids(settings) == set()
        shutil.rmtree(settings.instance)


def test_the_same_text_under_two_dates_is_news_twice(settings: Settings) -> None:
    for day in (1, 2):
        old(
            settings.entries / f"2026-01-0{day}-duty.{day}.md",
            b"---\ntitle: Duty\n---\n\nAll well.",
        )
    with running(settings):
        assert len(shown(settings)) == 2
        assert "copy" not in [code for _, code in problems(settings)]


def test_a_text_may_be_withdrawn_in_the_same_words_as_another(settings: Settings) -> None:
    withdrawn = item("Withdrawn", status="withdrawn")
    write(settings, a=withdrawn, b=item("B"))
    with running(settings):
        (settings.entries / "b.md").write_bytes(withdrawn)
        wait_for(lambda: titles(settings) == set())
        assert problems(settings) == []


def test_new_news_under_a_name_whose_entry_was_renamed_is_published(settings: Settings) -> None:
    write(settings, news=item("Yesterday"))
    with running(settings):
        for title in ("Today", "Tomorrow"):
            (settings.entries / "news.md").rename(settings.entries / f"before {title}.md")
            wait_for(lambda title=title: any(title in path for path, _ in problems(settings)))  # type: ignore[misc]
            (settings.entries / "news.md").write_bytes(item(title))
            wait_for(lambda title=title: title in titles(settings))  # type: ignore[misc]
        rescan(settings)
        assert shown(settings) == {"news": "Yesterday", "news-2": "Today", "news-3": "Tomorrow"}
        assert gone_ids(settings) == set()


def test_a_text_under_its_old_name_while_another_has_taken_it_is_found_by_its_file(
    settings: Settings,
) -> None:
    write(settings, news=item("Yesterday"), other=item("Other"))
    with running(settings):
        pass
    entries = settings.entries
    (entries / "news.md").rename(entries / "archive.md")
    write(settings, news=item("Today"))
    shutil.copy(entries / "other.md", entries / "backup.md")
    os.utime(entries / "backup.md", (1_000_000_000, 1_000_000_000))
    (entries / "other.md").write_bytes(item("Changed"))
    with running(settings):
        wait_for(lambda: "Changed" in titles(settings))
        assert shown(settings) == {"news": "Yesterday", "news-2": "Today", "other": "Changed"}
        assert ("backup.md", "copy") in problems(settings)


def test_a_lost_catalogue_follows_the_names_of_the_files(settings: Settings) -> None:
    write(settings, a=item("A"))
    with running(settings):
        (settings.entries / "a.md").rename(settings.entries / "b.md")
        wait_for(lambda: problems(settings) == [("b.md", "renamed")])
    shutil.rmtree(settings.instance)
    with running(settings):
        assert shown(settings) == {"b": "A"}
        assert problems(settings) == []
