"""An entry that ends: on every route it is there until that moment, and from then on it is not."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.wrappers import Response

from feedsvc.dates import from_microseconds
from feedsvc.documents import DOCUMENTS
from tests.support.elements import SITEMAP, texts
from tests.support.files import PHOTO, publish_folder
from tests.support.http import ATOM, get
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.pages import PAGE
from tests.support.search_index import IndexedNewsroom

BEGIN, END = NOW + 600 * SECOND, NOW + 1800 * SECOND
WORD = "Водоснабжение"
RULES = re.compile(r"max-age=(\d+)(?:, stale-while-revalidate=(\d+))?")
TOMBSTONE = re.compile(
    r"<at:deleted-entry[^>]*>|<item>(?:(?!</item>).)*state=\"deleted\"", re.DOTALL
)
MOMENTS = (
    *(NOW, BEGIN - 1, BEGIN, BEGIN + SECOND, END - 400 * SECOND, END - 360 * SECOND),
    *(END - 61 * SECOND, END - SECOND, END - 1, END, END + 1, END + 86400 * SECOND),
)


def at(moment: int) -> str:
    return from_microseconds(moment).isoformat()


@pytest.fixture
def notice(index: IndexedNewsroom, set_clock: SetClock) -> Newsroom:
    """Publish a notice with a picture, in a category and a language, that begins and ends."""
    set_clock(NOW)
    keys = {"categories": WORD, "lang": "en", "translation_of": "news", "pinned": "yes"}
    publish_folder(
        index.newsroom,
        {
            "news.md": item("News", "2026-06-30"),
            "other.md": item("Other", "2026-06-30"),
            "water.md": item(WORD, at(BEGIN), WORD, expires=at(END), **keys),
            "water.jpg": PHOTO,
        },
    )
    index.catch_up()
    return index.newsroom


def paths(newsroom: Newsroom) -> Iterator[str]:
    """Yield every path there is while the notice is public, and searches for it."""
    edition = newsroom.edition(BEGIN)
    for document in DOCUMENTS:
        if not document.is_static and document.name not in ("logo", "robots"):
            yield from document.paths(edition, newsroom.settings)
    yield from (f"/search?q={WORD}", "/feeds/search/водоснабжение/atom.xml")


def require_short_life(response: Response, now: int) -> None:
    """Check that no cache may keep a response beyond the beginning or the end of the notice."""
    for found in RULES.findall(response.headers.get("Cache-Control", "")):
        kept = sum(int(number or 0) for number in found) * SECOND
        assert all(now >= moment or now + kept <= moment for moment in (BEGIN, END)), now


def test_on_every_route_an_entry_is_there_until_its_end_and_no_longer(
    notice: Newsroom, site: FlaskClient, set_clock: SetClock
) -> None:
    every = [*paths(notice)]
    assert len(every) > 30
    for now in MOMENTS:
        set_clock(now)
        is_public = BEGIN <= now < END
        shown = set()
        for path in every:
            with get(site, path) as response:
                body = response.data.decode("utf-8", "replace")
            require_short_life(response, now)
            if "water" in path:
                assert (response.status_code < 400) == is_public, (path, now)
            # A feed still says of which entry nothing is to be kept.
            elif "/water" in TOMBSTONE.sub("", body):
                shown.add(path)
        if is_public:
            assert {"/", "/archive/2026/07/", "/category/vodosnabzhenie/", "/lang/en/"} <= shown
            assert {ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml"} <= shown
            assert {"/feeds/lang/en/atom.xml", "/sitemap/2026-1.xml", f"/search?q={WORD}"} <= shown
        else:
            assert shown == set(), now


def test_what_a_client_has_is_confirmed_only_while_it_is_the_same(
    notice: Newsroom, site: FlaskClient, set_clock: SetClock
) -> None:
    documents = ("/", ATOM, "/lang/en/", PAGE.format("news"), "/sitemap/2026-1.xml")
    known: dict[str, dict[str, str]] = {}
    for now in (NOW, BEGIN, END):
        set_clock(now)
        for path in documents:
            with get(site, path) as response:
                headers = response.headers
            for name, value in known.get(path, {}).items():
                with get(site, path, **{name: value}) as again:
                    assert again.status_code in (200, 404), (path, name)
            known[path] = {"If_None_Match": headers["ETag"]} if "ETag" in headers else {}
            if "Last-Modified" in headers:
                known[path]["If_Modified_Since"] = headers["Last-Modified"]
    assert notice.edition(END).period.newest == END


def test_the_page_of_an_entry_that_ended_says_so(
    notice: Newsroom, site: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(END)
    response = get(site, PAGE.format("water"))
    assert response.status_code == 410
    assert "Срок действия этой новости истёк" in response.text
    assert "Она действовала до 1 июля 2026\u202fг., 15:30" in response.text
    assert WORD in response.text
    assert notice.edition(END).period.since == END


def test_a_day_is_named_as_the_last_one(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"a.md": item(expires="до 31.08.2026"), "b.md": item(expires="30.06.2026")})
    page = get(client, PAGE.format("a")).text
    assert "действует до <time" in page
    assert ">31 августа 2026\u202fг.</time>" in page
    assert '"expires": "2026-09-01T00:00:00+03:00"' in page
    assert '<meta property="article:expiration_time" content="2026-09-01T00:00:00+03:00">' in page
    assert "Она действовала до 30 июня 2026\u202fг.<" in get(client, PAGE.format("b")).text


def test_subscribers_are_told_once_that_an_entry_ended(
    notice: Newsroom, site: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(END - 1)
    before = get(site, ATOM).headers["ETag"]
    set_clock(END)
    response = get(site, ATOM, If_None_Match=before, A_IM="feed")
    assert response.status_code == 226
    feed = etree.fromstring(response.data)
    # The original no longer links the translation that ended.
    assert [entry.findtext("{*}title") for entry in feed.findall("{*}entry")] == ["News"]
    (gone,) = feed.findall("{*}deleted-entry")
    assert gone.get("when") == "2026-07-01T15:30:00+03:00"
    assert feed.findtext("{*}updated") == "2026-07-01T15:30:00+03:00"
    # The archive of its month says the same for good.
    set_clock(END + 300 * 86400 * SECOND)
    assert b"deleted-entry" in get(site, ATOM).data
    assert notice.edition(END).withdrawn(from_microseconds(END) - timedelta(days=2))


def test_an_archive_keeps_what_ended_as_a_tombstone(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish(
        {
            "a.md": item("A", "2026-05-02", expires="2026-05-20"),
            "b.md": item("B", "2026-05-01"),
            "c.md": item("C", "2026-04-30", expires="2026-05-20"),
            "d.md": item("D", "2026-06-01", expires="2026-06-20"),
        }
    )
    feed = etree.fromstring(get(client, "/feeds/archive/2026/05/atom.xml").data)
    assert [entry.findtext("{*}title") for entry in feed.findall("{*}entry")] == ["B"]
    gone = [each.get("ref", "").rpartition(":")[2] for each in feed.findall("{*}deleted-entry")]
    assert gone == ["a"]


def test_the_results_of_a_search_are_not_pushed_out_by_what_has_ended(
    index: IndexedNewsroom,
) -> None:
    ended = {
        f"{day}.md": item("Двор", f"2026-05-01 0:{day % 60:02}", "Двор.", expires="02.05.2026")
        for day in range(150)
    }
    index.publish({**ended, "a.md": item("Парк", "2026-01-01", "Двор.")})
    assert index.found("двор") == ["a"]


def test_a_new_end_of_an_entry_counts_at_once(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"a.md": item(expires="2026-06-30")})
    assert get(client, PAGE.format("a")).status_code == 410
    newsroom.apply({"a.md": item(expires="2026-07-30")})
    assert get(client, PAGE.format("a")).status_code == 200
    newsroom.apply({"a.md": item(expires="2026-07-01T12:00:00Z")})
    assert get(client, PAGE.format("a")).status_code == 410
    newsroom.apply({"a.md": item()})
    assert get(client, PAGE.format("a")).status_code == 200
    sitemap = etree.fromstring(get(client, "/sitemap/2026-1.xml").data)
    assert len(texts(sitemap, f"{SITEMAP}loc")) == 1
