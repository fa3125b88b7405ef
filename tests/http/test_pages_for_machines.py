"""What programs read in the pages, as parsers by others understand it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import extruct
import html5lib
import lxml.html
import mf2py
import pytest

from tests.support.attacks import parsed
from tests.support.local_press_centre import LocalPressCentre, local_press_centre
from tests.support.newsroom import SITE
from tests.support.pages import text_of
from tests.support.states import ENTRIES, LISTS, STATES, State

AUTHOR = "Управа района Чертаново Южное"
TITLE = "Пресс-центр района Чертаново Южное"
# Search engines are to index neither results nor errors.
INDEXED = {
    name: state for name, state in STATES.items() if state.status == 200 and state.kind != "search"
}
CATEGORIES = "//main//a[@rel='tag' or contains(@class, 'p-category')]"


@pytest.fixture(scope="module")
def press_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPressCentre]:
    with local_press_centre(tmp_path_factory.mktemp("press-centre")) as centre:
        yield centre


def structured_data(
    press_centre: LocalPressCentre, state: State, syntax: str
) -> list[dict[str, Any]]:
    """Return what extruct reads in one syntax."""
    found: dict[str, list[dict[str, Any]]] = extruct.extract(
        press_centre.html(state), base_url=press_centre.url(state), syntaxes=[syntax]
    )
    return found[syntax]


def news_article(press_centre: LocalPressCentre, state: State) -> dict[str, Any]:
    """Return the only NewsArticle of schema.org in a page."""
    graphs = structured_data(press_centre, state, "json-ld")
    assert all(graph["@context"].rstrip("/") == "https://schema.org" for graph in graphs)
    nodes = [node for graph in graphs for node in graph.get("@graph", [graph])]
    (article,) = [node for node in nodes if node["@type"] == "NewsArticle"]
    return dict(article)


def open_graph(press_centre: LocalPressCentre, state: State) -> dict[str, list[str]]:
    """Return the values of each Open Graph property."""
    (graph,) = structured_data(press_centre, state, "opengraph")
    found: dict[str, list[str]] = {}
    for key, value in graph["properties"]:
        found.setdefault(key, []).append(value)
    return found


def microformats(press_centre: LocalPressCentre, state: State, kind: str) -> list[dict[str, Any]]:
    """Return the top-level microformats of a type."""
    found = mf2py.parse(doc=press_centre.html(state), url=press_centre.url(state))
    return [each for each in found["items"] if kind in each["type"]]


def full_size(url: str) -> str:
    """Return the address of a picture itself for that of its thumbnail."""
    return re.sub(r"/preview/\d+/", "/media/", url)


def first_address(value: Any) -> list[str]:
    """Return at most one address of a value that may be a list, an object or an address."""
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else each["url"] for each in values][:1]


def moments(page: Any) -> list[datetime]:
    """Return the moments that a page shows: published, and updated if it was."""
    times = page.xpath("//main//article[.//h1]//time/@datetime")
    return [datetime.fromisoformat(time) for time in times]


def with_offset(text: str) -> datetime:
    """Parse a moment that must have an offset from UTC."""
    moment = datetime.fromisoformat(text)
    assert moment.utcoffset() is not None, text
    return moment


def test_every_state_has_its_status(press_centre: LocalPressCentre) -> None:
    statuses = {name: press_centre.ask(state).status_code for name, state in STATES.items()}
    assert statuses == {name: state.status for name, state in STATES.items()}


def test_html5lib_finds_no_error(press_centre: LocalPressCentre, subtests: pytest.Subtests) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            html5lib.HTMLParser(strict=True).parse(press_centre.html(state))


def test_a_page_has_one_title_and_the_landmarks_and_its_language(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            page = parsed(press_centre.html(state))
            assert page.get("lang") == "ru"
            (title,) = page.xpath("//h1")
            assert text_of(title)
            assert title.xpath("ancestor::main[@id='main']")
            assert len(page.xpath("//main")) == len(page.xpath("/html/body/header")) == 1
            assert len(page.xpath("/html/body/footer")) == 1
            navigation = page.xpath("//nav")
            labels = [each.get("aria-label") or each.get("aria-labelledby") for each in navigation]
            assert all(labels)
            assert len(set(labels)) == len(labels)
            levels = [int(each.tag[1]) for each in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
            assert levels[0] == 1
            (window_title,) = page.xpath("/html/head/title")
            assert text_of(window_title)


def test_every_page_has_the_search_form_with_a_label(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            page = parsed(press_centre.html(state))
            (search,) = page.xpath("/html/body/header//form[@role='search']")
            assert search.get("action") == "/search"
            assert search.get("method", "get").lower() == "get"
            (field,) = search.xpath(".//input[@name='q']")
            assert search.xpath(".//label[@for=$field]", field=field.get("id"))


def test_only_lasting_pages_are_to_be_indexed_and_state_their_address(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            page = parsed(press_centre.html(state))
            meta = {each.get("name"): each.get("content") for each in page.xpath("//meta[@name]")}
            robots = meta.get("robots", "")
            if name in INDEXED:
                canonical = page.xpath("/html/head/link[@rel='canonical']/@href")
                assert canonical == [press_centre.url(state)]
                assert "noindex" not in robots
                assert meta["description"]
            else:
                assert "noindex" in robots


def test_an_entry_is_a_news_article(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in ENTRIES.items():
        with subtests.test(name):
            url = press_centre.url(state)
            article = news_article(press_centre, state)
            page = parsed(press_centre.html(state))
            assert article["headline"] == text_of(page.xpath("//h1")[0])
            published, *rest = moments(page)
            assert with_offset(article["datePublished"]) == published
            assert with_offset(article["dateModified"]) == (rest[0] if rest else published)
            author = article["author"]
            assert (author[0] if isinstance(author, list) else author)["name"]
            assert article["publisher"]["@type"] in {"Organization", "NewsMediaOrganization"}
            assert article["publisher"]["name"] in {AUTHOR, TITLE}
            about = article["mainEntityOfPage"]
            assert (about if isinstance(about, str) else about["@id"]) == url
            assert article["inLanguage"] == ("en" if name == "entry, English" else "ru")
            # Without a picture the site's own could stand in; this site has none.
            shown = page.xpath("//main//article//img/@src")
            image = first_address(article.get("image", []))
            assert image == [full_size(urljoin(url, each)) for each in shown[:1]]


def test_an_entry_is_an_article_of_the_open_graph(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in ENTRIES.items():
        with subtests.test(name):
            graph = open_graph(press_centre, state)
            page = parsed(press_centre.html(state))
            assert graph["og:type"] == ["article"]
            assert graph["og:title"] == [text_of(page.xpath("//h1")[0])]
            assert graph["og:url"] == [press_centre.url(state)]
            assert graph["og:site_name"] == [TITLE]
            (locale,) = graph["og:locale"]
            assert locale.startswith("en_") if name == "entry, English" else locale == "ru_RU"
            assert graph["og:description"][0]
            published, *rest = moments(page)
            assert [with_offset(each) for each in graph["article:published_time"]] == [published]
            updated = [with_offset(each) for each in graph.get("article:modified_time", [])]
            assert updated in ([*rest[:1]], [published, *rest][-1:])
            labels = [text_of(each) for each in page.xpath(CATEGORIES)]
            assert graph.get("article:section", [])[:1] == labels[:1]
            tags = graph.get("article:tag", labels)
            assert {*graph.get("article:section", []), *tags} == set(labels)


def test_an_entry_shows_its_picture_in_the_open_graph(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in ENTRIES.items():
        with subtests.test(name):
            graph = open_graph(press_centre, state)
            page = parsed(press_centre.html(state))
            sources = page.xpath("//main//article[.//h1]//img/@src")
            url = press_centre.url(state)
            assert graph.get("og:image", [])[:1] == [urljoin(url, each) for each in sources[:1]]
            if sources:
                assert graph["og:image:width"][0].isdigit()
                assert graph["og:image:height"][0].isdigit()
                assert "og:image:alt" in graph


def test_any_other_page_is_a_website_of_the_open_graph(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name in sorted(INDEXED.keys() - ENTRIES.keys()):
        with subtests.test(name):
            graph = open_graph(press_centre, STATES[name])
            assert graph["og:type"] == ["website"]
            assert graph["og:title"][0]
            assert graph["og:url"] == [press_centre.url(STATES[name])]
            assert graph["og:locale"] == ["ru_RU"]
            assert graph["og:site_name"] == [TITLE]


def test_an_entry_is_an_h_entry(press_centre: LocalPressCentre, subtests: pytest.Subtests) -> None:
    for name, state in ENTRIES.items():
        with subtests.test(name):
            url = press_centre.url(state)
            page = parsed(press_centre.html(state))
            (entry,) = microformats(press_centre, state, "h-entry")
            properties = entry["properties"]
            assert properties["name"] == [text_of(page.xpath("//h1")[0])]
            assert properties["url"] == [url]
            published, updated = moments(page)[:1], moments(page)[1:]
            assert [with_offset(each) for each in properties["published"]] == published
            assert [with_offset(each) for each in properties.get("updated", [])] == updated
            (content,) = properties["content"]
            assert content["value"].strip()
            assert "<" in content["html"]
            assert properties["author"]
            photos = properties.get("photo", [])
            photos = [each if isinstance(each, str) else each["value"] for each in photos]
            sources = page.xpath("//main//article//figure//img/@src")
            assert photos[:1] == [urljoin(url, source) for source in sources[:1]]
            labels = [text_of(each) for each in page.xpath(CATEGORIES)]
            assert properties.get("category", []) == labels


def test_a_list_is_an_h_feed_of_h_entries(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name in (*LISTS, "search, found"):
        with subtests.test(name):
            (feed,) = microformats(press_centre, STATES[name], "h-feed")
            page = parsed(press_centre.html(STATES[name]))
            assert feed["properties"]["name"][0]
            entries = [each for each in feed["children"] if "h-entry" in each["type"]]
            assert len(entries) == len(page.xpath("//main//article"))
            assert entries
            for entry in entries:
                (url,) = entry["properties"]["url"]
                assert url.startswith(f"{SITE}/presscenter/news/detail/")
                assert entry["properties"]["name"][0]
                with_offset(entry["properties"]["published"][0])
            titles = [text_of(each) for each in page.xpath("//main//article/h2|//main//article/h3")]
            assert [entry["properties"]["name"][0] for entry in entries] == titles


def test_an_entry_in_another_language_states_it_wherever_it_is_shown(
    press_centre: LocalPressCentre,
) -> None:
    page = parsed(press_centre.html(STATES["entry, English"]))
    assert page.xpath("//main//article[.//h1]/@lang") == ["en"]
    month = parsed(press_centre.html(STATES["month between others"]))
    (title,) = month.xpath("//main//a[contains(., 'The district council')]")
    around = title.xpath("ancestor-or-self::*[@lang][1]/@lang")
    assert around[-1:] == ["en"]


def test_a_month_links_to_the_months_before_and_after(press_centre: LocalPressCentre) -> None:
    page = parsed(press_centre.html(STATES["month between others"]))
    ends = {each.get("rel"): each.get("href") for each in page.xpath("//main//a[@rel]")}
    assert ends["next"] == "/archive/2026/04/"
    assert ends["prev"] in {"/archive/2026/01/", "/archive/2026/02/"}


def test_every_link_has_a_text_and_every_picture_its_text_and_size(
    press_centre: LocalPressCentre, subtests: pytest.Subtests
) -> None:
    for name, state in STATES.items():
        with subtests.test(name):
            page = parsed(press_centre.html(state))
            for link in page.xpath("//a"):
                assert text_of(link) or link.get("aria-label"), lxml.html.tostring(link)
            for picture in page.xpath("//img"):
                assert picture.get("alt") is not None
                assert picture.get("width")
                assert picture.get("height")
