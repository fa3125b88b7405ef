"""The pages without a mouse."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.browsing import PHONE, TABLET, Scheme, Screen, resize, script, shown
from tests.support.press_centre import ONE_OF_EACH, STATES, PressCentre

pytestmark = pytest.mark.long
LOOKS: dict[str, tuple[Screen, Scheme]] = {"phone": (PHONE, "dark"), "tablet": (TABLET, "light")}


def stops(page: Page) -> tuple[list[int], list[str]]:
    """Press Tab until the end; give what was reached, in order, and what was wrong."""
    count = page.evaluate(script("focus"), True)["count"]  # noqa: FBT003 - begin
    reached: list[int] = []
    complaints: list[str] = []
    for _ in range(3 * count + 3):
        page.keyboard.press("Tab")
        at = page.evaluate(script("focus"), False)  # noqa: FBT003 - go on
        # After the last it goes to the browser's own bar; without one, to the first again.
        if (at["index"] < 0 and not at.get("complaints")) or at["index"] in reached[:-1]:
            break
        complaints += at["complaints"]
        # Players have several controls inside.
        if at["index"] >= 0 and reached[-1:] != [at["index"]]:
            reached.append(at["index"])
    return [index for index in range(count) if index not in reached], (
        complaints if reached == sorted(reached) else [f"out of order: {reached}", *complaints]
    )


@pytest.mark.parametrize(
    ("name", "look"),
    [*((name, "phone") for name in STATES), *((name, "tablet") for name in ONE_OF_EACH)],
)
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    name: str, look: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    screen, scheme = LOOKS[look]
    with shown(context, press_centre, STATES[name]) as page:
        page.emulate_media(color_scheme=scheme)
        resize(page, screen)
        missed, complaints = stops(page)
    assert complaints[:10] == []
    assert missed == []


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_the_first_stop_leads_past_the_header(
    name: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    with shown(context, press_centre, STATES[name]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('a.skip[href=\"#main\"]')")
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")
        main = page.evaluate("document.querySelector('main#main').getBoundingClientRect().top")
        assert main < page.evaluate("innerHeight")
        page.keyboard.press("Tab")
        inside = "document.activeElement.closest('header') === null"
        assert page.evaluate(inside)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_search_is_asked_for_by_keyboard_from_every_page(
    name: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    with shown(context, press_centre, STATES[name]) as page:
        stop = "document.activeElement.matches('header form[role=search] input[name=q]')"
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate(stop):
                break
        assert page.evaluate(stop)
        assert page.evaluate("document.activeElement.labels[0].textContent.trim()")
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("ремонт")
        with page.expect_navigation() as answer:
            page.keyboard.press("Enter")
        assert answer.value.url.partition("/search?q=")[2].startswith(
            "%D1%80%D0%B5%D0%BC%D0%BE%D0%BD%D1%82"
        )
        assert answer.value.status == (503 if STATES[name].status == 503 else 200)
