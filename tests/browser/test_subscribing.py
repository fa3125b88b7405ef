"""Subscribing in one step: the copy button, the QR codes, and a feed opened in the browser."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browsing import DESK, PHONE, SCHEMES, new_context, opened, resize
from tests.support.press_centre import PressCentre
from tests.support.qr_codes import read
from tests.support.states import STATES, Site, State

PAGES = {
    "subscribe": "/feeds/atom.xml",
    "subscribe to a category": "/feeds/category/dvory/atom.xml",
    "subscribe to a search": STATES["subscribe to a search"].path.replace("subscribe", "atom.xml"),
}
# Browsers give no clipboard to pages that came without TLS, except from the own machine.
WITHOUT_CLIPBOARD = "Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined});"
NOT_EVEN_THE_OLD_WAY = "document.execCommand = () => false;"
SELECTED = "() => getSelection().toString().trim()"


@pytest.fixture
def fresh(browser: Browser) -> Iterator[BrowserContext]:
    with new_context(browser) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context


def address(press_centre: PressCentre, path: str) -> str:
    return f"http://127.0.0.1:{press_centre.port(Site.FULL)}{path}"


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


@pytest.mark.parametrize(("name", "feed"), PAGES.items())
def test_the_button_copies_the_address_by_keyboard_and_says_so(
    press_centre: PressCentre, fresh: BrowserContext, name: str, feed: str
) -> None:
    faults: list[str] = []
    with opened(fresh, press_centre, STATES[name]) as page:
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.evaluate("navigator.clipboard.writeText('')")
        button = page.get_by_role("button", name="Скопировать адрес").first
        button.focus()
        page.keyboard.press("Enter")
        # What a screen reader says, and what is seen.
        expect(page.get_by_role("status")).to_have_text("Адрес скопирован")
        expect(page.locator("button[data-copies]").first).to_have_text("Адрес скопирован")
        assert clipboard(page) == address(press_centre, feed)
        # It can be pressed again.
        expect(page.locator("button[data-copies]").first).to_have_text(
            "Скопировать адрес", timeout=10_000
        )
    assert faults == []


def test_each_category_has_a_button_and_a_code_of_its_own(
    press_centre: PressCentre, fresh: BrowserContext
) -> None:
    feed = "/feeds/category/dvory/atom.xml"
    with opened(fresh, press_centre, STATES["subscribe"]) as page:
        details = page.locator("details", has=page.locator(f"a[href='{feed}']"))
        details.locator("summary").click()
        details.get_by_role("button").click()
        expect(page.get_by_role("status")).to_have_text("Адрес скопирован")
        assert clipboard(page) == address(press_centre, feed)
        code = details.locator("figure.qr img")
        code.scroll_into_view_if_needed()
        expect(code).to_have_js_property("complete", value=True)
        assert read(Image.open(BytesIO(code.screenshot()))) == [address(press_centre, feed)]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (WITHOUT_CLIPBOARD, "Адрес скопирован"),
        (WITHOUT_CLIPBOARD + NOT_EVEN_THE_OLD_WAY, "Адрес выделен: нажмите Ctrl+C"),
    ],
)
def test_without_a_clipboard_the_address_is_selected(
    press_centre: PressCentre, browser: Browser, script: str, said: str
) -> None:
    with new_context(browser) as context:
        context.add_init_script(script)
        with opened(context, press_centre, STATES["subscribe"]) as page:
            page.get_by_role("button", name="Скопировать адрес").first.click()
            expect(page.get_by_role("status")).to_have_text(said)
            assert page.evaluate(SELECTED) == address(press_centre, "/feeds/atom.xml")


def test_without_script_there_is_no_button_and_everything_else(
    press_centre: PressCentre, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(press_centre.url(STATES["subscribe"]))
        assert page.locator("button[data-copies]").count() > 1
        assert page.locator("button[data-copies]:visible").count() == 0
        assert page.locator(".feed a.address").first.is_visible()
        assert page.locator(".readers a").first.is_visible()
    finally:
        context.close()


@pytest.mark.parametrize(("name", "feed"), PAGES.items())
def test_a_phone_reads_the_code_from_every_screen(
    press_centre: PressCentre, context: BrowserContext, name: str, feed: str
) -> None:
    with opened(context, press_centre, STATES[name]) as page:
        for screen in (PHONE, DESK):
            resize(page, screen)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                code = page.locator("figure.qr img").first
                code.scroll_into_view_if_needed()
                # As a camera does: with what is around it.
                seen = Image.open(BytesIO(page.screenshot()))
                assert read(seen) == [address(press_centre, feed)], (screen, scheme)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("format_", ["atom.xml", "rss.xml"])
def test_a_feed_opened_in_the_browser_is_readable_and_leads_to_its_page(
    press_centre: PressCentre, context: BrowserContext, name: str, format_: str
) -> None:
    feed = PAGES[name].replace("atom.xml", format_)
    with opened(context, press_centre, State(feed, "feed")) as page:
        (link,) = page.locator("xpath=//*[local-name()='a']").all()
        assert link.inner_text() == "Как подписаться"
        page.keyboard.press("Tab")
        outline = "() => getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url(press_centre.url(STATES[name]))
