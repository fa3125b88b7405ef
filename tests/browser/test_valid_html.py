"""The Nu HTML Checker, the one behind validator.w3.org, over every page and the style sheet."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.browsing import node_module
from tests.support.faults import needs
from tests.support.press_centre import STATES, PressCentre, State

STYLE = State("/static/style.css", "style")
BAD = "<!DOCTYPE html><title>x</title><p id=a><p id=a></div>"
WORSE = "p { colour: red; color: reddish }"


@pytest.fixture(scope="module")
def messages(
    press_centre: PressCentre, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Give what it says, by file; of all at once, for its start takes longer than its work."""
    needs("java", root=False)
    jar = node_module("vnu-jar", "build", "dist", "vnu.jar")
    folder = tmp_path_factory.mktemp("html")
    for name, state in STATES.items():
        (folder / f"{name}.html").write_bytes(press_centre.ask(state).body)
    (folder / "style.css").write_bytes(press_centre.ask(STYLE).body)
    (folder / "bad.html").write_text(BAD)
    (folder / "bad.css").write_text(WORSE)
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    command += ["--also-check-css", *map(str, sorted(folder.iterdir()))]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300)
    found = defaultdict(list)
    for message in json.loads(run.stdout)["messages"]:
        # `info` without `warning` is advice, or says what was done.
        if message["type"] != "info" or message.get("subType") == "warning":
            where = f"line {message.get('lastLine')}: {message.get('extract', '')}"
            # Names have spaces in them, which its addresses have not.
            found[unquote(Path(message["url"]).name)].append(f"{message['message']} {where}")
    return found


@pytest.mark.parametrize("name", STATES)
def test_the_nu_html_checker_has_nothing_against_a_page(
    name: str, messages: dict[str, list[str]]
) -> None:
    assert messages.get(f"{name}.html", []) == []


def test_nor_against_the_style_sheet(messages: dict[str, list[str]]) -> None:
    assert messages.get("style.css", []) == []


def test_it_would_say_so(messages: dict[str, list[str]]) -> None:
    assert len(messages["bad.html"]) >= 2
    assert len(messages["bad.css"]) >= 2
    known = {*(f"{name}.html" for name in STATES), "style.css", "bad.html", "bad.css"}
    assert messages.keys() <= known
