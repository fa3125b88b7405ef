"""Pictures and attachments in a living folder: their entries follow every change."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.edition import Edition
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.loop import SyncLoop
from tests.support.files import PDF, PHOTO, lay, picture
from tests.support.folder import old, quicken
from tests.support.newsroom import item
from tests.support.reads import record_reads


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which scans come only where something asks for them."""
    return replace(settings, rescan=3600)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return record_reads(monkeypatch)


@pytest.fixture
def sync(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncLoop]:
    """Return a sync loop that only runs when a test has it run, in the test's own thread."""
    quicken(monkeypatch)
    loop = SyncLoop(settings)
    yield loop
    loop.close()


def run_until(sync: SyncLoop, condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    sync.run(lambda: not condition() and time.monotonic() < end)
    assert condition(), "it did not happen in time"


def run_once(sync: SyncLoop) -> None:
    """Let the loop turn once: it waits a tick for the kernel's hints, and acts on them."""
    turns = iter([True, False])
    sync.run(lambda: next(turns))


def finish(sync: SyncLoop) -> None:
    """Run the loop until it has stored all that it has seen."""
    sync.run(sync.is_busy)


def state(settings: Settings, entry_id: str = "news") -> tuple[int, Entry | None]:
    """Return the sequence number, and an entry as it is public now."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        found = Edition(snapshot, time.time_ns() // 1000).find(entry_id)
        return snapshot.sequence, found if isinstance(found, Entry) else None


def image_of(settings: Settings) -> Attachment | None:
    entry = state(settings)[1]
    return None if entry is None else entry.image


def caption(settings: Settings) -> str | None:
    image = image_of(settings)
    return None if image is None else image.caption


def problems(settings: Settings) -> list[str]:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return [problem.code for problem in snapshot.problems()]


def shows(settings: Settings, *size: int) -> Callable[[], bool]:
    """Return a condition: a picture of that size is above the text."""

    def condition() -> bool:
        image = image_of(settings)
        return image is not None and (image.width, image.height) == size

    return condition


@pytest.mark.parametrize("path", ["news.jpg", "news/photo.jpg", "named.jpg"])
def test_an_entry_follows_its_picture(
    settings: Settings, sync: SyncLoop, reads: list[str], path: str
) -> None:
    keys = {"image": "named.jpg"} if path == "named.jpg" else {}
    lay(settings, {"news.md": item(**keys), "other.md": item(), "other.jpg": PHOTO})
    finish(sync)
    assert image_of(settings) is None
    reads.clear()
    photo = settings.entries / path
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes(PHOTO)
    run_until(sync, shows(settings, 40, 30))
    photo.write_bytes(picture((20, 10)))
    run_until(sync, shows(settings, 20, 10))
    (settings.entries / "new.tmp").write_bytes(picture((7, 5)))
    (settings.entries / "new.tmp").rename(photo)
    run_until(sync, shows(settings, 7, 5))
    photo.unlink()
    run_until(sync, lambda: image_of(settings) is None)
    assert set(reads) == {"news.md"}


def test_a_picture_that_precedes_its_text_waits_for_it(settings: Settings, sync: SyncLoop) -> None:
    finish(sync)
    (settings.entries / "news").mkdir()
    (settings.entries / "news" / "a.jpg").write_bytes(PHOTO)
    (settings.entries / "news.md").write_bytes(item())
    run_until(sync, shows(settings, 40, 30))


def test_an_entry_follows_its_folder(settings: Settings, sync: SyncLoop, tmp_path: Path) -> None:
    lay(settings, {"news.md": item()})
    old(tmp_path / "away" / "photo.jpg", PHOTO)
    finish(sync)
    (tmp_path / "away").rename(settings.entries / "news")
    run_until(sync, shows(settings, 40, 30))
    (settings.entries / "news").rename(tmp_path / "away")
    run_until(sync, lambda: image_of(settings) is None)


def test_a_picture_that_arrives_in_parts_is_complete_in_the_end(
    settings: Settings, sync: SyncLoop
) -> None:
    lay(settings, {"news.md": item()})
    finish(sync)
    photo = picture((300, 200))
    with (settings.entries / "news.jpg").open("wb") as file:
        for start in range(0, len(photo), 400):
            file.write(photo[start : start + 400])
            file.flush()
            run_once(sync)

    def is_complete() -> bool:
        image = image_of(settings)
        return image is not None and image.length == len(photo)

    run_until(sync, is_complete)


def test_a_broken_picture_is_shown_once_it_is_repaired(settings: Settings, sync: SyncLoop) -> None:
    lay(settings, {"news.md": item(), "news.jpg": PHOTO[:50]})
    finish(sync)
    assert problems(settings) == ["media-broken"]
    (settings.entries / "news.jpg").write_bytes(PHOTO)
    run_until(sync, shows(settings, 40, 30))
    assert problems(settings) == ["alt-missing"]


@pytest.mark.parametrize("name", ["news.jpg", "news.Jpg"])
def test_scans_of_an_unchanged_folder_read_nothing_and_change_nothing(
    settings: Settings, sync: SyncLoop, reads: list[str], name: str
) -> None:
    files = {name: PHOTO, "news/plan.pdf": PDF, "in.png": picture(kind="PNG")}
    lay(settings, {"news.md": item(body="![](in.png) ![](missing.jpg)"), **files})
    finish(sync)
    # Unlike the rest, this one is found through a hint.
    (settings.entries / "other.md").write_bytes(item())
    run_until(sync, lambda: "other.md" in reads)
    finish(sync)
    before = state(settings)
    assert before[1] is not None
    reads.clear()
    for _ in range(3):
        sync.scan()
        finish(sync)
    assert state(settings) == before
    assert reads == []


def test_a_picture_that_is_copied_again_changes_nothing(
    settings: Settings, sync: SyncLoop, reads: list[str]
) -> None:
    lay(settings, {"news.md": item(), "news.jpg": PHOTO})
    finish(sync)
    before = state(settings)
    reads.clear()
    (settings.entries / "news.jpg").write_bytes(PHOTO)
    run_until(sync, lambda: reads == ["news.md"])
    finish(sync)
    assert state(settings) == before
    assert reads == ["news.md"]


def test_a_name_that_nobody_can_open_stops_nothing(
    settings: Settings, sync: SyncLoop, reads: list[str]
) -> None:
    bad = item(body=f"![](a%00.jpg) ![]({'a' * 300}.jpg)", image="../../x.jpg")
    finish(sync)
    (settings.entries / "bad.md").write_bytes(bad)
    run_until(sync, lambda: "bad.md" in reads)
    finish(sync)
    (settings.entries / "news.md").write_bytes(item())
    run_until(sync, lambda: state(settings)[1] is not None)
    (settings.entries / "news.jpg").write_bytes(PHOTO)
    run_until(sync, shows(settings, 40, 30))


def test_an_entry_is_read_again_when_its_captions_change(
    settings: Settings, sync: SyncLoop
) -> None:
    lay(settings, {"news.md": item(), "news/1.jpg": PHOTO})
    finish(sync)
    for text in ("First", "Second"):
        (settings.entries / "news/Подписи.txt").write_text(
            f"1.jpg: {text} | Seen", encoding="utf-8"
        )
        run_until(sync, lambda text=text: caption(settings) == text)  # type: ignore[misc]
    assert problems(settings) == []
    (settings.entries / "news/Подписи.txt").unlink()
    run_until(sync, lambda: caption(settings) == "")
