"""Lighthouse: every point that no clock decides, for the home page, an entry and a search."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import FLAGS, SCRIPTS, chromium, node_module
from tests.support.faults import needs
from tests.support.press_centre import PressCentre
from tests.support.states import STATES, State

CATEGORIES = "performance accessibility best-practices seo".split()
# Lighthouse fetches robots.txt from within the page, whose policy forbids all fetching (its
# issue 4386). The last test applies the same audit to what other clients get.
SKIPPED = ["robots-txt"]
PAGES = {
    "home": SKIPPED,
    "entry, everything": SKIPPED,
    "subscribe": SKIPPED,
    # Results are kept out of search engines on purpose, which is all this audit checks.
    "search, found": [*SKIPPED, "is-crawlable"],
}
# These are computed from a load that other work on the machine slows down. What makes them full
# on a quiet machine is tested elsewhere: few bytes and requests, and hardly a script.
TIMED = frozenset(
    "first-contentful-paint largest-contentful-paint speed-index total-blocking-time".split()
)


def audit(url: str, skip: list[str], folder: Path) -> dict[str, Any]:
    """Return the report of one run with the defaults of its command: a simulated mid-tier phone."""
    report = folder / "report.json"
    done = subprocess.run(
        [
            *("node", node_module("lighthouse", "cli", "index.js"), url),
            *("--output", "json", "--output-path", report, "--quiet"),
            *("--throttling-method", "simulate", "--no-enable-error-reporting"),
            f"--only-categories={','.join(CATEGORIES)}",
            # The value of one flag contains spaces.
            "--chrome-flags=" + " ".join(re.sub("=(.*)", r"='\1'", flag) for flag in FLAGS),
            f"--skip-audits={','.join(skip)}",
        ],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "CHROME_PATH": chromium(), "HOME": str(folder)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    assert "runtimeError" not in found, found["runtimeError"]
    return found


def lost_points(report: dict[str, Any]) -> list[str]:
    """Return the audits that cost points, except those that are timed."""
    found = []
    for name in CATEGORIES:
        category = report["categories"][name]
        assert category["score"] is not None, f"{name} was not judged"
        for each in category["auditRefs"]:
            audit = report["audits"][each["id"]]
            if each["weight"] and audit["score"] not in (None, 1) and each["id"] not in TIMED:
                found.append(f"{name}: {each['id']} {audit['score']}")
    return found


def test_lighthouse_gives_a_page_every_point(
    press_centre: PressCentre, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    needs("node", root=False)
    for name, skip in PAGES.items():
        with subtests.test(name):
            assert press_centre.ask(STATES[name]).status == 200
            assert lost_points(audit(press_centre.url(STATES[name]), skip, tmp_path)) == []


def test_lighthouse_accepts_robots_txt(press_centre: PressCentre) -> None:
    needs("node", root=False)
    node_module("lighthouse")
    text = press_centre.ask(State("/robots.txt", "text")).body
    command = ["node", str(SCRIPTS / "robots.mjs")]
    for given, score in ((text, 1), (b"Disallow everything\n", 0)):
        done = subprocess.run(command, input=given, capture_output=True, check=True)
        assert json.loads(done.stdout)["score"] == score
