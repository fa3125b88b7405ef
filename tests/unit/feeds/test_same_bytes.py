"""The same entries result in the same bytes in every process, time zone and locale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.newsroom import NOW, ROOT, item

# Renders the feeds and pages of a folder of entries, and reports the locale it ran in.
RENDER = """
import locale, os, sys
from dataclasses import replace
from pathlib import Path
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS
from feedsvc.pages import html
from feedsvc.parsing import read
from feedsvc.settings import load
from feedsvc.storage.updates import prepare
from feedsvc.storage.writer import Writer

entries, instance, order, now = sys.argv[1:]
sys.stderr.write(locale.setlocale(locale.LC_ALL, ""))
settings = replace(load(), base_url="https://news.example")
names = sorted(os.listdir(entries), reverse=order == "reversed")
writer = Writer(Path(instance))
for name in names:
    file = Path(entries) / name
    reading = read(file.read_bytes(), name, settings.parsing, settings.entries)
    update = prepare(name, str(file.stat().st_mtime_ns), reading)
    writer.apply([update], (), int(now))
edition = Edition(writer.snapshot(), int(now))
for name, feed in FEEDS.items():
    sys.stdout.buffer.write(feed.render(feed.select(edition, settings, name), settings))
sys.stdout.buffer.write(html.home(edition, settings))
for entry in edition.newest(10):
    sys.stdout.buffer.write(html.entry(entry, edition.neighbours(entry), settings))
writer.close()
"""


def rendered(
    folder: Path, instance: Path, order: str = "sorted", **environ: str
) -> tuple[bytes, str]:
    """Render everything in a process of its own; return the bytes, and the locale it ran in."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, "-c", RENDER, folder, instance, order, str(NOW)],
        cwd=ROOT,
        env=clean | environ,
        capture_output=True,
        check=True,
    )
    return process.stdout, process.stderr.decode()


def write_entries(folder: Path) -> None:
    folder.mkdir()
    (folder / "1204713.txt").write_bytes((ROOT / "entries" / "1204713.txt").read_bytes())
    for number in range(3):
        # Equal dates, so that only the ids decide their order.
        data = item(f"Новость {number}", "2 марта 2026 в 09:30", categories="Город", lang="en")
        (folder / f"n{number}.md").write_bytes(data)


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    write_entries(tmp_path / "entries")
    return tmp_path / "entries"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("reference")
    write_entries(folder / "entries")
    output, _ = rendered(folder / "entries", folder, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="0")
    assert len(output) > 10_000
    return output


@pytest.mark.parametrize(
    ("order", "environ"),
    [
        ("sorted", {"TZ": "Asia/Tokyo"}),
        ("reversed", {"TZ": "UTC", "PYTHONHASHSEED": "2"}),
    ],
)
def test_every_process_renders_the_same_bytes(
    tmp_path: Path, entries: Path, reference: bytes, order: str, environ: dict[str, str]
) -> None:
    assert rendered(entries, tmp_path, order, LC_ALL="C", **environ)[0] == reference


@pytest.mark.long  # it needs a package of Debian's that a newcomer may not have
def test_a_russian_locale_renders_the_same_bytes(
    tmp_path: Path, entries: Path, reference: bytes
) -> None:
    environ = {"LC_ALL": "ru_RU.UTF-8", "TZ": "Asia/Tokyo"}
    known = subprocess.run(["locale", "-a"], capture_output=True, check=True).stdout.decode()
    if "ru_RU.utf8" not in known.split():
        built = tmp_path / "ru_RU.UTF-8"
        subprocess.run(
            ["localedef", "-i", "ru_RU", "-f", "UTF-8", built], capture_output=True, check=False
        )
        if not built.exists():
            pytest.fail("no Russian locale to be built: apt-get install locales")
        environ["LOCPATH"] = str(tmp_path)
    assert rendered(entries, tmp_path, **environ) == (reference, "ru_RU.UTF-8")


def test_files_of_any_date_render_the_same_bytes(
    tmp_path: Path, entries: Path, reference: bytes
) -> None:
    for number, file in enumerate(entries.iterdir()):
        os.utime(file, (number * 1e8, number * 1e8))
    environ = {"TZ": "America/St_Johns", "PYTHONHASHSEED": "1"}
    assert rendered(entries, tmp_path, LC_ALL="C", **environ)[0] == reference
