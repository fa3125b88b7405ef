"""Pictures of a running service: dear ones, hostile ones, and those that change meanwhile."""

import io
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from email.message import Message
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from tests.support.faults import done, mountable, needs, served
from tests.support.files import picture
from tests.support.hostile_pictures import PICTURES, many_scans
from tests.support.newsroom import item
from tests.support.service import QUICK, SERVERS, Service
from tests.support.waiting import wait_for

# In seconds: what a service that others keep busy may need. It was 40.
PROMPT = 8.0
MEBIBYTE = 1024 * 1024
OTHERS = ("/healthz", "/search?q=news", "/feeds/atom.xml", "/archive/")


def photo(number: int = 0, size: tuple[int, int] = (4000, 3000)) -> bytes:
    """Return a photograph, which is dear to decode, unlike all others."""
    noise = Image.effect_noise((size[0] // 8, size[1] // 8), 60).resize(size).convert("RGB")
    noise.paste((number, 0, 0), (0, 0, 50, 50))
    data = io.BytesIO()
    noise.save(data, "JPEG", quality=85)
    return data.getvalue()


@contextmanager
def publishing(folder: Path, files: dict[str, bytes], *prefix: str) -> Iterator[Service]:
    """Serve a folder in which an entry has these files, once it is published."""
    (folder / "entries" / "news").mkdir(parents=True, exist_ok=True)
    (folder / "entries" / "news.md").write_bytes(item("The news"))
    for name, data in files.items():
        (folder / "entries" / "news" / name).write_bytes(data)
    with served(folder, *QUICK, *prefix) as service:
        wait_for(lambda: service.shows("The news"))
        # Its index follows.
        wait_for(lambda: service.get("/search?q=news")[0] == 200)
        yield service


def asked(service: Service, path: str, **headers: str) -> tuple[int, bytes, Message]:
    """Return status, body and headers of a path."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{service.port}{path}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def is_made(service: Service, path: str) -> bool:
    """Return whether a thumbnail need not be waited for any more."""
    return asked(service, path)[2]["Cache-Control"] != "no-store"


def makers(service: Service) -> list[int]:
    """Return the process numbers of the children that make thumbnails."""
    return [pid for pid, line in service.processes().items() if "thumbnail_maker" in line]


@contextmanager
def others_answer_promptly(service: Service) -> Iterator[None]:
    """Check that nobody who asks for something else waits meanwhile."""
    slowest: dict[str, float] = {}
    ended = threading.Event()

    def ask() -> None:
        number = 0
        while not ended.wait(0.02):
            number += 1
            for path in (*OTHERS, f"/search?q=news{number}", f"/nothing/{number}"):
                start = time.monotonic()
                status, *_ = asked(service, path)
                taken = time.monotonic() - start
                name = path.partition("?")[0].rstrip("0123456789")
                slowest[name] = max(slowest.get(name, 0), taken)
                assert status in (200, 404), path

    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(ask)
        try:
            yield
        finally:
            ended.set()
            asking.result()
    assert max(slowest.values()) < PROMPT, slowest


def memory(service: Service) -> int:
    """Return how many bytes of memory the workers take together."""
    return sum(
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in service.workers()
    )


def test_a_gallery_of_photographs_keeps_nobody_waiting(tmp_path: Path) -> None:
    files = {f"{number:02}.jpg": photo(number) for number in range(30)}
    with publishing(tmp_path, files) as service:
        paths = [f"/preview/{width}/news/{name}" for name in files for width in (480, 1200)]
        before = memory(service)
        with others_answer_promptly(service), ThreadPoolExecutor(24) as threads:
            answers = list(threads.map(lambda path: asked(service, path), paths))
        assert {status for status, *_ in answers} == {200}
        # The busier the machine, the fewer are made while somebody waits.
        assert sum(len(body) < 500_000 for _, body, _ in answers) > len(paths) // 6
        assert memory(service) - before < 200 * MEBIBYTE
        # Whoever could not wait got the photograph itself; the next time each is there.
        seen = set()
        for path in paths:
            wait_for(partial(is_made, service, path))
            status, body, headers = asked(service, path)
            assert (status, headers["Content-Type"]) == (200, "image/jpeg")
            assert len(body) < 500_000
            seen.add(headers["ETag"])
        assert len(seen) == len(paths)
    with publishing(tmp_path, {}) as service:
        for path in paths:
            assert asked(service, path)[2]["ETag"] in seen
        assert makers(service) == []


def test_a_picture_that_would_be_decoded_for_an_hour_keeps_nobody_waiting(tmp_path: Path) -> None:
    dear = {f"{scans}.jpg": many_scans(8000, 6250, scans) for scans in (4000, 4001)}
    with publishing(tmp_path, {**dear, "good.jpg": photo()}) as service:
        with others_answer_promptly(service), ThreadPoolExecutor(4) as threads:
            answers = list(
                threads.map(lambda name: asked(service, f"/preview/480/news/{name}"), dear)
            )
        assert [body for _, body, _ in answers] == list(dear.values())
        assert len(asked(service, "/preview/480/news/good.jpg")[1]) < 500_000
    with publishing(tmp_path, {}) as service:
        for name, data in dear.items():
            for width in (480, 800, 1200):
                assert asked(service, f"/preview/{width}/news/{name}")[1] == data
        assert makers(service) == []


def test_hostile_pictures_cost_little_and_leave_nothing_in_the_log(tmp_path: Path) -> None:
    files = {name: make() for name, make in PICTURES.items()}
    with publishing(tmp_path, files) as service:
        length = (tmp_path / "log").stat().st_size
        before = memory(service)
        with others_answer_promptly(service):
            for name, data in files.items():
                for width in (480, 1200):
                    status, body, _ = asked(service, f"/preview/{width}/news/{name}")
                    assert status in (200, 404), name
                    assert len(body) < 100_000 or body == data, name
        assert memory(service) - before < 200 * MEBIBYTE
        assert (tmp_path / "log").stat().st_size == length


def test_a_file_that_is_swapped_for_a_link_all_the_time_is_never_the_one_outside(
    tmp_path: Path,
) -> None:
    inside, outside = picture((600, 400)), picture((600, 400), orientation=3)
    (tmp_path / "outside.jpg").write_bytes(outside)
    with publishing(tmp_path, {"news.jpg": inside}) as service:
        published = tmp_path / "entries" / "news" / "news.jpg"
        ended = threading.Event()

        def swap() -> None:
            while not ended.is_set():
                (tmp_path / "new").write_bytes(inside)
                (tmp_path / "new").replace(published)
                (tmp_path / "new").symlink_to(tmp_path / "outside.jpg")
                (tmp_path / "new").replace(published)

        swapping = threading.Thread(target=swap)
        swapping.start()
        try:
            seen = [asked(service, "/media/news/news.jpg") for _ in range(2_000)]
        finally:
            ended.set()
            swapping.join()
        assert {status for status, *_ in seen} <= {200, 404}
        assert any(status == 200 for status, *_ in seen)
        assert all(body == inside for status, body, _ in seen if status == 200)


def _become_a_device(path: Path) -> None:
    os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))


@pytest.mark.parametrize("instead", [os.mkfifo, os.mkdir, _become_a_device])
def test_what_takes_the_place_of_a_file_is_404(
    tmp_path: Path, instead: Callable[[Path], None]
) -> None:
    with publishing(tmp_path, {"news.jpg": photo()}) as service:
        assert asked(service, "/preview/480/news/news.jpg")[0] == 200
        published = tmp_path / "entries" / "news" / "news.jpg"
        published.unlink()
        instead(published)
        start = time.monotonic()
        for path in ("/media/news/news.jpg", "/preview/480/news/news.jpg"):
            assert asked(service, path)[0] == 404
        assert time.monotonic() - start < PROMPT


def test_a_child_that_is_killed_in_the_middle_is_replaced(tmp_path: Path) -> None:
    with publishing(tmp_path, {"news.jpg": many_scans(8000, 6250, 30)}) as service:
        with ThreadPoolExecutor(1) as threads:
            waits = threads.submit(asked, service, "/preview/480/news/news.jpg")
            wait_for(lambda: bool(makers(service)))
            time.sleep(0.5)
            for pid in makers(service):
                os.kill(pid, signal.SIGKILL)
            status, body, headers = waits.result()
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=300")
        assert len(body) < 100_000


def test_two_replicas_have_the_same_validators(tmp_path: Path) -> None:
    with ExitStack() as stack:
        services = []
        for number, name in enumerate(("one", "other/deeper")):
            folder = tmp_path / name
            folder.mkdir(parents=True)
            service = stack.enter_context(
                publishing(folder, {"news.jpg": picture((900, 600)), "plan.pdf": b"%PDF-1.4\n"})
            )
            for file in (folder / "entries" / "news").iterdir():
                os.utime(file, (10**9 + number,) * 2)
            services.append(service)
        for path in (
            *("/media/news/news.jpg", "/media/news/plan.pdf"),
            "/preview/480/news/news.jpg",
        ):
            _, body, headers = asked(services[0], path)
            for name, condition in (
                ("ETag", "If_None_Match"),
                ("Last-Modified", "If_Modified_Since"),
            ):
                status, *_ = asked(services[1], path, **{condition: headers[name]})
                assert status == 304, (path, name)
            ranged = {"Range": "bytes=0-9", "If_Range": headers["ETag"]}
            assert asked(services[1], path, **ranged)[:2] == (206, body[:10])


def test_the_disk_that_thumbnails_take_has_a_bound(tmp_path: Path) -> None:
    files = {f"{number}.jpg": photo(number, (2000, 1500)) for number in range(30)}
    with publishing(tmp_path, files, "env", "FEEDSVC_THUMBNAILS=1") as service:
        for name in files:
            assert asked(service, f"/preview/800/news/{name}")[0] == 200
        folder = tmp_path / "instance" / "thumbnails"
        assert 0 < sum(path.stat().st_size for path in folder.iterdir()) <= MEBIBYTE


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_where_no_thumbnail_can_be_kept_they_are_served_and_one_line_says_so(fault: str) -> None:
    needs("mount", "umount")
    with mountable() as folder:
        thumbnails = folder / "instance" / "thumbnails"
        thumbnails.mkdir()
        options = "size=64k" if fault == "full" else "ro"
        done("mount", "-t", "tmpfs", "-o", options, "tmpfs", thumbnails)
        files = {f"{number}.jpg": photo(number, (2000, 1500)) for number in range(10)}
        with publishing(folder, files) as service:
            for name in [*files, *files]:
                status, body, headers = asked(service, f"/preview/800/news/{name}")
                assert (status, headers["Cache-Control"]) == (200, "public, max-age=300")
                assert len(body) < 300_000
            assert not list(thumbnails.glob("*.tmp"))
            lines = (folder / "log").read_text().count("не сохраняются и создаются заново")
            # One of each worker that was asked.
            assert 1 <= lines <= len(service.workers())


@pytest.mark.parametrize("server", ["gunicorn", "uwsgi"])
def test_other_servers_make_thumbnails_as_well(tmp_path: Path, server: str) -> None:
    (tmp_path / "entries" / "news").mkdir(parents=True)
    (tmp_path / "entries" / "news.md").write_bytes(item("The news"))
    files = {f"{number}.jpg": photo(number) for number in range(6)}
    for name, data in files.items():
        (tmp_path / "entries" / "news" / name).write_bytes(data)
    service = Service([*QUICK, *SERVERS[server]], tmp_path)
    try:
        wait_for(lambda: service.shows("The news"))
        wait_for(lambda: service.get("/search?q=news")[0] == 200)
        with others_answer_promptly(service), ThreadPoolExecutor(4) as threads:
            paths = [f"/preview/480/news/{name}" for name in files]
            answers = list(threads.map(lambda path: asked(service, path), paths))
        assert {status for status, *_ in answers} == {200}
        for path in paths:
            wait_for(partial(is_made, service, path))
            assert len(asked(service, path)[1]) < 500_000
        for name, data in files.items():
            for _ in range(2):
                assert asked(service, f"/media/news/{name}")[1] == data
            part = asked(service, f"/media/news/{name}", Range="bytes=5-9")
            assert part[:2] == (206, data[5:10])
    finally:
        service.stop()
