"""Translations link each other, and every language has a page and feeds of its own."""

import json
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.feeds import FOR_READERS
from tests.support.attacks import parsed
from tests.support.elements import SITEMAP, texts
from tests.support.http import ATOM, get
from tests.support.newsroom import NOW, SITE, Newsroom, SetClock, item
from tests.support.pages import PAGE

XHTML = "{http://www.w3.org/1999/xhtml}link"


@pytest.fixture
def multilingual(newsroom: Newsroom, set_clock: SetClock) -> Newsroom:
    """Publish a text in three languages, one with a translation to come, and one without any."""
    set_clock(NOW)
    newsroom.publish(
        {
            "ru.md": item("Каток", "2026-06-01", "Открыт."),
            "en.md": item("Rink", "2026-06-02", "Open.", lang="en", translation_of="ru"),
            "tt.md": item("Шугалак", "2026-06-03", "Ачылды.", lang="tt", translation_of="en"),
            "later.md": item("Later", "2026-07-02", lang="de", translation_of="ru"),
            "lone.md": item("Парк", "2026-06-04"),
        }
    )
    return newsroom


def url(name: str) -> str:
    return SITE + PAGE.format(name)


@pytest.mark.parametrize("name", ["ru", "en", "tt"])
def test_a_page_links_every_version_in_its_head_and_the_others_for_readers(
    multilingual: Newsroom, client: FlaskClient, name: str
) -> None:
    page = parsed(get(client, PAGE.format(name)).text)
    head = {link.get("hreflang"): link.get("href") for link in page.xpath("//link[@hreflang]")}
    assert head == {"x-default": url("ru"), **{tag: url(tag) for tag in ("ru", "en", "tt")}}
    seen = {
        link.text: (link.get("lang"), link.get("hreflang"), link.get("href"))
        for link in page.xpath("//nav[@class='versions']//a[@rel='alternate']")
    }
    words = {"ru": "По-русски", "en": "In English", "tt": "Татар"}
    assert seen == {
        words[tag]: (tag, tag, PAGE.format(tag)) for tag in ("ru", "en", "tt") if tag != name
    }
    assert multilingual.edition().languages() == ["en", "tt"]


def test_an_entry_without_translations_links_none(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    page = get(client, PAGE.format("lone")).text
    assert "hreflang" not in page
    assert "versions" not in page
    assert multilingual.edition().versions().keys() == {*map(PAGE.format, ("ru", "en", "tt"))}


def test_structured_data_names_the_original_and_its_translations(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    def data(name: str) -> dict[str, object]:
        page = parsed(get(client, PAGE.format(name)).text)
        return dict(json.loads(page.xpath("string(//script[@type='application/ld+json'])")))

    def work(name: str) -> dict[str, str]:
        return {"@type": "NewsArticle", "@id": url(name), "inLanguage": name}

    assert data("ru")["workTranslation"] == [work("en"), work("tt")]
    assert data("en")["translationOfWork"] == data("tt")["translationOfWork"] == work("ru")
    assert not {"workTranslation", "translationOfWork"} & data("lone").keys()
    multilingual.apply(
        {
            "a.md": item(translation_key="x"),
            "b.md": item(lang="en", translation_key="x"),
        }
    )
    assert not {"workTranslation", "translationOfWork"} & data("a").keys()


def test_an_atom_entry_links_each_version_and_its_own_page_first_and_last(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    feed = etree.fromstring(get(client, ATOM).data)
    links = {
        entry.findtext("{*}title"): [
            (link.get("hreflang"), link.get("href"))
            for link in entry.findall("{*}link[@rel='alternate']")
        ]
        for entry in feed.findall("{*}entry")
    }
    assert links == {
        "Парк": [(None, url("lone"))],
        "Шугалак": [(None, url("tt")), ("ru", url("ru")), ("en", url("en")), ("tt", url("tt"))],
        "Rink": [(None, url("en")), ("ru", url("ru")), ("tt", url("tt")), ("en", url("en"))],
        "Каток": [(None, url("ru")), ("en", url("en")), ("tt", url("tt")), ("ru", url("ru"))],
    }
    # RFC 4287 section 4.2.7: no two alternates of the same type and language.
    assert all(len({tag for tag, _ in each}) == len(each) for each in links.values())
    assert multilingual.edition().newest(9)


def test_feed_readers_show_the_page_of_the_entry_itself(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    feedparser = pytest.importorskip("feedparser")
    found = feedparser.parse(BytesIO(get(client, ATOM).data))
    assert {entry.title: entry.link for entry in found.entries} == {
        entry.title: SITE + entry.page for entry in multilingual.edition().newest(9)
    }


def test_the_sitemap_lists_the_versions_of_each_page(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    sitemap = etree.fromstring(get(client, "/sitemap/2026-1.xml").data)
    found = {
        element.findtext(f"{SITEMAP}loc"): {
            link.get("hreflang"): link.get("href") for link in element.findall(XHTML)
        }
        for element in sitemap
    }
    versions = {"x-default": url("ru"), **{tag: url(tag) for tag in ("ru", "en", "tt")}}
    assert found == {url("lone"): {}, **dict.fromkeys(map(url, ("ru", "en", "tt")), versions)}
    assert b"xmlns:xhtml" in get(client, "/sitemap/2026-1.xml").data
    multilingual.apply({"lone.md": item(date="2025-01-01")}, gone=["ru.md", "en.md", "tt.md"])
    multilingual.apply({}, gone=["later.md"])
    assert b"xhtml" not in get(client, "/sitemap/2025-1.xml").data


def test_of_two_versions_in_one_language_the_first_published_is_linked(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    multilingual.apply({"en2.md": item("Again", "2026-06-05", lang="EN", translation_of="ru")})
    page = get(client, PAGE.format("ru")).text
    assert f'hreflang="en" href="{url("en")}"' in page
    assert "en2.html" not in page
    assert 'rel="alternate" hreflang' not in get(client, PAGE.format("en2")).text


@pytest.mark.parametrize("name", FOR_READERS)
def test_every_language_has_feeds(multilingual: Newsroom, client: FlaskClient, name: str) -> None:
    titles = {"ru": ["Парк", "Каток"], "en": ["Rink"], "tt": ["Шугалак"]}
    for tag, expected in titles.items():
        response = get(client, f"/feeds/lang/{tag}/{name}")
        assert response.status_code == 200
        places = [response.text.find(f"{title}<") for title in expected]
        if name == "feed.json":
            feed = response.get_json()
            assert [each["title"] for each in feed["items"]] == expected
            assert (feed["language"], feed["home_page_url"]) == (tag, f"{SITE}/lang/{tag}/")
        else:
            assert places == sorted(places)
            assert -1 not in places
            root = etree.fromstring(response.data)
            language = root.findtext("channel/language") or root.get(
                "{http://www.w3.org/XML/1998/namespace}lang"
            )
            assert language == tag
        others = {title for each in titles.values() for title in each} - {*expected}
        assert not [title for title in others if f">{title}<" in response.text]
    assert multilingual.edition().languages() == ["en", "tt"]


@pytest.mark.parametrize("tag", ["de", "EN", "en-GB", "ru ", "", "x"])
def test_a_language_without_public_news_has_neither_page_nor_feed(
    multilingual: Newsroom, client: FlaskClient, tag: str
) -> None:
    for path in (f"/lang/{tag}/", f"/feeds/lang/{tag}/atom.xml"):
        assert get(client, path).status_code == 404, path
    assert multilingual.edition().languages()


def test_a_language_comes_with_its_first_entry_and_goes_with_its_last(
    multilingual: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW + 86400 * 1_000_000)
    assert get(client, "/lang/de/").status_code == 200
    multilingual.apply({}, gone=["later.md"])
    assert get(client, "/lang/de/").status_code == 404
    multilingual.apply({}, gone=["en.md", "tt.md"])
    for path in ("/lang/ru/", "/feeds/lang/ru/atom.xml"):  # of one language there is no choice
        assert get(client, path).status_code == 404
    for path in ("/", "/feeds/", "/feeds/opml.xml"):
        assert "/lang/" not in get(client, path).text


def test_a_site_of_another_language_alone_has_no_page_of_its_own_language(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"en.md": item(lang="en")})
    assert [get(client, f"/lang/{tag}/").status_code for tag in ("en", "ru")] == [200, 404]


def test_the_feeds_of_languages_are_found(multilingual: Newsroom, client: FlaskClient) -> None:
    opml = etree.fromstring(get(client, "/feeds/opml.xml").data)
    found = [outline.get("xmlUrl") for outline in opml.iter("outline")]
    feeds = [f"{SITE}/feeds/lang/{tag}/atom.xml" for tag in ("ru", "en", "tt")]
    assert found == [f"{SITE}{ATOM}", *feeds]
    subscribe = get(client, "/feeds/").text
    assert all(feed in subscribe for feed in feeds)
    for path in ("/lang/en/", PAGE.format("en")):
        links = parsed(get(client, path).text).xpath("//link[@rel='alternate'][@type]/@href")
        assert [f"/feeds/lang/en/{name}" for name in FOR_READERS] == links[-3:], path
    home = parsed(get(client, "/").text)
    assert home.xpath("//a[@hreflang]/@href") == ["/lang/ru/", "/lang/en/", "/lang/tt/"]
    sitemap = etree.fromstring(get(client, "/sitemap/pages.xml").data)
    assert f"{SITE}/lang/en/" in texts(sitemap, f"{SITEMAP}loc")
    assert multilingual.edition().languages()


def test_the_feed_of_a_language_tells_of_its_withdrawals_alone(
    multilingual: Newsroom, client: FlaskClient
) -> None:
    gone = {"status": "withdrawn"}
    multilingual.apply(
        {
            "a.md": item(date="2026-06-05", lang="en", **gone),
            "b.md": item(date="2026-06-05", **gone),
            "c.md": item(date="2026-06-05", lang="tt", expires="2026-06-06"),
        }
    )
    for tag, name in (("en", "a"), ("ru", "b"), ("tt", "c")):
        feed = etree.fromstring(get(client, f"/feeds/lang/{tag}/atom.xml").data)
        refs = [each.get("ref", "").rpartition(":")[2] for each in feed.iter("{*}deleted-entry")]
        assert refs == [name]


def test_a_version_appears_and_goes_with_the_tags_of_the_documents_that_link_it(
    multilingual: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    tags = []
    for moment in (NOW, NOW + 86400 * 1_000_000):
        set_clock(moment)
        tags.append([get(client, path).headers["ETag"] for path in (PAGE.format("ru"), ATOM)])
    assert not {*tags[0]} & {*tags[1]}
    assert "later.html" in get(client, PAGE.format("ru")).text
    assert multilingual.edition().languages()


def test_versions_of_which_none_is_in_the_site_s_language_have_no_default(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    translated = item("Шугалак", "2026-06-01", lang="tt", translation_of="en")
    newsroom.publish({"en.md": item("Rink", "2026-06-01", lang="en"), "tt.md": translated})
    sitemap = etree.fromstring(get(client, "/sitemap/2026-1.xml").data)
    assert {link.get("hreflang") for link in sitemap.iter(XHTML)} == {"en", "tt"}
