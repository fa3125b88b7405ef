"""The other themes: the same pages with another style sheet, held to the same rules."""

import pytest
from playwright.sync_api import BrowserContext

from feedsvc.setting_values import THEMES
from tests.support.axe import run_axe
from tests.support.browsing import (
    DESK,
    PHONE,
    SCHEMES,
    TABLET,
    Scheme,
    Screen,
    keep_screenshot,
    opened,
    resize,
    script,
    themed,
)
from tests.support.press_centre import PressCentre
from tests.support.states import ENTRIES, ONE_OF_EACH, STATES

# The first is the one that all other tests see.
OTHERS = THEMES[1:]
VIEWS: tuple[tuple[Screen, Scheme], ...] = ((PHONE, "dark"), (TABLET, "light"))


@pytest.mark.parametrize("theme", OTHERS)
def test_a_theme_cuts_nothing_off_and_is_accessible(
    theme: str, press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name in (*ONE_OF_EACH, "entry, title of 300 characters", "entry, endless word"):
        with (
            subtests.test(name),
            opened(context, press_centre, STATES[name]) as page,
            themed(page, theme),
        ):
            found = []
            for screen in (PHONE, TABLET, DESK):
                resize(page, screen)
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    layout = page.evaluate(script("layout"), {"printed": False})
                    found += [f"{screen} {scheme}: {each}" for each in layout]
                    keep_screenshot(page, f"{theme} {name} {screen} {scheme}")
                    if screen is not TABLET:
                        axe = run_axe(page)
                        found += [f"{screen} {scheme}: {each}" for each in axe["violations"]]
            assert found == []


@pytest.mark.parametrize("theme", OTHERS)
def test_a_theme_shows_the_title_and_the_first_line_of_an_entry_without_scrolling(
    theme: str, press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in ENTRIES.items():
        with (
            subtests.test(name),
            opened(context, press_centre, state) as page,
            themed(page, theme),
        ):
            resize(page, PHONE)
            assert page.evaluate(script("first-screen")) == []


@pytest.mark.parametrize("theme", OTHERS)
def test_a_theme_shows_where_the_focus_is(
    theme: str, press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name in ("home", "archive", "search, found", "entry, everything"):
        for screen, scheme in VIEWS:
            with (
                subtests.test(f"{name}, {screen}"),
                opened(context, press_centre, STATES[name]) as page,
                themed(page, theme),
            ):
                page.emulate_media(color_scheme=scheme)
                resize(page, screen)
                count = page.evaluate(script("focus"))
                complaints: list[str] = []
                for _ in range(min(count, 40)):
                    page.keyboard.press("Tab")
                    complaints += page.evaluate("checkFocus()").get("complaints", [])
                assert complaints == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_short_page_fills_the_screen(
    theme: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    with opened(context, press_centre, STATES["not found"]) as page, themed(page, theme):
        for screen in (TABLET, DESK):
            resize(page, screen)
            foot = page.evaluate(
                "document.querySelector('body > footer').getBoundingClientRect().bottom"
            )
            assert round(foot) == screen.height


@pytest.mark.parametrize("theme", THEMES)
def test_pages_keep_to_one_grid(
    theme: str, press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    edges = """() => {
      const box = (path) => document.querySelector(path)?.getBoundingClientRect();
      return [box(".site a").left, box("main h1, main img").left, box(".search").left,
        box(".search").right, box(".aside")?.left, box(".aside")?.right].map((each) =>
          each === undefined ? null : Math.round(each));
    }"""
    for name in ONE_OF_EACH:
        with (
            subtests.test(name),
            opened(context, press_centre, STATES[name]) as page,
            themed(page, theme),
        ):
            resize(page, DESK)
            site, title, search, search_end, aside, aside_end = page.evaluate(edges)
            assert title == site
            if aside is not None:
                assert (aside, aside_end) == (search, search_end)
