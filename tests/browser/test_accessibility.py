"""axe-core over every page and state."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.support.browsing import PHONE, TABLET, Scheme, node_module, resize, shown
from tests.support.hostile import SCHEMES
from tests.support.press_centre import STATES, PressCentre

pytestmark = pytest.mark.long
RULES = "wcag2a wcag2aa wcag21a wcag21aa wcag22a wcag22aa best-practice".split()
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return {
    passed: found.passes.length,
    violations: found.violations.flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`)),
  };
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    return node_module("axe-core", "axe.min.js").read_text()


def judged(axe: str, page: Any) -> dict[str, Any]:
    """Run it; evaluated by the debugger, it does not fall under the page's policy."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(RUN, RULES)
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", STATES)
def test_axe_has_nothing_against_a_page(
    name: str, scheme: Scheme, axe: str, press_centre: PressCentre, context: BrowserContext
) -> None:
    with shown(context, press_centre, STATES[name]) as page:
        page.emulate_media(color_scheme=scheme)
        resize(page, PHONE if scheme == "dark" else TABLET)
        found = judged(axe, page)
    assert found["violations"] == []
    assert found["passed"] > 10


def test_axe_would_say_so(axe: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content("<html><img src='x'><a href='/'></a><p style='color: #ccc'>Hardly there.")
    found = " ".join(judged(axe, page)["violations"])
    page.close()
    for rule in ("image-alt", "link-name", "color-contrast", "html-has-lang"):
        assert rule in found
