"""axe-core applied to every state, in both colour schemes."""

import pytest
from playwright.sync_api import BrowserContext

from tests.support.axe import run_axe
from tests.support.browsing import PHONE, TABLET, Scheme, Screen, opened, resize
from tests.support.press_centre import PressCentre
from tests.support.states import STATES

VIEWS: tuple[tuple[Scheme, Screen], ...] = (("dark", PHONE), ("light", TABLET))


def test_axe_finds_no_violation_on_any_page(
    press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            for scheme, screen in VIEWS:
                page.emulate_media(color_scheme=scheme)
                resize(page, screen)
                found = run_axe(page)
                assert found["violations"] == [], scheme
                assert found["passed"] > 10, scheme


def test_axe_finds_the_violations_of_a_bad_page(context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content("<html><img src='x'><a href='/'></a><p style='color: #ccc'>Hardly there.")
    found = " ".join(run_axe(page)["violations"])
    page.close()
    for rule in ("image-alt", "link-name", "color-contrast", "html-has-lang"):
        assert rule in found
