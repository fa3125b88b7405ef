"""Figures in words and in Markdown, and writing them into docs/benchmarks.md."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.common import MEGABYTE, ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
LIBRARIES = "flask granian lxml feedgen nh3 comrak pyyaml msgspec watchdog".split()


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that is not exceeded by this part (0 to 1) of the values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(part * 1000) // 1000) - 1)]


def seconds(value: float) -> str:
    """Format a time in seconds."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    """Format a size in bytes."""
    return f"{size / MEGABYTE:.0f} MB"


def distribution(values: Sequence[float]) -> str:
    """Format the median and the tail of times in seconds."""
    return (
        f"median {seconds(median(values))}, 99th percentile {seconds(percentile(values, 0.99))},"
        f" worst {seconds(max(values))} ({len(values)} changes)"
    )


def machine(*notes: str) -> str:
    """Return a list in Markdown: the machine, the versions, the revision, and notes."""
    processor = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rows = [
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"feedsvc at {_revision()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]
    return "\n".join(f"- {row}" for row in (*rows, *notes) if row)


def _revision() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    commit = git("rev-parse", "--short", "HEAD") or "an unknown revision"
    changed = git("status", "--porcelain", "--", "feedsvc")
    return f"{commit} with changes that are not committed" if changed else commit


def write_part(name: str, text: str) -> None:
    """Replace the text between the comments of one benchmark in docs/benchmarks.md."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text_now = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else f"{begin}\n{end}\n"
    before, found, rest = text_now.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise SystemExit(f"{DOCUMENT}: the comments {begin} and {end} are missing")
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
