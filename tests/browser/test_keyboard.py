"""The pages without a mouse."""

from collections.abc import Mapping

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.browsing import PHONE, TABLET, Scheme, Screen, opened, resize, script
from tests.support.press_centre import PressCentre
from tests.support.states import ONE_OF_EACH, STATES, State

FEW: Mapping[str, State] = {name: STATES[name] for name in ONE_OF_EACH}
VIEWS: tuple[tuple[Screen, Scheme, Mapping[str, State]], ...] = (
    (PHONE, "dark", STATES),
    (TABLET, "light", FEW),
)


def press_tab_to_the_end(page: Page) -> tuple[list[int], list[str]]:
    """Return the numbers of the elements that Tab did not reach, and what was wrong."""
    count = page.evaluate(script("focus"))
    reached: list[int] = []
    complaints: list[str] = []
    for _ in range(3 * count + 3):
        page.keyboard.press("Tab")
        at = page.evaluate("checkFocus()")
        # After the last it goes to the browser's own bar; without one, to the first again.
        if (at["index"] < 0 and not at.get("complaints")) or at["index"] in reached[:-1]:
            break
        complaints += at["complaints"]
        # Players have several controls inside.
        if at["index"] >= 0 and reached[-1:] != [at["index"]]:
            reached.append(at["index"])
    if reached != sorted(reached):
        complaints.insert(0, f"out of order: {reached}")
    return [index for index in range(count) if index not in reached], complaints


def test_tab_reaches_every_control_in_order_and_the_focus_is_visible(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for screen, scheme, states in VIEWS:
        for name, state in states.items():
            with (
                subtests.test(f"{name}, {screen}, {scheme}"),
                opened(context, press_centre, state) as page,
            ):
                page.emulate_media(color_scheme=scheme)
                resize(page, screen)
                missed, complaints = press_tab_to_the_end(page)
                assert complaints[:10] == []
                assert missed == []


def test_the_first_stop_of_tab_leads_past_the_header(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in FEW.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.matches('a.skip[href=\"#main\"]')")
            page.keyboard.press("Enter")
            assert page.url.endswith("#main")
            top = "document.querySelector('main#main').getBoundingClientRect().top"
            assert page.evaluate(top) < page.evaluate("innerHeight")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.closest('header') === null")


def test_on_a_phone_the_search_is_behind_its_icon(
    press_centre: PressCentre, context: BrowserContext
) -> None:
    form = "document.querySelector('header form[role=search]').getBoundingClientRect().height"
    with opened(context, press_centre, STATES["entry, sample"]) as page:
        resize(page, PHONE)
        assert page.evaluate(form) <= 1
        # Touched: the form stays while something else in it is touched.
        page.click("header a.find")
        assert page.evaluate("document.activeElement.matches('header input[name=q]')")
        assert page.evaluate(form) > 40
        page.evaluate("document.activeElement.blur()")
        assert page.evaluate(form) > 40
        page.fill("header input[name=q]", "ремонт")
        with page.expect_navigation() as answer:
            page.click("header form[role=search] button")
        assert "/search?q=" in answer.value.url
        # By keyboard: it is open as long as the focus is in it.
        assert page.evaluate(form) <= 1
        page.focus("header a.find")
        page.keyboard.press("Tab")
        assert page.evaluate(form) > 40
        page.keyboard.press("Tab")
        assert page.evaluate(form) > 40
        page.keyboard.press("Tab")
        assert page.evaluate(form) <= 1


def test_every_page_can_be_searched_from_by_keyboard(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    in_search = "document.activeElement.matches('header form[role=search] input[name=q]')"
    for name, state in FEW.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            for _ in range(10):
                page.keyboard.press("Tab")
                if page.evaluate(in_search):
                    break
            assert page.evaluate(in_search)
            assert page.evaluate("document.activeElement.labels[0].textContent.trim()")
            page.keyboard.press("ControlOrMeta+A")
            page.keyboard.type("ремонт")
            with page.expect_navigation() as answer:
                page.keyboard.press("Enter")
            assert answer.value.url.partition("/search?q=")[2].startswith(
                "%D1%80%D0%B5%D0%BC%D0%BE%D0%BD%D1%82"
            )
            assert answer.value.status == (503 if state.status == 503 else 200)
