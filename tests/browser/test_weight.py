"""How heavy a page is, how many requests it takes, and what it permits a browser to do."""

import gzip
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import new_context
from tests.support.press_centre import PressCentre
from tests.support.relay import BARE, Relay
from tests.support.states import STATES, Site, State
from tests.support.waiting import wait_for

LIMIT = 20_000
STYLE = State("/static/style.css", "style")
POLICY = {
    "default-src": "'none'",
    # The icon is part of the page, which saves a request.
    "img-src": "'self' data:",
    "media-src": "'self'",
    "style-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def hash_of(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def test_a_page_permits_pictures_media_its_style_sheet_and_its_form_and_nothing_else(
    press_centre: PressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            answer = press_centre.ask(state)
            assert answer.status == state.status
            header = answer.headers["Content-Security-Policy"]
            policy = dict(part.split(maxsplit=1) for part in header.split(";"))
            html = answer.body.decode()
            tags = set(re.findall(r"<script\b[^>]*>", html, re.IGNORECASE))
            assert tags <= {'<script type="application/ld+json">', "<script>"}
            # The pages about subscribing have one of their own, and permit exactly that.
            scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
            assert len(scripts) == name.removeprefix("empty ").startswith("subscribe")
            permitted = policy.pop("script-src", "").split()
            assert permitted == [hash_of(script) for script in scripts]
            assert policy == POLICY
            assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", html, re.IGNORECASE)


def test_a_page_without_pictures_is_light(
    press_centre: PressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        if state.pictures:
            continue
        with subtests.test(name):
            total = 0
            for part in (state, STYLE):
                answer = press_centre.ask(part, Accept_Encoding="gzip")
                compressed = answer.headers.get("Content-Encoding") == "gzip"
                total += len(answer.body if compressed else gzip.compress(answer.body))
                # An error page is small and made for one reader: it need not be compressed.
                assert compressed or answer.status != 200
            assert total < LIMIT


def test_a_page_without_pictures_is_complete_after_two_requests(
    press_centre: PressCentre, browser: Browser, subtests: pytest.Subtests
) -> None:
    """Count the requests at a relay: Playwright hides those beyond the page, as for icons.

    A bare page is opened last. The browser asks for the icon of a page that links none, and
    in order; so once it has asked for that of the bare page, the first page has got all.
    """
    shown = ("oldest month", "entry, press text", "subscribe", "subscribe to a search")
    for name in (*shown, "search, narrowed"):
        path = STATES[name].path
        with subtests.test(name), Relay() as relay, new_context(browser) as context:
            relay.port = press_centre.port(Site.FULL)
            page = context.new_page()
            answer = page.goto(relay.url + path, wait_until="networkidle")
            assert answer is not None
            assert answer.status == 200
            context.new_page().goto(relay.url + BARE)
            wait_for(lambda asked=relay.asked: "/favicon.ico" in asked)  # type: ignore[misc]
            assert relay.asked == [path, STYLE.path, BARE, "/favicon.ico"]
