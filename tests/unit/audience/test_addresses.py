import pytest

from feedsvc import urls
from feedsvc.audience.addresses import SEARCHES, feed_finder
from feedsvc.feeds import FEEDS
from feedsvc.settings import Settings

SETTINGS = Settings(redirects=(("/rss.php", "/feeds/rss.xml"), ("/about.php", "/")))
CATEGORY = urls.feed_path("rss.xml", "sport")
LANGUAGE = urls.language_feed_path("atom.xml", "en")


@pytest.mark.parametrize(
    ("target", "feed"),
    [
        *((urls.feed_path(name), urls.feed_path(name)) for name in FEEDS),
        (CATEGORY, CATEGORY),
        (LANGUAGE, LANGUAGE),
        (f"{CATEGORY}?utm_source=x", CATEGORY),
        ("/feeds/%61tom.xml", "/feeds/atom.xml"),
        (urls.search_feed_path("atom.xml", "каток зимой"), SEARCHES),
        *(
            (old, new)
            for new, olds in urls.ALIASES.items()
            if new in map(urls.feed_path, FEEDS)
            for old in olds.split()
        ),
        ("/rss.php", "/feeds/rss.xml"),
    ],
)
def test_feeds_are_found_by_every_address_of_theirs(target: str, feed: str) -> None:
    assert feed_finder(SETTINGS)(target.encode()) == feed


@pytest.mark.parametrize(
    "target",
    [
        *("", "*", "/", "/feeds/", "/feeds/other.xml", "/about.php", urls.OPML, urls.QR_CODE),
        urls.archive_feed_path("2014-08"),
        "/feeds/category/%1b[31m/atom.xml",
        "/feeds/category/a\u202eb/atom.xml",
        "/feeds/category/<b>/atom.xml",
        f"/feeds/category/{'x' * 300}/atom.xml",
    ],
)
def test_what_is_no_feed_is_none(target: str) -> None:
    assert feed_finder(SETTINGS)(target.encode()) is None


def test_bytes_that_are_not_utf_8_are_no_feed() -> None:
    assert feed_finder(SETTINGS)(b"/feeds/category/\xff/atom.xml") is None
