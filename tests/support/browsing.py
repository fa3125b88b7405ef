"""Debian's Chromium, driven by Playwright: how the tests open pages."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FloatRect,
    Page,
    Response,
    ViewportSize,
    sync_playwright,
)

from feedsvc.pages.html import style
from feedsvc.settings import FILE_VARIABLE, load
from tests.support.faults import needs
from tests.support.newsroom import ROOT
from tests.support.press_centre import PressCentre
from tests.support.states import State

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SCRIPTS = ROOT / "tests" / "support" / "browser"
SCREENSHOTS = ROOT / "build" / "screenshots"
# Root needs --no-sandbox. No name is resolved: the browser reaches nothing but the services.
FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
).split()
FLAGS.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


@dataclass(frozen=True, slots=True)
class Screen:
    """A window in CSS pixels; `zoom` is how many device pixels each of them has."""

    width: int
    height: int
    zoom: int = 1

    def __str__(self) -> str:
        at = f" at {100 * self.zoom}%" if self.zoom > 1 else ""
        return f"{self.width * self.zoom}x{self.height * self.zoom}{at}"


PHONE, TABLET, DESK = Screen(360, 640), Screen(1024, 768), Screen(1440, 900)
SCREENS = (PHONE, TABLET, DESK)
# Zooming in leaves a page fewer CSS pixels. The last is what WCAG 2.2, 1.4.10 requires.
ZOOMED = (Screen(180, 320, 2), Screen(512, 384, 2), Screen(720, 450, 2), Screen(320, 256, 4))


@cache
def script(name: str) -> str:
    """Return the source of a function to evaluate in a page."""
    return (SCRIPTS / f"{name}.js").read_text()


def chromium() -> str:
    """Return the path of Debian's browser."""
    needs("chromium", root=False)
    return str(shutil.which("chromium"))


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def new_context(browser: Browser, screen: Screen = TABLET) -> Iterator[BrowserContext]:
    """Open a browser context: windows of one size, with cookies and a cache of their own."""
    context = browser.new_context(
        viewport=ViewportSize(width=screen.width, height=screen.height),
        device_scale_factor=screen.zoom,
        locale="ru-RU",
    )
    context.set_default_timeout(20_000)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def opened(context: BrowserContext, press_centre: PressCentre, state: State) -> Iterator[Page]:
    """Open a state and check its status; at the end restore the window.

    If the test fails meanwhile, take a screenshot of the page as it was.
    """
    page = context.pages[0] if context.pages else context.new_page()
    size = page.viewport_size
    try:
        answer = visit(page, press_centre.url(state), state.method)
        assert answer is not None
        assert answer.status == state.status, f"{answer.url} answers {answer.status}"
        yield page
    except Exception as error:
        with suppress(Error):  # a page that has crashed has no screenshot
            file = screenshot(page, f"failed {state.site.value} {state.path}")
            error.add_note(f"screenshot: {file}")
        raise
    finally:
        page.emulate_media(media="null", color_scheme="null", forced_colors="null")
        if size:
            page.set_viewport_size(size)


def visit(page: Page, url: str, method: str = "GET") -> Response | None:
    """Open an address and wait until it has loaded."""
    if method == "GET":
        return page.goto(url)
    page.goto("about:blank")  # its policy allows the form
    page.set_content(f"<form method='{method}' action='{url}'><button>send</button></form>")
    with page.expect_navigation() as answer:
        page.click("button")
    return answer.value


def resize(page: Page, screen: Screen) -> None:
    """Set the size of the window."""
    page.set_viewport_size({"width": screen.width, "height": screen.height})


def keep_screenshot(page: Page, name: str) -> None:
    """Take a screenshot if `FEEDSVC_SCREENSHOTS` is 1: four hundred take a minute."""
    if os.environ.get("FEEDSVC_SCREENSHOTS") == "1":
        screenshot(page, name)


def screenshot(page: Page, name: str) -> Path:
    """Store how a page looks, of a long page the beginning; return the path in the project."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("Math.min(document.documentElement.scrollHeight, 3000)")
    width = page.evaluate("innerWidth")
    clip = FloatRect(x=0, y=0, width=width, height=height)
    file = SCREENSHOTS / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.png"
    page.screenshot(path=file, full_page=True, clip=clip)
    return file.relative_to(ROOT)


def node_module(*parts: str) -> Path:
    """Return the path of a file in a package from npm."""
    path = Path("tests/support/browser/node_modules", *parts)
    needs(str(path), root=False)
    return ROOT / path


@contextmanager
def themed(page: Page, name: str) -> Iterator[None]:
    """Show a page in another theme: nothing but its style sheet differs."""
    sheet = style(replace(load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")}), theme=name))
    page.route(
        "**/static/style.css", lambda route: route.fulfill(body=sheet, content_type="text/css")
    )
    try:
        page.reload()
        yield
    finally:
        page.unroute("**/static/style.css")
