"""Fuzz every target for its share of the time, and print a table of what was tried and found.

`make fuzz OPTIONS='--seconds 120'` runs it. Findings are written to `build/fuzz/findings/`, and
the exit status is 1 if there are any.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.last_input import last_input
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
BUILD = ROOT / "build" / "fuzz"
# In seconds: an input that takes longer ends its worker, and is a finding.
TIMEOUT = 60
# How much longer than its time a worker may take, to read its corpus again.
PATIENCE = 1800
# In megabytes: so is one at which a worker grows larger. Each worker holds a corpus.
MEMORY = 2048
# After so many findings a target is left alone.
MAX_FINDINGS = 20
_stat = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_progress = re.compile(r"^#(\d+)\s", re.MULTILINE)
_edges = re.compile(r" cov: (\d+) ")
_where = re.compile(r'^  File "[^"]*/([^"/]+/[^"/]+)", line (\d+)', re.MULTILINE)
_exception = re.compile(
    r"^ === Uncaught Python exception: ===\n(.*)|^==\d+== ?ERROR: (.*)", re.MULTILINE
)


@dataclass(slots=True)
class Tally:
    """What was tried of one target, and what was found."""

    inputs: int = 0
    seconds: float = 0
    edges: int = 0
    memory: int = 0
    findings: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop with a target, and where its chance begins."""

    seconds: float
    inputs: int
    seed: int


def fuzz(name: str, limits: Limits) -> Tally:
    """Fuzz a target; after a finding, go on with another seed."""
    tally = Tally()
    seed = limits.seed
    while True:
        left = int(limits.seconds - tally.seconds)
        runs = limits.inputs - tally.inputs if limits.inputs else -1
        if left < 1 or runs == 0 or len(tally.findings) >= MAX_FINDINGS:
            return tally
        started = time.monotonic()
        with _worker_folder() as folder:
            status, log = _run_worker(name, folder, left, runs, seed)
            tally.seconds += time.monotonic() - started
            _count(tally, log)
            if status:
                _keep(name, folder, status, log, tally)
        if not status:
            return tally
        seed += 1


@contextlib.contextmanager
def _worker_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_worker(name: str, folder: Path, seconds: int, runs: int, seed: int) -> tuple[int, str]:
    """Run a worker until it ends; return its exit status and what it wrote."""
    found = BUILD / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    (folder / "temporary").mkdir()
    end = str(time.monotonic() + seconds)
    options = [
        *(f"-runs={runs}", f"-seed={seed}"),
        *(f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}", "-detect_leaks=0"),
        *(f"-artifact_prefix={folder}/found-", "-print_final_stats=1"),
        *map(str, [found, *([CORPUS / name] if (CORPUS / name).is_dir() else [])]),
    ]
    with open(folder / "log", "w+b") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", name, f"{folder}/last", end, *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "TMPDIR": str(folder / "temporary")},
        )
        try:
            status = process.wait(seconds + PATIENCE)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return status, (folder / "log").read_text(errors="replace")


def _count(tally: Tally, log: str) -> None:
    numbers = {key: int(value) for key, value in _stat.findall(log)}
    progress = [int(number) for number in _progress.findall(log)] or [0]
    tally.inputs += numbers.get("number_of_executed_units", progress[-1])
    tally.memory = max(tally.memory, numbers.get("peak_rss_mb", 0))
    tally.edges = max([tally.edges, *map(int, _edges.findall(log))])


def _keep(name: str, folder: Path, status: int, log: str, tally: Tally) -> None:
    """Keep the input at which a worker ended, unless one with the same traceback is kept."""
    what = _exception.search(log)
    message = (what[1] or what[2]) if what else f"exit status {status}"
    places = _where.findall(log)
    kind = f"{message.partition(':')[0]} {' '.join(map(':'.join, places[-2:]))}"
    if kind in tally.findings:
        return
    artifacts = sorted(folder.glob("found-*"))
    data = artifacts[-1].read_bytes() if artifacts else last_input(folder / "last")
    kept = BUILD / "findings" / f"{name}-{len(tally.findings) + 1}-{int(time.time())}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.with_suffix(".input").write_bytes(data)
    kept.with_suffix(".txt").write_text(log[-20_000:])
    tally.findings[kind] = kept
    print(f"{name}: {message[:300]}\n  {kept.with_suffix('.input')}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="of the whole run")
    parser.add_argument("--inputs", type=int, default=0, help="at most so many for each target")
    parser.add_argument("--targets", default=",".join(TARGETS), help="their names, with commas")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.targets = arguments.targets.split(",")
    unknown = set(arguments.targets) - set(TARGETS)
    if unknown:
        parser.error(
            f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}"
        )
    return arguments


def main() -> int:
    """Run, and return the exit status."""
    arguments = _arguments()
    names: list[str] = arguments.targets
    shares = sum(TARGETS[name].share for name in names)
    row = "{:14} {:>10} {:>8} {:>9} {:>7} {:>9} {:>8}"
    print(row.format("target", "inputs", "seconds", "inputs/s", "edges", "memory MB", "findings"))
    total = Tally()
    for name in names:
        seconds = arguments.seconds * TARGETS[name].share / shares
        tally = fuzz(name, Limits(seconds, arguments.inputs, arguments.seed))
        _print(row, name, tally)
        total.inputs += tally.inputs
        total.seconds += tally.seconds
        total.edges += tally.edges
        total.memory = max(total.memory, tally.memory)
        total.findings |= {f"{name} {kind}": path for kind, path in tally.findings.items()}
    _print(row, "all", total)
    return 1 if total.findings else 0


def _print(row: str, name: str, tally: Tally) -> None:
    speed = round(tally.inputs / max(tally.seconds, 0.001))
    cells = (tally.inputs, round(tally.seconds), speed, tally.edges, tally.memory)
    print(row.format(name, *cells, len(tally.findings)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
