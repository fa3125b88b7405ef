import pytest

from feedsvc.audience.agents import Agent, Kind, identify

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SERVICES = {
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 462 subscribers; )": ("Feedly", 462),
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 457 subscribers; like FeedFetcher-Google)": (
        *("Feedly", 457),
    ),
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)": ("Feedly", None),
    "NewsBlur Feed Fetcher - 27 subscribers - https://www.newsblur.com/site/7704055/a"
    ' ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'
    ' Version/14.0.1 Safari/605.1.15")': ("NewsBlur", 27),
    "NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/site/1/a": ("NewsBlur", 1),
    "Mozilla/5.0 (compatible; inoreader.com; 114 subscribers)": ("Inoreader", 114),
    "Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 6 subscribers)": (
        *("BazQux", 6),
    ),
    "Dreamwidth Studios (webmaster@dreamwidth.org; for https://www.dreamwidth.org/a/; 2 readers)": (
        *("Dreamwidth", 2),
    ),
    "Mozilla/5.0 (compatible; YandexBlogs/0.99; robot; B; +http://yandex.com/bots)1 readers": (
        *("Yandex Blogs", 1),
    ),
    "HanRSS/1.1 (http://www.hanrss.com; 3 subscribers)": ("HanRSS", 3),
    "Blogtrottr/2.0": ("Blogtrottr", None),
    "FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)": ("Google FeedFetcher", None),
    "Somebody New/1.0 (12 readers)": ("", 12),
    # Longer numbers than anything can have.
    f"Feedly/1.0 ({'9' * 60} subscribers)": ("Feedly", None),
}
READERS = {
    "NetNewsWire (RSS Reader; https://netnewswire.com/)": "NetNewsWire",
    "Mozilla/5.0 (compatible; Miniflux/2.1.0; +https://miniflux.app)": "Miniflux",
    "Tiny Tiny RSS/24.02 (https://tt-rss.org/)": "Tiny Tiny RSS",
    "FreshRSS/1.24.1 (Linux; https://freshrss.org)": "FreshRSS",
    "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Thunderbird/102.4.1": "Thunderbird",
    "Akregator/5.24.0 (23.08.0); syndication": "Akregator",
    "Aggregator/2.22.000 (Android/13; exynos9611)": "Aggregator",
    "Newsboat/2.13 (Linux x86_64)": "Newsboat",
    "rss2email/3.14 (https://github.com/rss2email/rss2email)": "rss2email",
    "Windows-RSS-Platform/2.0 (MSIE 9.0; Windows NT 6.1)": "Windows",
    "Acme News/7": "",
}
OTHERS = {
    FIREFOX: Kind.BROWSER,
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)": Kind.ROBOT,
    "Mozilla/5.0 (compatible; YandexNews/4.0; +http://yandex.com/bots)": Kind.ROBOT,
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)": Kind.ROBOT,
    "W3C_Validator/1.3 http://validator.w3.org": Kind.ROBOT,
    "curl/8.5.0": Kind.ROBOT,
    "python-requests/2.31.0": Kind.ROBOT,
    "Go-http-client/2.0": Kind.ROBOT,
    "UniversalFeedParser/5.2.1 +https://code.google.com/p/feedparser/": Kind.ROBOT,
    "-": Kind.ROBOT,
    "": Kind.ROBOT,
    "ZmEu": Kind.OTHER,
}


@pytest.mark.parametrize("agent", SERVICES)
def test_services_are_known_and_what_they_report_is_read(agent: str) -> None:
    name, claim = SERVICES[agent]
    assert identify(agent.encode()) == Agent(Kind.SERVICE, name, claim)


@pytest.mark.parametrize(
    ("agent", "name", "number", "feed_id"),
    [
        ("Feedbin feed-id:1697787 - 102 subscribers", "Feedbin", 102, "1697787"),
        (
            "Mozilla/5.0 (compatible; theoldreader.com; 1 subscribers; feed-id=cead6c3a837650)",
            *("The Old Reader", 1, "cead6c3a837650"),
        ),
        # It has none, so this is somebody else's.
        ("Feedly/1.0 (7 subscribers; feed-id=5)", "Feedly", 7, ""),
    ],
)
def test_the_id_of_a_feed_is_read_where_a_service_has_some(
    agent: str, name: str, number: int, feed_id: str
) -> None:
    assert identify(agent.encode()) == Agent(Kind.SERVICE, name, number, feed_id)


@pytest.mark.parametrize("agent", READERS)
def test_programs_of_readers_are_known(agent: str) -> None:
    assert identify(agent.encode()) == Agent(Kind.READER, READERS[agent])


@pytest.mark.parametrize("agent", OTHERS)
def test_browsers_robots_and_unknown_programs_are_no_readers(agent: str) -> None:
    assert identify(agent.encode()) == Agent(OTHERS[agent])


def test_a_log_without_the_names_of_programs_is_told_apart() -> None:
    assert identify(None) == Agent(Kind.UNNAMED)


@pytest.mark.parametrize(
    "agent", [b"\xff\xfe\x00", b"\x1b[31mrss reader", b"<script>rss</script>", b"rss" * 100_000]
)
def test_nothing_that_a_client_wrote_comes_out(agent: bytes) -> None:
    assert identify(agent).name == ""
