"""Every state in print, and without its style sheet."""

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, PdfMargins

from tests.support.browsing import Screen, keep_screenshot, opened, resize, script
from tests.support.faults import needs
from tests.support.press_centre import PressCentre
from tests.support.states import STATES

# A4 less margins of a centimetre is 190 mm wide: at 96 pixels an inch, 718.
PAPER = Screen(718, 1047)
MARGINS = PdfMargins(top="1cm", right="1cm", bottom="1cm", left="1cm")
VISIBLE_CONTROLS = """() =>
  [...document.querySelectorAll("nav, form, input, button, a.skip")]
    .filter((element) => element.getClientRects().length)
    .map((element) => element.outerHTML)"""
# Those of other pages, beside the text, are not printed.
DATES = (
    """() => [...document.querySelectorAll(".column time")].map((element) => element.innerText)"""
)


def printed_text(page: Page, file: Path) -> str:
    """Print a page into a PDF file; return its text without white space and link addresses."""
    page.pdf(path=file, format="A4", margin=MARGINS)
    done = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True)
    # Print breaks lines, and long words, elsewhere than the screen. The style sheet prints
    # the address of a link behind it.
    return re.sub(r"\(https?:[^()]*\)", "", "".join(done.stdout.decode().split()))


def test_paper_shows_the_text_and_its_address_and_no_controls(
    press_centre: PressCentre, context: BrowserContext, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    needs("pdftotext", root=False)
    for name, state in STATES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            page.emulate_media(media="print")
            resize(page, PAPER)
            assert page.evaluate(script("layout"), {"printed": True}) == []
            assert page.evaluate(VISIBLE_CONTROLS) == []
            text = page.inner_text("main")
            dates = page.evaluate(DATES)
            paper = printed_text(page, tmp_path / "page.pdf")
            for part in (*dates, *text.split()):
                assert "".join(part.split()) in paper, part
            if state.status == 200 and state.kind != "search":
                assert page.url in paper


def test_without_its_style_sheet_a_page_is_complete_and_in_order(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            styled = page.evaluate(script("order"))
            links = "document.querySelectorAll('link[rel~=stylesheet]')"
            page.evaluate(f"{links}.forEach((link) => link.remove())")
            assert page.evaluate("document.styleSheets.length") == 0
            bare = page.evaluate(script("order"))
            keep_screenshot(page, f"{name} without style")
            assert bare["complaints"] == []
            words = {part.casefold() for part in styled["text"].split()}
            assert words - {part.casefold() for part in bare["text"].split()} == set()
