"""An entries folder that vanishes, closes or turns into something else under a running service."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.faults import done, mountable, needs, served
from tests.support.house import BOUND, House, Mishap, fill, scan_twice
from tests.support.newsroom import item
from tests.support.service import page
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    needs("mount", "setpriv")
    with closing(House()) as made:
        yield made


@pytest.fixture(scope="module")
def small_house() -> Iterator[House]:
    """Return one of so few entries that the guard lets all but the last of them go."""
    needs("mount", "setpriv")
    with closing(House(4)) as made:
        yield made


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
    yield
    done("umount", "-l", folder / "entries")
    (folder / "entries").rmdir()
    (folder / "disk").rename(folder / "entries")
    yield


def flapping(folder: Path) -> Iterator[None]:
    for number in range(60):
        done("mount", "-t", "tmpfs", "none", folder / "entries")
        time.sleep(0.01 * (number % 7))
        done("umount", "-l", folder / "entries")
        time.sleep(0.005 * (number % 5))
    yield


def emptied(folder: Path) -> Iterator[None]:
    shutil.copytree(folder / "entries", folder / "disk")
    for path in (folder / "entries").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    yield
    shutil.copytree(folder / "disk", folder / "entries", dirs_exist_ok=True)
    yield
    shutil.rmtree(folder / "disk")


def removed(folder: Path) -> Iterator[None]:
    shutil.copytree(folder / "entries", folder / "disk")
    shutil.rmtree(folder / "entries")
    yield
    shutil.copytree(folder / "disk", folder / "entries")
    yield
    shutil.rmtree(folder / "disk")


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


MISHAPS = [unmounted, covered, flapping, emptied, removed, closed, closed_inside, a_link, a_file]


@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_happens_to_the_entries_folder_takes_nothing_away(
    house: House, mishap: Mishap
) -> None:
    house.harm(mishap, scan_twice)


@pytest.mark.parametrize("mishap", [unmounted, covered, flapping, removed])
def test_few_entries_are_kept_as_well(small_house: House, mishap: Mishap) -> None:
    small_house.harm(mishap, scan_twice)


def test_one_deletion_goes_down_while_a_mishap_holds_others_even_if_the_writer_is_killed() -> None:
    needs("mount", "setpriv")
    with mountable() as folder:
        fill(folder / "entries")
        with served(folder, *BOUND) as service:
            wait_for(lambda: service.shows("Новость-24-"))
            lost = [path for path in service.entries.rglob("n*.md") if int(path.stem[1:]) < 15]
            for path in lost:
                path.rename(folder / path.name)
            scan_twice(service)
            for number in (21, 22):
                (service.entries / f"n{number}.md").unlink()
                wait_for(lambda number=number: service.get(page(f"n{number}"))[0] == 410)  # type: ignore[misc]
                for writer in service.writers():
                    os.kill(writer, signal.SIGKILL)
            (service.entries / "n23.md").write_bytes(item("Отозвано", status="withdrawn"))
            wait_for(lambda: service.get(page("n23"))[0] == 410)
            scan_twice(service)
            assert {service.get(page(path.stem))[0] for path in lost} == {200}
            assert service.get(page("n24"))[0] == 200
