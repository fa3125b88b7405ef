"""axe-core applied to every state, in both colour schemes."""

import pytest
from playwright.sync_api import BrowserContext

from tests.support.browsing import (
    PHONE,
    TABLET,
    Scheme,
    Screen,
    axe_source,
    opened,
    resize,
    run_axe,
)
from tests.support.press_centre import PressCentre
from tests.support.states import STATES

VIEWS: tuple[tuple[Scheme, Screen], ...] = (("dark", PHONE), ("light", TABLET))


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


def test_axe_finds_no_violation_on_any_page(
    axe: str, press_centre: PressCentre, context: BrowserContext, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name), opened(context, press_centre, state) as page:
            # The debugger evaluates it, which the policy of the page does not restrict.
            page.evaluate(axe)
            for scheme, screen in VIEWS:
                page.emulate_media(color_scheme=scheme)
                resize(page, screen)
                found = run_axe(page)
                assert found["violations"] == [], scheme
                assert found["passed"] > 10, scheme


def test_axe_finds_the_violations_of_a_bad_page(axe: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content("<html><img src='x'><a href='/'></a><p style='color: #ccc'>Hardly there.")
    page.evaluate(axe)
    found = " ".join(run_axe(page)["violations"])
    page.close()
    for rule in ("image-alt", "link-name", "color-contrast", "html-has-lang"):
        assert rule in found
