"""Debian's Chromium, driven by Playwright: how the tests open a page and look at it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FloatRect,
    Page,
    Response,
    ViewportSize,
    sync_playwright,
)

from tests.support.faults import needs
from tests.support.newsroom import ROOT
from tests.support.press_centre import PressCentre, State

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
TOOLS = ROOT / "tests" / "browser"
SCREENSHOTS = ROOT / "build" / "screenshots"
# As root, without a screen, and asking nobody anything but the service.
FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
).split()
FLAGS.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


@dataclass(frozen=True, slots=True)
class Screen:
    """A window, in pixels of CSS, and how many pixels of the device each of them has."""

    width: int
    height: int
    zoom: int = 1

    def __str__(self) -> str:
        at = f" at {100 * self.zoom}%" if self.zoom > 1 else ""
        return f"{self.width * self.zoom}x{self.height * self.zoom}{at}"


PHONE, TABLET, DESK = Screen(360, 640), Screen(1024, 768), Screen(1440, 900)
SCREENS = (PHONE, TABLET, DESK)
_taken: set[Path] = set()
# Zooming in leaves a page fewer pixels of CSS. The last is what WCAG 1.4.10 asks for.
ZOOMED = (Screen(180, 320, 2), Screen(512, 384, 2), Screen(720, 450, 2), Screen(320, 256, 4))


@cache
def script(name: str) -> str:
    """Give a function that is run in pages."""
    return (TOOLS / f"{name}.js").read_text()


def chromium() -> str:
    """Give the path of Debian's browser."""
    needs("chromium", root=False)
    return str(shutil.which("chromium"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser; once a module, for Playwright leaves an event loop running beside it."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give what most pages are opened in."""
    with windows(browser) as opened:
        yield opened


@contextmanager
def windows(browser: Browser, screen: Screen = TABLET, **options: Any) -> Iterator[BrowserContext]:
    """Open a context: windows with a memory of their own."""
    opened = browser.new_context(
        viewport=ViewportSize(width=screen.width, height=screen.height),
        device_scale_factor=screen.zoom,
        locale="ru-RU",
        **options,
    )
    opened.set_default_timeout(20_000)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def shown(context: BrowserContext, press_centre: PressCentre, state: State) -> Iterator[Page]:
    """Open a state, and check that it is the one; afterwards the window is as it was."""
    page = context.pages[0] if context.pages else context.new_page()
    size = page.viewport_size
    try:
        answer = visit(page, press_centre.url(state), state.method)
        assert answer is not None
        assert answer.status == state.status, f"{answer.url} answers {answer.status}"
        yield page
    finally:
        page.emulate_media(media="null", color_scheme="null", forced_colors="null")
        if size:
            page.set_viewport_size(size)


def visit(page: Page, url: str, method: str = "GET") -> Response | None:
    """Open an address, and wait until it is complete."""
    if method == "GET":
        return page.goto(url)
    page.goto("about:blank")  # where no policy forbids what follows
    page.set_content(f"<form method='{method}' action='{url}'><button>send</button></form>")
    with page.expect_navigation() as answer:
        page.click("button")
    return answer.value


def resize(page: Page, screen: Screen) -> None:
    """Make the window another size."""
    page.set_viewport_size({"width": screen.width, "height": screen.height})


def photograph(page: Page, name: str) -> None:
    """Keep how a page looks, of a long one the beginning."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("Math.min(document.documentElement.scrollHeight, 3000)")
    width = page.evaluate("innerWidth")
    clip = FloatRect(x=0, y=0, width=width, height=height)
    file = SCREENSHOTS / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.png"
    _taken.add(file)
    page.screenshot(path=file, full_page=True, clip=clip)


def node_module(*parts: str) -> Path:
    """Give a file of a package from npm."""
    path = Path("tests/browser/node_modules", *parts)
    needs(str(path), root=False)
    return ROOT / path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the screenshots are."""
    if _taken:
        terminalreporter.write_line(f"{len(_taken)} screenshots: {SCREENSHOTS.relative_to(ROOT)}")
