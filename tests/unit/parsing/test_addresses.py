"""Old addresses made by patterns, as other systems have them in their settings."""

from dataclasses import replace

import pytest

from feedsvc.parsing import read
from tests.support.parsing import MOSCOW, NO_FOLDER, entry, markdown

NEWS = markdown("categories: [Город Москва, Sport]", "id: other").replace(
    "13.08.2014", "2014-08-03 09:05:07"
)
PATH = "blog/_posts/2014-08-03-Мой-День.md"
# What each makes of that file.
PATTERNS = {
    "/:year/:month/:day/:title.html": ["/2014/08/03/Мой-День"],
    "/:short_year/:i_month/:i_day/:y_day": ["/14/8/3/215"],
    "/:hour:minute:second/": ["/090507"],
    "/:categories/:name/": ["/blog/город москва/sport/Мой-День"],
    "/:category/": ["/blog"],
    "/:sections/:slug/": ["/blog/Мой-День"],
    "/:section/:slugorfilename": ["/blog/Мой-День"],
    "/%year%/%monthnum%/%postname%/": ["/2014/08/Мой-День"],
    "/{slug}.html": ["/Мой-День"],
    "/<folder>/<name>": ["/blog/Мой-День"],
    "/:title/index:output_ext": ["/Мой-День"],
    "/:weekday/:title/": [],
    "/{date:%Y}/{slug}": [],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_of_another_system_makes_the_old_address(pattern: str) -> None:
    settings = replace(MOSCOW, old_permalinks=(pattern,))
    found = read(NEWS.encode(), PATH, settings, NO_FOLDER).entry
    assert found is not None
    aliases = [each for each in found.aliases if not each.startswith("/presscenter")]
    assert aliases[: len(PATTERNS[pattern])] == PATTERNS[pattern]
    if not PATTERNS[pattern]:
        assert aliases == []


def test_capitals_and_categories_are_written_in_several_ways() -> None:
    settings = replace(MOSCOW, old_permalinks=("/:categories/:title/",))
    found = read(NEWS.encode(), PATH, settings, NO_FOLDER).entry
    assert found is not None
    assert found.aliases[:6] == tuple(
        f"/blog/{city}/sport/{name}"
        for name in ("Мой-День", "мой-день", "other")
        for city in ("город москва", "gorod-moskva")
    )


def test_a_permalink_in_a_header_may_be_a_pattern() -> None:
    assert entry(markdown("permalink: /:year/:title/")).aliases == ("/2014/a",)


def test_a_permalink_of_unknown_variables_is_no_mistake() -> None:
    assert entry(markdown("permalink: /:unknown/")).aliases == ()
