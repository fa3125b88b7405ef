"""The page of `feedsvc audience`, as a browser and the checkers see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from feedsvc.audience.page import page as rendered
from feedsvc.settings import Settings
from tests.support.audience import a_report
from tests.support.axe import run_axe
from tests.support.browsing import DESK, PHONE, SCHEMES, Scheme, Screen, resize
from tests.support.html_checker import check

SETTINGS = Settings(title="Пресс-центр", language="ru", colour="#7a2d12")


@pytest.fixture
def page(context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    (tmp_path / "audience.html").write_bytes(rendered(a_report(), SETTINGS))
    opened = context.new_page()
    opened.goto(f"file://{tmp_path}/audience.html")
    yield opened
    opened.close()


@pytest.mark.parametrize("screen", [DESK, PHONE])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_use_the_page(page: Page, screen: Screen, scheme: Scheme) -> None:
    resize(page, screen)
    page.emulate_media(color_scheme=scheme)
    found = run_axe(page)
    assert found["violations"] == []
    assert found["passed"] > 10
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_the_plot_has_a_bar_for_each_day_as_high_as_its_number(page: Page) -> None:
    bars = page.locator("svg rect.reported")
    assert bars.count() == 30
    first, last = bars.first.bounding_box(), bars.last.bounding_box()
    assert first is not None
    assert last is not None
    assert first["x"] < last["x"]
    assert last["height"] / first["height"] == pytest.approx(36 / 7, rel=0.02)


def test_the_html_checker_accepts_the_page_in_each_language(tmp_path: Path) -> None:
    for language in ("ru", "en"):
        for days in (0, 1, 30, 400):
            content = rendered(a_report(days), Settings(language=language))
            (tmp_path / f"{language}-{days}.html").write_bytes(content)
    assert check(tmp_path) == {}
