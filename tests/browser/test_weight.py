"""How much a page weighs, how many requests it takes, and what it lets a browser do."""

import gzip
import re

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import windows
from tests.support.press_centre import FULL, STATES, PressCentre, State
from tests.support.relay import Relay

LIMIT = 20_000
STYLE = State("/static/style.css", "style")
POLICY = {
    "default-src": "'none'",
    # The icon stands in the page itself, to spare a request.
    "img-src": "'self' data:",
    "media-src": "'self'",
    "style-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
LIGHT = {name: state for name, state in STATES.items() if not state.pictures}


@pytest.mark.parametrize("name", STATES)
def test_a_page_may_show_pictures_and_media_and_use_its_style_and_form_and_nothing_else(
    name: str, press_centre: PressCentre
) -> None:
    answer = press_centre.ask(STATES[name])
    assert answer.status == STATES[name].status
    parts = (
        part.split(maxsplit=1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    policy = dict(parts)
    assert policy == POLICY
    html = answer.body.decode()
    scripts = re.findall(r"<script\b[^>]*>", html, re.IGNORECASE)
    assert set(scripts) <= {'<script type="application/ld+json">'}
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", html, re.IGNORECASE)


@pytest.mark.parametrize("name", LIGHT)
def test_a_page_without_pictures_is_light(name: str, press_centre: PressCentre) -> None:
    total = 0
    for state in (LIGHT[name], STYLE):
        answer = press_centre.ask(state, Accept_Encoding="gzip")
        packed = answer.headers.get("Content-Encoding") == "gzip"
        total += len(answer.body if packed else gzip.compress(answer.body))
        # An error page is small, and made for one reader: it may come as it is.
        assert packed or answer.status != 200
    assert total < LIMIT


@pytest.mark.parametrize(
    "name", ["oldest month", "entry, press text", "subscribe", "search, found"]
)
def test_a_page_without_pictures_is_complete_after_two_requests(
    name: str, press_centre: PressCentre, browser: Browser
) -> None:
    """Counted where they arrive: what a browser asks for beside the page, Playwright hides."""
    state = STATES[name]
    relay = Relay()
    relay.port = press_centre.port(FULL)
    try:
        with windows(browser) as context:
            page = context.new_page()
            answer = page.goto(relay.url + state.path, wait_until="networkidle")
            assert answer is not None
            assert answer.status == 200
            # Long enough for /favicon.ico, which is asked for where no icon is linked.
            page.wait_for_timeout(500)
    finally:
        relay.close()
    assert relay.asked == [state.path, STYLE.path]
