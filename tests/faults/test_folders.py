"""Folders that vanish, close, fill up or turn to garbage under a running service."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.faults import (
    PRESS,
    PRESS_TITLE,
    Reader,
    done,
    have_all_rendered,
    mountable,
    needs,
    press_item,
    served,
)
from tests.support.newsroom import item
from tests.support.service import FEEDS, Service, page, soon

# As root, but bound by the rights of files: wherever the interpreter lies, it can be run.
BOUND = (
    # The same bytes at whatever port the service got.
    *("env", "FEEDSVC_BASE_URL=https://news.example"),
    *("setpriv", "--bounding-set", "-dac_override,-dac_read_search"),
)
COUNT = 25
# Long enough for a rescan, the time a file needs to come to rest, and another rescan.
PAUSE = 3.5
Mishap = Callable[[Path], Iterator[None]]


def fill(entries: Path, count: int = COUNT) -> None:
    for number in range(count):
        path = entries / ("deep" if number % 5 == 0 else ".") / f"n{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(item(f"Новость-{number}-", date=f"2026-01-{number % 27 + 1:02}"))
    (entries / "1204713.txt").write_bytes(press_item())
    (entries / "zz.md").write_bytes(item("Отозвано", date="2026-01-01", status="withdrawn"))
    for path in (entries, *entries.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def wanted(count: int = COUNT) -> dict[str, set[str]]:
    titles = {f"Новость-{number}-" for number in range(count)} | {PRESS_TITLE}
    return {
        **dict.fromkeys(FEEDS, titles),
        "/": {"Новость-1-"},
        page("n1"): {"Новость-1-"},
        page("n0"): {"Новость-0-"},
        PRESS: {PRESS_TITLE},
        page("zz"): set(),
    }


def ill_treat(folder: Path, service: Service, mishap: Mishap, count: int = COUNT) -> Reader:
    """Let a mishap come and go while somebody reads; the news must go on afterwards."""
    ready = wanted(count)
    soon(lambda: all(service.shows(title) for title in ready[FEEDS[0]]), 60)
    have_all_rendered(service, ready)
    with Reader(service, ready) as reader:
        reader.right[page("zz")] = {410}
        if mishap in (garbage, garbage_inside, cut_to_nothing, cut_in_half, replaced):
            # No process keeps what it answers with an error; the catalogue is made anew.
            reader.right[page("zz")].add(503)
        soon(lambda: reader.rounds() > 20, 60)
        steps = mishap(folder)
        for number, _ in enumerate(steps):
            time.sleep(PAUSE)
            assert not reader.faults, f"step {number}"
        fresh = folder / "entries" / "fresh.md"
        fresh.write_bytes(item("Свежая новость", date="2026-02-01"))
        soon(lambda: service.shows("Свежая новость"), 60)
        changed = folder / "entries" / "n1.md"
        changed.write_bytes(item("Новость-1-исправлена", date="2026-01-02"))
        soon(lambda: service.shows("Новость-1-исправлена"), 60)
    return reader


# What happens to entries/. Each yields while it lasts, and ends where all is well again.


def covered(folder: Path) -> Iterator[None]:
    done("mount", "-t", "tmpfs", "none", folder / "entries")
    yield
    done("umount", "-l", folder / "entries")
    yield


def unmounted(folder: Path) -> Iterator[None]:
    (folder / "entries").rename(folder / "disk")
    (folder / "entries").mkdir()
    done("mount", "--bind", folder / "disk", folder / "entries")
    yield
    for _ in range(3):
        done("umount", "-l", folder / "entries")
        yield
        done("mount", "--bind", folder / "disk", folder / "entries")


def flapping(folder: Path) -> Iterator[None]:
    for number in range(60):
        done("mount", "-t", "tmpfs", "none", folder / "entries")
        time.sleep(0.03 * (number % 7))
        done("umount", "-l", folder / "entries")
        time.sleep(0.02 * (number % 5))
    yield


def emptied(folder: Path) -> Iterator[None]:
    shutil.copytree(folder / "entries", folder / "disk")
    for path in (folder / "entries").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    yield
    shutil.copytree(folder / "disk", folder / "entries", dirs_exist_ok=True)
    yield


def removed(folder: Path) -> Iterator[None]:
    shutil.copytree(folder / "entries", folder / "disk")
    shutil.rmtree(folder / "entries")
    yield
    shutil.copytree(folder / "disk", folder / "entries")
    yield


def closed(folder: Path) -> Iterator[None]:
    for mode in (0, 0o311, 0o644):  # not at all, not to be listed, not to be entered
        (folder / "entries").chmod(mode)
        yield
        (folder / "entries").chmod(0o755)
        yield


def closed_inside(folder: Path) -> Iterator[None]:
    inside = (folder / "entries" / "deep", folder / "entries" / "1204713.txt")
    for path in inside:
        path.chmod(0)
    yield
    for path in inside:
        path.chmod(0o755)
    yield


def a_link(folder: Path) -> Iterator[None]:
    entries = folder / "entries"
    entries.rename(folder / "disk")
    for target in ("disk", "nowhere", "/dev/null", "entries", "instance"):
        entries.symlink_to(target)
        yield
        entries.unlink()
    (folder / "disk").rename(entries)
    yield


def a_file(folder: Path) -> Iterator[None]:
    (folder / "entries").rename(folder / "disk")
    (folder / "entries").write_bytes(item("Не папка"))
    yield
    (folder / "entries").unlink()
    yield
    (folder / "disk").rename(folder / "entries")
    yield


LONG = pytest.mark.long
ENTRIES_MISHAPS = [
    unmounted,
    closed,
    pytest.param(covered, marks=LONG),
    pytest.param(flapping, marks=LONG),
    pytest.param(emptied, marks=LONG),
    pytest.param(removed, marks=LONG),
    pytest.param(closed_inside, marks=LONG),
    pytest.param(a_link, marks=LONG),
    pytest.param(a_file, marks=LONG),
]


@pytest.mark.parametrize("mishap", ENTRIES_MISHAPS)
def test_what_happens_to_entries_takes_nothing_away(mishap: Mishap) -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries")
        with served(folder, *BOUND) as service:
            reader = ill_treat(folder, service, mishap)
    assert not reader.faults


@pytest.mark.long
@pytest.mark.parametrize("mishap", [unmounted, covered, flapping, removed])
def test_few_entries_are_kept_as_well(mishap: Mishap) -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries", 4)
        with served(folder, *BOUND) as service:
            reader = ill_treat(folder, service, mishap, 4)
    assert not reader.faults


# What happens to instance/.


def read_only(folder: Path) -> Iterator[None]:
    # A mount that is written to cannot be made read-only, but another can be put over it.
    done("mount", "--bind", folder / "instance", folder / "instance")
    done("mount", "-o", "remount,bind,ro", folder / "instance")
    (folder / "entries" / "n2.md").write_bytes(item("Новость-2-", date="2026-01-03", body="x" * 99))
    yield
    done("umount", "-l", folder / "instance")


def full(folder: Path) -> Iterator[None]:
    filler = folder / "instance" / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 100):
                pass
        except OSError:
            pass
    for number in range(20):
        text = f"Новость-{number}- " + "очень длинная " * 200
        path = folder / "entries" / ("deep" if number % 5 == 0 else ".") / f"n{number}.md"
        path.write_bytes(item(f"Новость-{number}-", date=f"2026-01-{number + 1:02}", body=text))
    yield
    filler.unlink()
    yield


def deleted(folder: Path) -> Iterator[None]:
    for _ in range(3):
        shutil.rmtree(folder / "instance")
        yield


def deleted_in_part(folder: Path) -> Iterator[None]:
    for name in ("catalogue.sqlite3-wal", "catalogue.sqlite3", "writer.lock"):
        (folder / "instance" / name).unlink()
        (folder / "entries" / "n2.md").touch()
        yield


def catalogue(folder: Path) -> Path:
    return folder / "instance" / "catalogue.sqlite3"


def garbage(folder: Path) -> Iterator[None]:
    for name in ("catalogue.sqlite3", "catalogue.sqlite3-wal"):
        path = folder / "instance" / name
        with path.open("r+b") as file:
            file.write(os.urandom(max(path.stat().st_size, 100_000)))
        yield


def garbage_inside(folder: Path) -> Iterator[None]:
    # The header and the table of tables stay good, so that the fault is found late.
    checkpoint(folder)
    with catalogue(folder).open("r+b") as file:
        file.seek(4 * 4096)
        file.write(b"\xff" * (catalogue(folder).stat().st_size - 4 * 4096))
    yield


def cut_to_nothing(folder: Path) -> Iterator[None]:
    os.truncate(catalogue(folder), 0)
    yield


def cut_in_half(folder: Path) -> Iterator[None]:
    checkpoint(folder)
    os.truncate(catalogue(folder), catalogue(folder).stat().st_size // 2)
    yield


def replaced(folder: Path) -> Iterator[None]:
    other = folder / "instance" / "other"
    for data in (b"", b"not a database " * 1000):
        other.write_bytes(data)
        other.rename(catalogue(folder))
        yield


def checkpoint(folder: Path) -> None:
    """Bring everything from the write-ahead log into the file."""
    import sqlite3  # noqa: PLC0415 - only for what a tool would do

    with sqlite3.connect(catalogue(folder)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


INSTANCE_MISHAPS = [
    deleted,
    garbage,
    pytest.param(read_only, marks=LONG),
    pytest.param(full, marks=LONG),
    pytest.param(deleted_in_part, marks=LONG),
    pytest.param(garbage_inside, marks=LONG),
    pytest.param(cut_to_nothing, marks=LONG),
    pytest.param(cut_in_half, marks=LONG),
    pytest.param(replaced, marks=LONG),
]


def small_disk(folder: Path) -> None:
    done("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder / "instance")


@pytest.mark.parametrize("mishap", INSTANCE_MISHAPS)
def test_what_happens_to_instance_is_made_good_while_the_last_state_is_served(
    mishap: Mishap,
) -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries")
        if mishap in (read_only, full):
            small_disk(folder)
        with served(folder, *BOUND) as service:
            reader = ill_treat(folder, service, mishap)
            log = (folder / "log").read_text()
    assert not reader.faults
    assert "Traceback" not in log


@pytest.mark.parametrize("damage", ["garbage", "half", "inside", "folder", "empty", "read-only"])
def test_a_service_that_finds_a_damaged_instance_makes_it_anew(damage: str) -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries")
        if damage == "read-only":
            small_disk(folder)
        with served(folder, *BOUND) as service:
            soon(lambda: all(service.shows(title) for title in wanted()[FEEDS[0]]), 60)
            before = {path: service.get(path) for path in wanted()}
        file = catalogue(folder)
        size = file.stat().st_size
        if damage == "garbage":
            file.write_bytes(os.urandom(50_000))
        elif damage == "half":
            os.truncate(file, size // 2)
        elif damage == "inside":
            with file.open("r+b") as stream:
                stream.seek(4 * 4096)
                stream.write(b"\xff" * (size - 4 * 4096))
        elif damage == "folder":
            file.unlink()
            file.mkdir()
        elif damage == "empty":
            os.truncate(file, 0)
        else:
            done("mount", "-o", "remount,ro", folder / "instance")
        with (
            served(folder, *BOUND) as service,
            Reader(service, {path: set() for path in before}) as reader,
        ):
            for path, (status, _) in before.items():
                reader.right[path] = {status, 304, *(() if damage == "read-only" else (503,))}
            if damage == "folder":
                time.sleep(3)
                file.rmdir()
            soon(lambda: {path: service.get(path) for path in before} == before, 60)
            assert not reader.faults


@pytest.mark.long
def test_more_news_than_the_disk_holds_is_no_error_and_comes_once_there_is_room() -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        small_disk(folder)
        for number in range(40):
            text = f"Текст {number} " * 6000
            (folder / "entries" / f"n{number}.md").write_bytes(item(f"Т{number}", body=text))
        with served(folder, *BOUND) as service, Reader(service, {FEEDS[0]: set()}) as reader:
            reader.right[FEEDS[0]] = {503}
            time.sleep(8)
            assert not reader.faults
            assert reader.rounds() > 50
            reader.right[FEEDS[0]] = {503, 200, 304}
            done("mount", "-o", "remount,size=50m", folder / "instance")
            soon(lambda: service.shows("Т39"), 60)
        assert not reader.faults
