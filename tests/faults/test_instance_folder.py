"""An instance folder that vanishes, fills up or turns to garbage under a running service."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.faults import Reader, done, mountable, needs, served
from tests.support.house import (
    BOUND,
    House,
    Mishap,
    expected,
    fill,
    small_disk,
    wait_for_pauses,
)
from tests.support.newsroom import item
from tests.support.service import FEEDS
from tests.support.waiting import wait_for

Answers = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    needs("mount", "setpriv")
    with closing(House()) as made:
        yield made


@pytest.fixture(scope="module")
def house_on_a_small_disk() -> Iterator[House]:
    needs("mount", "setpriv")
    with closing(House(prepare=small_disk)) as made:
        yield made


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
    """Write everything that is in the write-ahead log into the file, as a tool may do."""
    with sqlite3.connect(catalogue(folder)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


# These keep the file or its connections, so that every process goes on with what it has.
QUIET = [deleted, deleted_in_part]
# No process keeps what it answers with an error, and the catalogue is recreated.
DAMAGING = [garbage, garbage_inside, cut_to_nothing, cut_in_half, replaced]


@pytest.mark.parametrize("mishap", QUIET)
def test_a_deleted_instance_is_recreated_while_the_last_state_is_served(
    house: House, mishap: Mishap
) -> None:
    house.harm(mishap, wait_for_pauses)


@pytest.mark.parametrize("mishap", DAMAGING)
def test_a_damaged_instance_is_recreated_while_the_last_state_is_served(
    house: House, mishap: Mishap
) -> None:
    house.harm(mishap, wait_for_pauses, 503)


@pytest.mark.parametrize("mishap", [read_only, full])
def test_an_instance_that_cannot_be_written_is_read(
    house_on_a_small_disk: House, mishap: Mishap
) -> None:
    house_on_a_small_disk.harm(mishap, wait_for_pauses)


@pytest.fixture(scope="module")
def stopped() -> Iterator[tuple[Path, Answers]]:
    """Return the folder of a service that has ended, and what it answered.

    The instance is kept in `kept/` of that folder.
    """
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries")
        with served(folder, *BOUND) as service:
            wait_for(lambda: all(service.shows(title) for title in expected()[FEEDS[0]]))
            answers = {path: service.get(path) for path in expected()}
        (folder / "instance").rename(folder / "kept")
        yield folder, answers


def damage_file(file: Path, damage: str) -> None:
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
        done("mount", "-o", "remount,ro", file.parent)


@pytest.mark.parametrize("damage", ["garbage", "half", "inside", "folder", "empty", "read-only"])
def test_a_service_that_finds_a_damaged_instance_recreates_it(
    stopped: tuple[Path, Answers], damage: str
) -> None:
    folder, before = stopped
    (folder / "instance").mkdir()
    if damage == "read-only":
        small_disk(folder)
    shutil.copytree(folder / "kept", folder / "instance", dirs_exist_ok=True)
    damage_file(catalogue(folder), damage)
    try:
        with (
            served(folder, *BOUND) as service,
            Reader(service, {path: set() for path in before}) as reader,
        ):
            for path, (status, _) in before.items():
                reader.right[path] = {status, 304, *(() if damage == "read-only" else (503,))}
            if damage == "folder":
                wait_for_pauses(service)
                reader.read_on()
                catalogue(folder).rmdir()
            wait_for(lambda: {path: service.get(path) for path in before} == before)
            assert reader.faults == []
    finally:
        if damage == "read-only":
            done("umount", "-l", folder / "instance")
        shutil.rmtree(folder / "instance")


def test_more_news_than_the_disk_holds_is_no_error_and_comes_once_there_is_room() -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        small_disk(folder)
        for number in range(40):
            text = f"Текст {number} " * 6000
            (folder / "entries" / f"n{number}.md").write_bytes(item(f"Т{number}", body=text))
        with served(folder, *BOUND) as service, Reader(service, {FEEDS[0]: set()}) as reader:
            reader.right[FEEDS[0]] = {503}
            wait_for(lambda: "full" in (folder / "log").read_text())
            reader.read_on(50)
            assert reader.faults == []
            reader.right[FEEDS[0]] = {503, 200, 304}
            done("mount", "-o", "remount,size=50m", folder / "instance")
            wait_for(lambda: service.shows("Т39"))
        assert reader.faults == []
