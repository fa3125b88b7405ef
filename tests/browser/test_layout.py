"""How the pages look in a real browser: every state, window, scheme, and on paper."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, PdfMargins

from tests.support.browsing import (
    PHONE,
    SCREENS,
    TABLET,
    ZOOMED,
    Screen,
    photograph,
    resize,
    script,
    shown,
    windows,
)
from tests.support.faults import needs
from tests.support.hostile import SCHEMES
from tests.support.press_centre import ENTRIES, STATES, PressCentre

# Of A4, between margins of a centimetre: 190 of 210 millimetres, at 96 pixels an inch.
PAPER = Screen(718, 1047)
# Of these, an everyday look.
SOME = ["home", "entry, everything", "not found"]
ALL = [
    pytest.param(name, marks=() if name in SOME else pytest.mark.long, id=name) for name in STATES
]


@pytest.fixture(scope="module")
def zoomed(browser: Browser) -> Iterator[BrowserContext]:
    with windows(browser, ZOOMED[0]) as context:
        yield context


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """Give windows whose pages have no style sheet."""
    with windows(browser, TABLET) as context:
        context.route("**/*.css", lambda route: route.fulfill(content_type="text/css"))
        yield context


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_cut_off_or_overlaps_or_leads_sideways(
    name: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    found = []
    with shown(context, press_centre, STATES[name]) as page:
        for screen in SCREENS:
            resize(page, screen)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                found += [
                    f"{screen} {scheme}: {complaint}"
                    for complaint in page.evaluate(script("layout"), {"printed": False})
                ]
                photograph(page, f"{name} {screen} {scheme}")
        page.emulate_media(forced_colors="active")
        photograph(page, f"{name} forced colours")
    assert found == []


@pytest.mark.parametrize("name", SOME)
def test_a_page_has_a_dark_face_as_well(
    name: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    shades = []
    with shown(context, press_centre, STATES[name]) as page:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            shades.append(sum(int(part) for part in re.findall(r"[0-9]+", colour)[:3]))
    assert shades[0] > 600
    assert shades[1] < 165


@pytest.mark.parametrize("name", ALL)
def test_the_same_holds_where_people_zoom_in(
    name: str, press_centre: PressCentre, zoomed: BrowserContext
) -> None:
    found = []
    with shown(zoomed, press_centre, STATES[name]) as page:
        for screen in ZOOMED:
            resize(page, screen)
            found += [
                f"{screen}: {complaint}"
                for complaint in page.evaluate(script("layout"), {"printed": False})
            ]
        resize(page, ZOOMED[0])
        photograph(page, f"{name} {ZOOMED[0]}")
    assert found == []


@pytest.mark.parametrize("screen", [PHONE, TABLET], ids=str)
@pytest.mark.parametrize("name", [each for each in ALL if each.id in ENTRIES])
def test_title_and_beginning_of_the_text_are_seen_without_scrolling(
    name: str, screen: Screen, press_centre: PressCentre, context: BrowserContext
) -> None:
    with shown(context, press_centre, ENTRIES[name]) as page:
        resize(page, screen)
        assert page.evaluate(script("first-screen")) == []


@pytest.mark.parametrize("name", [*SOME, "search, found"])
def test_nothing_moves(name: str, press_centre: PressCentre, context: BrowserContext) -> None:
    with shown(context, press_centre, STATES[name]) as page:
        assert page.evaluate(script("movement")) == []


@pytest.mark.parametrize("name", ALL)
def test_without_style_sheet_everything_is_there_in_its_order(
    name: str, press_centre: PressCentre, context: BrowserContext, plain: BrowserContext
) -> None:
    with shown(context, press_centre, STATES[name]) as page:
        styled = page.evaluate(script("order"))
    with shown(plain, press_centre, STATES[name]) as page:
        bare = page.evaluate(script("order"))
        assert page.evaluate("[...document.styleSheets].flatMap((s) => [...s.cssRules])") == []
        photograph(page, f"{name} without style")
    assert bare["complaints"] == []
    words = {part.casefold() for part in styled["text"].split()}
    assert words - {part.casefold() for part in bare["text"].split()} == set()


@pytest.mark.parametrize("name", ALL)
def test_paper_bears_the_news_and_its_address_and_nothing_to_press(
    name: str, press_centre: PressCentre, context: BrowserContext, tmp_path: Path
) -> None:
    needs("pdftotext", root=False)
    state = STATES[name]
    with shown(context, press_centre, state) as page:
        page.emulate_media(media="print")
        resize(page, PAPER)
        assert page.evaluate(script("layout"), {"printed": True}) == []
        left = "element => !!element.getClientRects().length"
        for each in page.query_selector_all("nav, form, input, button, a.skip"):
            assert not each.evaluate(left), each.evaluate("element => element.outerHTML")
        whole = page.inner_text("main")
        margin = PdfMargins(top="1cm", right="1cm", bottom="1cm", left="1cm")
        file = tmp_path / "page.pdf"
        page.pdf(path=file, format="A4", margin=margin)
        address = page.url
        dates = [each.inner_text() for each in page.query_selector_all("time")]
    made = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True)
    # Lines are broken elsewhere, and long words as well.
    # Behind a link stands where it leads.
    paper = re.sub(r"\(https?:[^()]*\)", "", "".join(made.stdout.decode().split()))
    for part in (*dates, *whole.split()):
        assert "".join(part.split()) in paper, part
    if state.status == 200 and state.kind != "search":
        assert address in paper
