"""Files that arrive byte by byte: none is public before all of it is there."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedsvc.edition import Edition
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import settling
from tests.support.faults import PRESS_TITLE, needs, press_item
from tests.support.folder import old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item

PRESS_ID = b"<http://chertanovo-juzhnoe.mos.ru/presscenter/news/detail/1204713.html>"
MARKDOWN = item(
    "Заголовок с буквами",
    date="2026-01-01T10:00:00+03:00",
    body="Первый абзац.\n\n> Цитата с **жирным**.\n\n1. Раз\n2. Два\n\nПоследняя строка, конец",
    author="Управа района",
    correction="Исправлена дата",
)


def items() -> Iterator[tuple[str, bytes]]:
    """Yield the suffix and the content of a file of each kind."""
    yield ".txt", press_item()
    yield ".md", MARKDOWN


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # A notice of the kernel may come later than files settle elsewhere in the tests.
    quicken(monkeypatch, 5)


def of_its_own(data: bytes, number: int) -> bytes:
    """Return an item with an id of its own, of the same length in every copy."""
    assert data.count(PRESS_ID) <= 1
    return data.replace(b"1204713", b"%07d" % number).replace(
        "Заголовок с".encode(), f"Заголовок{number:07}".encode()
    )


def all_cuts() -> list[tuple[str, bytes, int]]:
    return [(suffix, data, cut) for suffix, data in items() for cut in range(len(data))]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "sample",
    [pytest.param(500, marks=pytest.mark.short), pytest.param(None, marks=pytest.mark.long)],
)
def test_a_file_held_open_at_any_byte_is_not_public_until_it_is_closed(
    settings: Settings, sample: int | None
) -> None:
    settings = replace(settings, rescan=1)
    cuts = all_cuts()
    # The whole range, at equal distances.
    cuts = cuts if sample is None else [cuts[n * len(cuts) // sample] for n in range(sample)]
    for start in range(0, len(cuts), 500):
        part = cuts[start : start + 500]
        hold_all_open(settings, part, start)
        shutil.rmtree(settings.entries)
        shutil.rmtree(settings.instance)
        settings.entries.mkdir()
    assert len(cuts) == (sample or sum(len(data) for _, data in items()))


def hold_all_open(settings: Settings, cuts: list[tuple[str, bytes, int]], first: int) -> None:
    with running(settings), ExitStack() as stack:
        files = []
        for number, (suffix, data, cut) in enumerate(cuts, start=first):
            path = settings.entries / f"{number:07}{suffix}"
            file = stack.enter_context(path.open("wb", buffering=0))
            whole = of_its_own(data, number)
            file.write(whole[:cut])
            files.append((file, whole[cut:]))
        # Several scans see them, and files that are not open would have settled.
        end = time.monotonic() + 3 * settling.SETTLE
        while time.monotonic() < end:
            rescan(settings)
            assert titles(settings) == set()
        for file, rest in files[::2]:
            # The copy goes on in the same second, after a pause.
            file.write(rest[:1])
        assert titles(settings) == set()
        for number, (file, rest) in enumerate(files):
            file.write(rest[1:] if number % 2 == 0 else rest)
            file.close()
        wait_for(lambda: count(settings) == len(cuts), 30)
    assert complete_texts(settings) == len(cuts)


def count(settings: Settings) -> int:
    return len(texts(settings))


def texts(settings: Settings) -> list[str]:
    """Return the HTML of everything that is public."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        edition = Edition(snapshot, time.time_ns() // 1000)
        return [entry.html for entry in edition.newest(20000)]


def complete_texts(settings: Settings) -> int:
    """Count the entries that are public to their last line."""
    ends = ("больше рабочих мест", "Последняя строка, конец")
    return sum(any(end in text for end in ends) for text in texts(settings))


@pytest.mark.usefixtures("quick")
def test_a_file_written_in_chunks_with_pauses_is_public_once_and_complete(
    settings: Settings,
) -> None:
    settings = replace(settings, rescan=1)
    shown = set()
    with running(settings), ExitStack() as stack:
        jobs: list[list[Any]] = []
        for number, (pause, size) in enumerate(((0, 1), (0.005, 7), (0.02, 50), (0.4, 900))):
            for suffix, data in items():
                own = number * 2 + (suffix == ".md")
                path = settings.entries / f"{own:07}{suffix}"
                whole = of_its_own(data, own)
                file = stack.enter_context(path.open("wb", buffering=0))
                jobs.append([time.monotonic(), pause, size, 0, whole, file])
        while jobs:
            for job in list(jobs):
                due, pause, size, at, whole, file = job
                if time.monotonic() < due:
                    continue
                file.write(whole[at : at + size])
                job[0], job[3] = time.monotonic() + pause, at + size
                if job[3] >= len(whole):
                    file.close()
                    jobs.remove(job)
            shown.update(texts(settings))
        wait_for(lambda: count(settings) == 8)
        shown.update(texts(settings))
    # Whatever was public at any moment was all of it.
    assert complete_texts(settings) == 8
    assert len(shown) == 2


@pytest.mark.usefixtures("quick")
def test_a_copy_over_the_old_text_shows_the_old_or_the_new(settings: Settings) -> None:
    settings = replace(settings, rescan=1)
    new = MARKDOWN.replace("с буквами".encode(), "исправлен".encode())
    old(settings.entries / "a.md", MARKDOWN)
    with running(settings):
        for start in range(0, len(MARKDOWN), 97):
            with (settings.entries / "a.md").open("r+b", buffering=0) as file:
                file.truncate(0)
                file.write(new[:start])
                time.sleep(0.02)
                assert titles(settings) <= {"Заголовок с буквами", "Заголовок исправлен"}
                assert len(titles(settings)) == 1
                file.write(new[start:])
        wait_for(lambda: titles(settings) == {"Заголовок исправлен"})


@pytest.mark.usefixtures("quick")
def test_a_slow_copy_by_a_tool_is_public_once_it_is_done(
    settings: Settings, tmp_path: Path
) -> None:
    needs("rsync", "dd")
    source = tmp_path / "1204713.txt"
    source.write_bytes(press_item())
    settings = replace(settings, rescan=1)
    size = source.stat().st_size
    rsync = ["rsync", "--inplace", "--bwlimit=1", str(source), str(settings.entries / "a.txt")]
    drip = f"dd if={source} bs=1 count={size // 2} status=none; sleep 1; dd if={source} bs=1"
    drip = f"({drip} skip={size // 2} status=none) > {settings.entries}/b.txt"
    for command in (rsync, ["sh", "-c", drip]):
        with running(settings):
            with subprocess.Popen(command) as process:
                while process.poll() is None:
                    seen = texts(settings)
                    assert all("больше рабочих мест" in text for text in seen)
                    time.sleep(0.02)
            wait_for(lambda: titles(settings) != set())
            assert all(title.startswith(PRESS_TITLE) for title in titles(settings))
        shutil.rmtree(settings.instance)
        for path in settings.entries.iterdir():
            path.unlink()
