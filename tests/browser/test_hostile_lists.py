"""Lists, searches and addresses that contain attacks, opened in a real browser."""

from urllib.parse import quote

from tests.support.besieged import Monitor, paths_in
from tests.support.hostile import SNIPPETS
from tests.support.service import Service


def test_nothing_happens_on_lists_of_attacks(besieged: Service, monitor: Monitor) -> None:
    paths = paths_in(besieged, "/sitemap/pages.xml")
    assert {"/", "/feeds/"} <= set(paths)
    categories = [path for path in paths if path.startswith("/category/")]
    assert len(categories) > 100
    # The page about the feeds shows the labels of all; a fourth of their own pages is enough.
    for path in [each for n, each in enumerate(categories) if n % 4]:
        paths.remove(path)
    assert monitor.events_on_all(paths) == []


def test_nothing_happens_when_an_attack_is_searched_for(monitor: Monitor) -> None:
    paths = [f"/search?q={quote(snippet, safe='')}" for snippet in SNIPPETS[::3]]
    assert monitor.events_on_all(paths) == []


def test_nothing_happens_at_an_address_that_is_an_attack(monitor: Monitor) -> None:
    paths = [f"/{quote(snippet, safe='')}" for snippet in SNIPPETS[::10]]
    assert monitor.events_on_all(paths, 404) == []
