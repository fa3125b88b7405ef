"""The Nu HTML Checker, which runs validator.w3.org, applied to every state and the style sheet."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from feedsvc.pages.html import style
from feedsvc.settings import THEMES, Settings
from tests.support.browsing import node_module
from tests.support.faults import needs
from tests.support.press_centre import PressCentre
from tests.support.states import STATES, State

STYLE = State("/static/style.css", "style")
BAD_HTML = "<!DOCTYPE html><title>x</title><p id=a><p id=a></div>"
BAD_CSS = "p { colour: red; color: reddish }"


@pytest.fixture(scope="module")
def messages(
    press_centre: PressCentre, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Return the errors and warnings by file, all from one run: starting Java takes longest."""
    needs("java", root=False)
    jar = node_module("vnu-jar", "build", "dist", "vnu.jar")
    folder = tmp_path_factory.mktemp("html")
    for name, state in STATES.items():
        (folder / f"{name}.html").write_bytes(press_centre.ask(state).body)
    (folder / "style.css").write_bytes(press_centre.ask(STYLE).body)
    for theme in THEMES:
        sheet = style(Settings(theme=theme))
        (folder / f"style of {theme}.css").write_bytes(sheet)
    (folder / "bad.html").write_text(BAD_HTML)
    (folder / "bad.css").write_text(BAD_CSS)
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    command += ["--also-check-css", *map(str, sorted(folder.iterdir()))]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300)
    found = defaultdict(list)
    for message in json.loads(run.stdout)["messages"]:
        # `info` without `warning` is advice or a progress report.
        if message["type"] != "info" or message.get("subType") == "warning":
            where = f"line {message.get('lastLine')}: {message.get('extract', '')}"
            # The names contain spaces, which its addresses encode.
            found[unquote(Path(message["url"]).name)].append(f"{message['message']} {where}")
    return found


def test_the_nu_html_checker_accepts_every_page_and_the_style_sheet(
    messages: dict[str, list[str]],
) -> None:
    bad = {"bad.html", "bad.css"}
    assert {name: found for name, found in messages.items() if name not in bad} == {}


def test_the_nu_html_checker_rejects_bad_html_and_css(messages: dict[str, list[str]]) -> None:
    assert len(messages["bad.html"]) >= 2
    assert len(messages["bad.css"]) >= 2
