"""Fuzzing without libFuzzer: every seed keeps the promises, and each oracle finds a fault."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import nh3
import pytest

from feedsvc import parsing
from feedsvc.feeds import FEEDS
from feedsvc.model import Problem
from feedsvc.parsing import sanitizer
from tests.fuzz import renderers
from tests.fuzz.__main__ import CORPUS, Tally, _count, _keep
from tests.fuzz.last_input import Recorder
from tests.fuzz.mutation import TOKENS, mutate
from tests.fuzz.oracles import (
    MEGABYTE,
    Bounds,
    BrokenPromise,
    check_json,
    check_page,
    check_problems,
    check_with_html5lib,
    check_xml,
    run,
)
from tests.fuzz.targets import TARGETS
from tests.support.newsroom import ROOT, item

QUICK = Bounds(seconds=0.02, seconds_per_byte=0, memory=8 * MEGABYTE, memory_per_byte=0)
# Each costs a second.
COSTLY = ("growth", "entry")
SEEDS = {name: sorted((CORPUS / name).iterdir()) for name in TARGETS}
ENTRY = b"0" + item()


def quadratic(data: bytes) -> int:
    return sum(0 for _ in data for _ in data)


def greedy(data: bytes) -> int:
    return len(b"a" * len(data) * MEGABYTE) * 0


@pytest.mark.parametrize("name", sorted(set(TARGETS) - set(COSTLY)))
def test_every_seed_keeps_the_promises(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed.read_bytes())


@pytest.mark.long
@pytest.mark.parametrize("name", COSTLY)
def test_every_costly_seed_keeps_the_promises(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed.read_bytes())


def test_every_target_has_seeds_and_every_seed_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    assert all(SEEDS.values())


def test_every_target_takes_any_bytes() -> None:
    random = Random(1)
    inputs = [b"", b"\0", b"0", *(random.randbytes(random.randrange(200)) for _ in range(20))]
    for target in TARGETS.values():
        for data in inputs:
            target(data)


def test_what_takes_too_long_is_found() -> None:
    with pytest.raises(BrokenPromise, match=r"1500 bytes took .* s, more than 0\.02 s"):
        run(quadratic, bytes(1500), QUICK)


def test_what_becomes_too_long_is_found() -> None:
    with pytest.raises(BrokenPromise, match="1 bytes became 30000"):
        run(lambda data: 30_000 * len(data), b"a", QUICK)


@pytest.mark.long
def test_what_takes_too_much_memory_is_found() -> None:
    # In a process that never needed so much.
    code = (
        "from tests.unit.support.test_fuzz import Bounds, greedy, run;"
        "run(greedy, bytes(200), Bounds(memory_per_byte=0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert re.search("BrokenPromise: 200 bytes took [1-4][0-9]{2} MB", done.stderr), done.stderr


def test_what_costs_too_much_only_once_is_no_fault() -> None:
    times = iter([0.2])
    run(lambda _: sum(map(busy, times)), b"", QUICK)


def busy(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 0


def test_what_a_check_raises_is_a_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda data: 1 // len(data), b"", QUICK)


@pytest.mark.parametrize(
    "body", [b"<a><b></a>", b"<a>&nbsp;</a>", b"<a>\x01</a>", "<a>\ufdd0</a>".encode(), b"<a/>\xff"]
)
def test_xml_that_is_not_well_formed_is_found(body: bytes) -> None:
    with pytest.raises((BrokenPromise, SyntaxError, UnicodeDecodeError)):
        check_xml(body)


@pytest.mark.parametrize("body", [b"{", b"NaN", '"\x85"'.encode()])
def test_what_is_no_json_is_found(body: bytes) -> None:
    with pytest.raises((BrokenPromise, ValueError)):
        check_json(body)


@pytest.mark.parametrize(
    "html",
    [
        "<script>a</script>",
        '<p onclick="a">b</p>',
        '<a href="java&#10;script:a">b</a>',
        '<img src="data:text/html,a">',
        '<p style="a">b</p>',
        "<svg></svg>",
    ],
)
def test_active_content_is_found_by_either_parser(html: str) -> None:
    with pytest.raises(BrokenPromise):
        check_page(f"<title>a</title><main>{html}</main>".encode())
    with pytest.raises(BrokenPromise):
        check_with_html5lib(html)


@pytest.mark.parametrize(
    "problem",
    [
        Problem("a.md", 9, "bad-date", (("value", "x"),)),
        Problem("a.md", 1, "no-such-kind"),
        Problem("a.md", 1, "bad-date", (("other", "x"),)),
        Problem("a.md", 1, "bad-date", (("value", "\x85"),)),
    ],
)
def test_a_problem_without_line_or_text_is_found(problem: Problem) -> None:
    with pytest.raises((BrokenPromise, KeyError)):
        check_problems([problem], 8)


def test_a_tag_that_the_sanitizer_lets_through_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {*sanitizer.TAGS, "form"}
    cleaner = nh3.Cleaner(tags=tags, link_rel=None)
    monkeypatch.setattr("feedsvc.parsing.sanitizer._sanitizer._cleaner", cleaner)

    for name in ("sanitizer", "markdown"):
        with pytest.raises(AssertionError):
            TARGETS[name](b"<form>a</form>")
    with pytest.raises(AssertionError):
        TARGETS["entry"](b"0" + item(body="<form>a</form>"))


def test_a_feed_that_is_not_well_formed_is_found() -> None:
    def render(*_: object) -> bytes:
        return b"<a>"

    broken = {
        name: type(feed)(feed.title, feed.media_type, render, feed.select)
        for name, feed in FEEDS.items()
    }
    with patch.dict(FEEDS, broken):
        for name in ("entry", "site"):
            with pytest.raises((SyntaxError, ValueError)):
                TARGETS[name](ENTRY)


@pytest.mark.long
def test_time_that_grows_with_the_square_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(data: bytes, *more: Any) -> object:
        busy((len(data) / 256_000) ** 2 * 0.3)
        return parsing.read(data, *more)

    monkeypatch.setattr("tests.fuzz.renderers.read", slow)
    monkeypatch.setattr(renderers, "_NEGLIGIBLE", 0)
    monkeypatch.setattr(renderers, "_LITTLE", 0)
    monkeypatch.setattr(renderers, "_ALLOWED", 0.2)

    with pytest.raises(BrokenPromise, match=r"32768 bytes took .*, 262144 took"):
        renderers.check_growth(b"0a")


def test_an_answer_that_is_an_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def application(_environ: object, start: Callable[..., object]) -> list[bytes]:
        start("500 Internal Server Error", [])
        return []

    monkeypatch.setattr(renderers, "application", lambda: application)

    with pytest.raises(BrokenPromise, match="500"):
        TARGETS["request"](b"GET /")


def test_a_mutation_is_bounded_and_repeatable() -> None:
    def nothing(data: bytes, _most: int) -> bytes:
        return data

    data = b"---\ntitle: T\n---\n"
    made = [mutate(data, 100, seed, nothing) for seed in range(500)]

    assert made == [mutate(data, 100, seed, nothing) for seed in range(500)]
    assert max(map(len, made)) == 100
    assert len(set(made)) > 200
    assert sum(any(token in each for token in TOKENS if len(token) > 9) for each in made) > 50
    assert mutate(b"", 100, 5, nothing) == b""


LOG = """\
#2\tINITED cov: 12 ft: 3 corp: 2/4b
#900\tNEW    cov: 34 ft: 5 corp: 3/8b

 === Uncaught Python exception: ===
BrokenPromise: a URI '<'
Traceback (most recent call last):
  File "/a/tests/fuzz/texts.py", line 1, in check_links
"""


def test_a_finding_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "found-crash-1").write_bytes(b"input")
    tally = Tally()

    with patch("tests.fuzz.__main__.BUILD", tmp_path / "build"):
        for _ in range(2):
            _count(tally, LOG + "stat::number_of_executed_units: 950\nstat::peak_rss_mb: 7\n")
            _keep("links", tmp_path, 77, LOG, tally)

    (kept,) = (tmp_path / "build" / "findings").glob("*.input")
    assert kept.read_bytes() == b"input"
    assert "BrokenPromise" in kept.with_suffix(".txt").read_text()
    assert (tally.inputs, tally.edges, tally.memory, len(tally.findings)) == (1900, 34, 7, 1)


def test_a_process_that_dies_leaves_its_input_and_what_it_tried(tmp_path: Path) -> None:
    Recorder(tmp_path / "last", 9).record(b"ab")
    tally = Tally()

    with patch("tests.fuzz.__main__.BUILD", tmp_path / "build"):
        _count(tally, "#900\tNEW    cov: 34 ft: 5\n")
        _keep("links", tmp_path, -11, "", tally)

    (kept,) = (tmp_path / "build" / "findings").glob("*.input")
    assert kept.read_bytes() == b"ab"
    assert (tally.inputs, list(tally.findings)) == (900, ["exit status -11 "])


@pytest.mark.long
def test_an_unknown_target_is_refused() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--targets", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "no such target: nothing" in done.stderr
