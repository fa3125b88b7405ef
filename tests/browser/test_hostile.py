"""Every attack in every field of an entry, opened in a real browser: nothing happens."""

import pytest
from playwright.sync_api import Browser, Error

from tests.support.besieged import TOGETHER, Monitor, paths_in
from tests.support.browsing import new_context, script
from tests.support.hostile import SNIPPETS
from tests.support.service import Service, page

# Short tests leave tests in other processes little to wait for.
PARTS = 4


def test_there_are_five_hundred_attacks_and_all_are_published(besieged: Service) -> None:
    assert len(SNIPPETS) >= 500
    paths = paths_in(besieged, "/sitemap/2026-1.xml")
    named = {path for path in paths if "/attack-" in path}
    assert len(named) == len(SNIPPETS)
    assert len(paths) > len(SNIPPETS) + len(SNIPPETS) / TOGETHER / 2


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_happens_on_the_page_of_an_attack(
    part: int, besieged: Service, monitor: Monitor
) -> None:
    paths = paths_in(besieged, "/sitemap/2026-1.xml")[part::PARTS]
    assert monitor.events_on_all(paths) == []


def test_nothing_happens_on_the_page_of_a_withdrawn_attack(monitor: Monitor) -> None:
    paths = [page(f"gone-{start}") for start in range(0, len(SNIPPETS), TOGETHER)]
    assert monitor.events_on_all(paths, 410) == []


def test_the_monitor_notices_attacks_on_a_page_without_protection(browser: Browser) -> None:
    noticed = reported = 0
    with new_context(browser) as context:
        monitor = Monitor(context.new_page(), "about:blank")
        monitor.window.goto("about:blank")
        for snippet in SNIPPETS[::10]:
            monitor.events.clear()
            try:
                # Some never finish loading.
                monitor.window.set_content(f"<h1>x</h1><div>{snippet}</div>", wait_until="commit")
                traces = monitor.window.evaluate(script("traces"))
                # What the attack started is reported before a script that starts now ends.
                monitor.window.evaluate("new Promise((done) => setTimeout(done))")
            except Error:  # the attack leads elsewhere meanwhile
                traces = ["led away"]
            reported += bool(monitor.events)
            noticed += bool(monitor.events) or any("torn" not in trace for trace in traces)
    assert noticed > len(SNIPPETS) / 10 / 2
    assert reported > 5
