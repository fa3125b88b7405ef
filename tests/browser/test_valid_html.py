"""The Nu HTML Checker, which runs validator.w3.org, applied to every state and the style sheet."""

import pytest

from feedsvc.pages.html import style
from feedsvc.setting_values import THEMES
from feedsvc.settings import Settings
from tests.support.html_checker import check
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
    folder = tmp_path_factory.mktemp("html")
    for name, state in STATES.items():
        (folder / f"{name}.html").write_bytes(press_centre.ask(state).body)
    (folder / "style.css").write_bytes(press_centre.ask(STYLE).body)
    for theme in THEMES:
        sheet = style(Settings(theme=theme))
        (folder / f"style of {theme}.css").write_bytes(sheet)
    (folder / "bad.html").write_text(BAD_HTML)
    (folder / "bad.css").write_text(BAD_CSS)
    return check(folder)


def test_the_nu_html_checker_accepts_every_page_and_the_style_sheet(
    messages: dict[str, list[str]],
) -> None:
    bad = {"bad.html", "bad.css"}
    assert {name: found for name, found in messages.items() if name not in bad} == {}


def test_the_nu_html_checker_rejects_bad_html_and_css(messages: dict[str, list[str]]) -> None:
    assert len(messages["bad.html"]) >= 2
    assert len(messages["bad.css"]) >= 2
