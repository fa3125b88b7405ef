"""Every state in a real browser, in every window size and colour scheme."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browsing import (
    PHONE,
    SCHEMES,
    SCREENS,
    TABLET,
    ZOOMED,
    Screen,
    keep_screenshot,
    new_context,
    opened,
    resize,
    script,
)
from tests.support.press_centre import PressCentre
from tests.support.states import ENTRIES, STATES


def complaints(page: Page) -> list[str]:
    """Return what is cut off, overlaps, sticks out or scrolls without a label."""
    found: list[str] = page.evaluate(script("layout"), {"printed": False})
    return found


def test_nothing_is_cut_off_or_overlaps_or_scrolls_sideways(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            found = []
            for screen in SCREENS:
                resize(page, screen)
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    found += [f"{screen} {scheme}: {each}" for each in complaints(page)]
                    keep_screenshot(page, f"{name} {screen} {scheme}")
            page.emulate_media(forced_colors="active")
            keep_screenshot(page, f"{name} forced colours")
            assert found == []


def test_the_same_holds_when_zoomed_in(
    press_centre: PressCentre, browser: Browser, subtests: pytest.Subtests
) -> None:
    with new_context(browser, ZOOMED[0]) as zoomed:
        for name, state in STATES.items():
            with subtests.test(name), opened(zoomed, press_centre, state) as page:
                found = []
                for screen in ZOOMED:
                    resize(page, screen)
                    found += [f"{screen}: {each}" for each in complaints(page)]
                resize(page, ZOOMED[0])
                keep_screenshot(page, f"{name} {ZOOMED[0]}")
                assert found == []


def test_a_page_follows_the_dark_colour_scheme(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name in ("home", "entry, everything", "not found"):
        with subtests.test(name), opened(context, press_centre, STATES[name]) as page:
            brightness = {}
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
                channels = re.findall(r"[0-9]+", colour)[:3]
                brightness[scheme] = sum(int(channel) for channel in channels)
            assert brightness["light"] > 600
            assert brightness["dark"] < 165


def test_title_and_first_line_of_an_entry_are_visible_without_scrolling(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in ENTRIES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            for screen in (PHONE, TABLET):
                resize(page, screen)
                assert page.evaluate(script("first-screen")) == [], screen


def test_a_number_is_not_broken_from_what_belongs_to_it(
    press_centre: PressCentre, context: BrowserContext
) -> None:
    write = """(name) => document.querySelector("main h1").innerHTML =
      `Школа <i class="${name}">№ 142</i> отметит <i class="${name}">30-летие</i> по-новому`"""
    lines = """() => Math.max(...[...document.querySelectorAll("main h1 i")].map(
      (each) => each.getClientRects().length))"""
    with opened(context, press_centre, STATES["archive"]) as page:
        # Without the class, each is broken at some width.
        for name, most in (("unbroken", 1), ("", 2)):
            page.evaluate(write, name)
            found = []
            for width in range(320, 720, 16):
                resize(page, Screen(width, PHONE.height))
                found.append(page.evaluate(lines))
            assert max(found) == most


def test_nothing_moves(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name in ("home", "entry, everything", "not found", "search, found"):
        with subtests.test(name), opened(context, press_centre, STATES[name]) as page:
            assert page.evaluate(script("movement")) == []
