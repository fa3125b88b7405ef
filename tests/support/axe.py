"""axe-core, which looks for what keeps people from using a page."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.support.browsing import node_module

RULES = "wcag2a wcag2aa wcag21a wcag21aa wcag22a wcag22aa best-practice".split()
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return {
    passed: found.passes.length,
    violations: found.violations.flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`)),
  };
}"""


@cache
def _source() -> str:
    return node_module("axe-core", "axe.min.js").read_text()


def run_axe(page: Page) -> dict[str, Any]:
    """Return the number of rules that passed, and the violations."""
    if not page.evaluate("typeof axe === 'object'"):
        # The debugger evaluates it, which the policy of the page does not restrict.
        page.evaluate(_source())
    found: dict[str, Any] = page.evaluate(RUN, RULES)
    return found
