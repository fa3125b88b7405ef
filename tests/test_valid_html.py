"""The Nu HTML Checker, the one behind validator.w3.org, over every page and the style sheet."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.browsing import node_module
from tests.faults import needs
from tests.press_centre import STATES, PressCentre, State

STYLE = State("/static/style.css", "style")


def checked(folder: Path, *options: str) -> dict[str, list[str]]:
    """Give what it says against the files in a folder, by their names."""
    needs("java", root=False)
    jar = node_module("vnu-jar", "build", "dist", "vnu.jar")
    files = sorted(folder.iterdir())
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    run = subprocess.run([*command, *options, *files], capture_output=True, check=True, timeout=300)
    found = defaultdict(list)
    for message in json.loads(run.stdout)["messages"]:
        # `info` without `warning` is advice, or says what was done.
        if message["type"] != "info" or message.get("subType") == "warning":
            where = f"line {message.get('lastLine')}: {message.get('extract', '')}"
            found[Path(message["url"]).name].append(f"{message['message']} {where}")
    return found


@pytest.fixture(scope="module")
def messages(
    press_centre: PressCentre, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Check all at once: its start takes longer than its work."""
    folder = tmp_path_factory.mktemp("html")
    for name, state in STATES.items():
        (folder / f"{name}.html").write_bytes(press_centre.ask(state).body)
    return checked(folder)


@pytest.mark.parametrize("name", STATES)
def test_the_nu_html_checker_has_nothing_against_a_page(
    name: str, messages: dict[str, list[str]]
) -> None:
    assert messages.get(f"{name}.html", []) == []


def test_nor_against_the_style_sheet(press_centre: PressCentre, tmp_path: Path) -> None:
    (tmp_path / "style.css").write_bytes(press_centre.ask(STYLE).body)
    assert checked(tmp_path, "--css") == {}


def test_it_would_say_so(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!DOCTYPE html><title>x</title><p id=a><p id=a></div>")
    assert len(checked(tmp_path)["bad.html"]) >= 2
