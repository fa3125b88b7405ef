"""The thumbnailer: a child makes each thumbnail once, and nobody waits longer than he may."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from feedsvc.isolation import Child, Limits, execute
from feedsvc.media import thumbnailer
from feedsvc.media.opening import ContentDigests, open_real
from feedsvc.media.thumbnail_store import FOLDER, ThumbnailStore
from feedsvc.media.thumbnailer import Busy, Patience, Thumbnailer
from feedsvc.media.thumbnails import LARGE, MEDIUM, SMALL
from tests.support.colours import halves
from tests.support.files import open_files, picture
from tests.support.hostile_pictures import many_scans
from tests.support.waiting import wait_for

LIMIT = 64 * 1024 * 1024
DIGESTS = ContentDigests()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Child]]:
    """Return a list of the children that are started; end those that are left."""
    started: list[Child] = []

    def start(function: str, limits: Limits, *, files: bool) -> Child:
        started.append(execute(function, limits, files=files))
        return started[-1]

    monkeypatch.setattr(thumbnailer, "execute", start)
    yield started
    for child in started:
        if not child.connection.closed:
            child.kill()


class Pictures:
    """A folder of pictures, and the thumbnailer that is asked for their thumbnails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not on disk."""
        self.thumbnailer = Thumbnailer(ThumbnailStore(self.folder, LIMIT, "en"))

    def find(
        self, data: bytes, width: int = SMALL, places: int = 8, seconds: float = 120
    ) -> bytes | None:
        """Ask for the thumbnail of a picture."""
        path = self.folder / f"{threading.get_ident()}.jpg"
        path.write_bytes(data)
        request = f"JPEG JPEG {width} {3 * width} 50000000 80".encode()
        with open_real(str(path)) as file:
            path.unlink()
            return self.thumbnailer.find(
                file, DIGESTS.digest(file), request, Patience(places, seconds)
            )


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path)


def test_a_thumbnail_is_made_once_even_if_the_process_is_restarted(
    pictures: Pictures, children: list[Child]
) -> None:
    made = pictures.find(halves("JPEG"))
    assert made
    assert [pictures.find(halves("JPEG")) for _ in range(3)] == [made] * 3
    assert pictures.find(halves("JPEG"), MEDIUM) not in (made, None)
    assert len(children) == 1
    pictures.restart()
    assert pictures.find(halves("JPEG"), places=0) == made
    assert len(children) == 1


def test_the_same_thumbnail_is_made_once_for_all_who_ask_at_once(
    pictures: Pictures, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[bytes] = []
    really = Child.call

    def call(self: Child, request: bytes, *more: object) -> bytes:
        called.append(request)
        return really(self, request, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Child, "call", call)
    slow = many_scans(3000, 3000, 10)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: pictures.find(slow), range(8)))
    assert made[0]
    assert made == [made[0]] * 8
    # The first is asked for nothing; it shows that the child has started.
    assert [request[:13] for request in called] == [b"", b"JPEG JPEG 480"]
    assert len(children) == 1


def slow_one(pictures: Pictures, threads: ThreadPoolExecutor) -> "Future[bytes | None]":
    """Have a picture made that takes a while, and return what will be its thumbnail."""
    waits = threads.submit(pictures.find, many_scans(8000, 6250, 20), SMALL, 1)
    wait_for(lambda: bool(pictures.thumbnailer._jobs))  # noqa: SLF001 - nothing else shows it
    return waits


@pytest.mark.long
def test_only_so_many_wait_and_what_is_kept_does_not(
    pictures: Pictures, children: list[Child]
) -> None:
    kept = pictures.find(halves("JPEG"))
    with ThreadPoolExecutor(1) as threads:
        waits = slow_one(pictures, threads)
        with pytest.raises(Busy):
            pictures.find(picture((600, 400)), places=1)
        assert pictures.find(halves("JPEG"), places=1) == kept
        assert not waits.done()
        assert waits.result()
    assert pictures.find(picture((600, 400)), places=1)
    assert len(children) == 1


@pytest.mark.long
def test_nobody_waits_for_ever_and_the_thumbnail_is_there_later(
    pictures: Pictures, children: list[Child]
) -> None:
    slow = many_scans(8000, 6250, 20)
    for data in (slow, picture((600, 400))):
        with pytest.raises(Busy):
            pictures.find(data, seconds=0.2)
    assert pictures.find(picture((600, 400)))
    assert pictures.find(slow, places=0)
    assert len(children) == 1


@pytest.mark.long
def test_only_so_many_are_to_be_made(
    pictures: Pictures, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnailer, "MAX_JOBS", 1)
    with ThreadPoolExecutor(1) as threads:
        waits = slow_one(pictures, threads)
        before = len(open_files())
        for _ in range(10):
            with pytest.raises(Busy):
                pictures.find(picture((600, 400)))
        assert len(open_files()) == before
        assert waits.result()
    assert pictures.find(picture((600, 400)))
    assert len(children) == 1


@pytest.mark.long
def test_an_idle_child_ends_and_another_is_started(
    pictures: Pictures, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnailer, "IDLE", 0.1)
    before = len(open_files())
    assert pictures.find(halves("JPEG"), SMALL)
    wait_for(lambda: children[0].connection.closed)
    assert len(open_files()) == before
    assert pictures.find(halves("JPEG"), LARGE)
    assert len(children) == 2


@pytest.mark.long
def test_a_child_that_is_killed_is_replaced(pictures: Pictures, children: list[Child]) -> None:
    assert pictures.find(halves("JPEG"), SMALL)
    os.kill(children[0].pid, signal.SIGKILL)
    assert pictures.find(halves("JPEG"), LARGE)
    with ThreadPoolExecutor(1) as threads:
        waits = slow_one(pictures, threads)
        os.kill(children[1].pid, signal.SIGKILL)
        assert waits.result()
    assert len(children) == 3


@pytest.mark.long
def test_a_picture_at_which_children_are_killed_is_left_until_the_next_start(
    pictures: Pictures, children: list[Child]
) -> None:
    killed = 0
    slow = many_scans(8000, 6250, 20)
    assert pictures.find(halves("JPEG"))
    with ThreadPoolExecutor(1) as threads:
        waits = threads.submit(pictures.find, slow)
        while not waits.done():
            if len(children) > killed:
                killed += 1
                threading.Event().wait(0.5)
                os.kill(children[-1].pid, signal.SIGKILL)
        assert waits.result() is None
    assert killed == 3
    assert pictures.find(slow, places=0) is None
    pictures.restart()
    assert pictures.find(slow)


def test_a_child_that_does_not_start_is_not_the_fault_of_the_picture(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            thumbnailer, "execute", lambda *_, **more: execute("no:thing", LIMITS, **more)
        )
        for _ in range(2):
            with pytest.raises(Busy):
                pictures.find(picture((600, 400)))
    assert pictures.find(picture((600, 400)))


@pytest.mark.parametrize("lacking", ["thread", "descriptor"])
def test_what_the_system_lacks_is_not_waited_for(
    pictures: Pictures, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError if lacking == "thread" else OSError

    with monkeypatch.context() as patch:
        if lacking == "thread":
            patch.setattr(threading.Thread, "start", refuse)
        else:
            patch.setattr(thumbnailer, "reopened", refuse)
        with pytest.raises(Busy):
            pictures.find(halves("JPEG"))
    assert pictures.find(halves("JPEG"))


LIMITS = Limits(processor=0.5, memory=64 * 1024 * 1024)


@pytest.mark.parametrize(
    "limits", [LIMITS, Limits(processor=60, memory=32 * 1024 * 1024)], ids=["time", "memory"]
)
def test_a_picture_that_exceeds_a_limit_is_tried_once_for_all_widths(
    pictures: Pictures,
    children: list[Child],
    limits: Limits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thumbnailer, "LIMITS", limits)
    data = many_scans(3000, 2000, 2000 if limits is LIMITS else 0)
    if limits is not LIMITS:
        data = picture((6000, 4000), "PNG")
    assert pictures.find(data) is None
    pictures.restart()
    assert [pictures.find(data, width, places=0) for width in (SMALL, MEDIUM, LARGE)] == [None] * 3
    assert len(children) == 1
    assert len(list((pictures.folder / FOLDER).iterdir())) == 1


@pytest.mark.long
def test_a_child_that_takes_far_too_long_is_killed(
    pictures: Pictures, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pictures.find(halves("JPEG"))
    monkeypatch.setattr(thumbnailer, "TIMEOUT", 0.1)
    slow = many_scans(8000, 6250, 20)
    assert pictures.find(slow) is None
    monkeypatch.setattr(thumbnailer, "TIMEOUT", 60)
    pictures.restart()
    assert pictures.find(slow)
    assert len(children) == 2


def test_a_process_that_was_forked_has_a_child_of_its_own(pictures: Pictures) -> None:
    assert pictures.find(halves("JPEG"))
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if pictures.find(halves("JPEG"), LARGE) else 1
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    assert pictures.find(halves("JPEG"), MEDIUM)
