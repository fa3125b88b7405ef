"""What programs read in the pages, as parsers understand it that others wrote."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import extruct
import html5lib
import lxml.html
import mf2py
import pytest

from tests.support.attacks import parsed
from tests.support.press_centre import ENTRIES, LISTS, STATES, PressCentre

AUTHOR = "Управа района Чертаново Южное"
SITE = "Пресс-центр района Чертаново Южное"
# Search is for people, and errors are no pages to be found.
INDEXED = {name for name, state in STATES.items() if state.status == 200 and state.kind != "search"}
OG = "og:"


def structured(press_centre: PressCentre, name: str) -> dict[str, Any]:
    """Give what extruct reads of JSON-LD and OpenGraph."""
    state = STATES[name]
    found: dict[str, Any] = extruct.extract(
        press_centre.html(state),
        base_url=press_centre.url(state),
        syntaxes=["json-ld", "opengraph", "microdata"],
    )
    return found


def news_article(press_centre: PressCentre, name: str) -> dict[str, Any]:
    told = structured(press_centre, name)["json-ld"]
    parts = [part for one in told for part in one.get("@graph", [one])]
    (article,) = [part for part in parts if part["@type"] == "NewsArticle"]
    assert all(one["@context"].rstrip("/") == "https://schema.org" for one in told)
    return dict(article)


def graph(press_centre: PressCentre, name: str) -> dict[str, list[str]]:
    """Give the OpenGraph properties."""
    (told,) = structured(press_centre, name)["opengraph"]
    found: dict[str, list[str]] = {}
    for key, value in told["properties"]:
        found.setdefault(key, []).append(value)
    return found


def formatted(press_centre: PressCentre, name: str, kind: str) -> list[dict[str, Any]]:
    """Give the microformats of a kind that stand at the top."""
    state = STATES[name]
    told = mf2py.parse(doc=press_centre.html(state), url=press_centre.url(state))
    return [one for one in told["items"] if kind in one["type"]]


def meta(press_centre: PressCentre, name: str) -> dict[str, str]:
    page = parsed(press_centre.html(STATES[name]))
    return {each.get("name"): each.get("content") for each in page.xpath("//meta[@name]")}


def text_of(element: Any) -> str:
    return " ".join(element.text_content().split())


def itself(url: str) -> str:
    """Give the address of a picture itself, of which a page shows a small form."""
    return re.sub(r"/preview/\d+/", "/media/", url)


def moments(press_centre: PressCentre, name: str) -> list[datetime]:
    """Give the moments that the page shows: published, and perhaps updated."""
    times = parsed(press_centre.html(STATES[name])).xpath("//main//article[.//h1]//time/@datetime")
    return [datetime.fromisoformat(time) for time in times]


def with_offset(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    assert moment.utcoffset() is not None, text
    return moment


def test_every_state_is_what_the_table_says(press_centre: PressCentre) -> None:
    wrong = {
        name: answer.status
        for name, state in STATES.items()
        if (answer := press_centre.ask(state)).status != state.status
    }
    assert wrong == {}


@pytest.mark.parametrize("name", STATES)
def test_html5lib_finds_no_error(name: str, press_centre: PressCentre) -> None:
    html5lib.HTMLParser(strict=True).parse(press_centre.html(STATES[name]))


@pytest.mark.parametrize("name", STATES)
def test_a_page_has_one_title_and_the_landmarks_and_its_language(
    name: str, press_centre: PressCentre
) -> None:
    page = parsed(press_centre.html(STATES[name]))
    assert page.get("lang") == "ru"
    (title,) = page.xpath("//h1")
    assert text_of(title)
    assert title.xpath("ancestor::main[@id='main']")
    assert len(page.xpath("//main")) == len(page.xpath("/html/body/header")) == 1
    assert len(page.xpath("/html/body/footer")) == 1
    (search,) = page.xpath("/html/body/header//form[@role='search']")
    assert (search.get("action"), search.get("method", "get").lower()) == ("/search", "get")
    (field,) = search.xpath(".//input[@name='q']")
    assert search.xpath(".//label[@for=$field]", field=field.get("id"))
    navigation = page.xpath("//nav")
    labels = [each.get("aria-label") or each.get("aria-labelledby") for each in navigation]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    levels = [int(each.tag[1]) for each in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1
    (name_of_page,) = page.xpath("/html/head/title")
    assert text_of(name_of_page)


@pytest.mark.parametrize("name", STATES)
def test_only_what_stays_is_to_be_found_and_says_where_it_is(
    name: str, press_centre: PressCentre
) -> None:
    state = STATES[name]
    page = parsed(press_centre.html(state))
    canonical = page.xpath("/html/head/link[@rel='canonical']/@href")
    robots = meta(press_centre, name).get("robots", "")
    if name in INDEXED:
        assert canonical == [press_centre.url(state)]
        assert "noindex" not in robots
        assert meta(press_centre, name)["description"]
    else:
        assert "noindex" in robots


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_a_news_article(name: str, press_centre: PressCentre) -> None:
    state, url = ENTRIES[name], press_centre.url(ENTRIES[name])
    article = news_article(press_centre, name)
    page = parsed(press_centre.html(state))
    assert article["headline"] == text_of(page.xpath("//h1")[0])
    published, *rest = moments(press_centre, name)
    assert with_offset(article["datePublished"]) == published
    assert with_offset(article["dateModified"]) == (rest[0] if rest else published)
    author = article["author"]
    assert (author[0] if isinstance(author, list) else author)["name"]
    assert article["publisher"]["@type"] in {"Organization", "NewsMediaOrganization"}
    assert article["publisher"]["name"] in {AUTHOR, SITE}
    about = article["mainEntityOfPage"]
    assert (about if isinstance(about, str) else about["@id"]) == url
    assert article["inLanguage"] == ("en" if name == "entry, English" else "ru")
    shown = [itself(urljoin(url, each)) for each in page.xpath("//main//article//img/@src")]
    image = article.get("image", [])
    told = [
        each if isinstance(each, str) else each["url"]
        for each in (image if isinstance(image, list) else [image])
    ]
    # The site's own picture may stand in; these tests have none.
    assert told[:1] == shown[:1]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_an_article_of_the_open_graph(name: str, press_centre: PressCentre) -> None:
    state, url = ENTRIES[name], press_centre.url(ENTRIES[name])
    told = graph(press_centre, name)
    page = parsed(press_centre.html(state))
    assert told["og:type"] == ["article"]
    assert told["og:title"] == [text_of(page.xpath("//h1")[0])]
    assert told["og:url"] == [url]
    assert told["og:site_name"] == [SITE]
    (locale,) = told["og:locale"]
    assert locale.startswith("en_") if name == "entry, English" else locale == "ru_RU"
    assert told["og:description"][0]
    published, *rest = moments(press_centre, name)
    assert [with_offset(each) for each in told["article:published_time"]] == [published]
    changed = [with_offset(each) for each in told.get("article:modified_time", [])]
    assert changed in ([*rest[:1]], [published, *rest][-1:])
    labels = [
        text_of(each)
        for each in page.xpath("//main//a[@rel='tag' or contains(@class, 'p-category')]")
    ]
    assert told.get("article:section", [])[:1] == labels[:1]
    assert {*told.get("article:section", []), *told.get("article:tag", labels)} == set(labels)
    sources = page.xpath("//main//article[.//h1]//img/@src")
    assert told.get("og:image", [])[:1] == [urljoin(url, source) for source in sources[:1]]
    if sources:
        assert told["og:image:width"][0].isdigit()
        assert told["og:image:height"][0].isdigit()
        assert "og:image:alt" in told


@pytest.mark.parametrize("name", sorted(INDEXED - ENTRIES.keys()))
def test_any_other_page_is_of_the_web_site(name: str, press_centre: PressCentre) -> None:
    told = graph(press_centre, name)
    assert told["og:type"] == ["website"]
    assert told["og:title"][0]
    assert told["og:url"] == [press_centre.url(STATES[name])]
    assert told["og:locale"] == ["ru_RU"]
    assert told["og:site_name"] == [SITE]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_an_h_entry(name: str, press_centre: PressCentre) -> None:
    url = press_centre.url(ENTRIES[name])
    page = parsed(press_centre.html(ENTRIES[name]))
    (entry,) = formatted(press_centre, name, "h-entry")
    told = entry["properties"]
    assert told["name"] == [text_of(page.xpath("//h1")[0])]
    assert told["url"] == [url]
    assert [with_offset(each) for each in told["published"]] == moments(press_centre, name)[:1]
    assert [with_offset(each) for each in told.get("updated", [])] == moments(press_centre, name)[
        1:
    ]
    (content,) = told["content"]
    assert content["value"].strip()
    assert "<" in content["html"]
    assert told["author"]
    photos = [each if isinstance(each, str) else each["value"] for each in told.get("photo", [])]
    sources = page.xpath("//main//article//figure//img/@src")
    assert photos[:1] == [urljoin(url, source) for source in sources[:1]]
    labels = [
        text_of(each)
        for each in page.xpath("//main//a[@rel='tag' or contains(@class, 'p-category')]")
    ]
    assert told.get("category", []) == labels


@pytest.mark.parametrize("name", [*LISTS, "search, found"])
def test_a_list_is_an_h_feed_of_h_entries(name: str, press_centre: PressCentre) -> None:
    (feed,) = formatted(press_centre, name, "h-feed")
    page = parsed(press_centre.html(STATES[name]))
    assert feed["properties"]["name"][0]
    entries = [each for each in feed["children"] if "h-entry" in each["type"]]
    assert len(entries) == len(page.xpath("//main//article"))
    assert entries
    for entry in entries:
        (url,) = entry["properties"]["url"]
        assert re.match(r"http://127\.0\.0\.1:\d+/presscenter/news/detail/", url)
        assert entry["properties"]["name"][0]
        with_offset(entry["properties"]["published"][0])
    titles = [text_of(each) for each in page.xpath("//main//article//h3")]
    assert [entry["properties"]["name"][0] for entry in entries] == titles


def test_an_entry_says_its_language_where_it_is_shown(press_centre: PressCentre) -> None:
    page = parsed(press_centre.html(STATES["entry, English"]))
    assert page.xpath("//main//article[.//h1]/@lang") == ["en"]
    month = parsed(press_centre.html(STATES["month between others"]))
    (title,) = month.xpath("//main//a[contains(., 'The district council')]")
    around = title.xpath("ancestor-or-self::*[@lang][1]/@lang")
    assert around[-1:] == ["en"]


def test_a_month_leads_to_its_neighbours(press_centre: PressCentre) -> None:
    page = parsed(press_centre.html(STATES["month between others"]))
    ends = {each.get("rel"): each.get("href") for each in page.xpath("//main//a[@rel]")}
    assert ends["next"] == "/archive/2026/04/"
    assert ends["prev"] in {"/archive/2026/01/", "/archive/2026/02/"}


@pytest.mark.parametrize("name", STATES)
def test_every_link_has_words_and_every_picture_its_text_and_size(
    name: str, press_centre: PressCentre
) -> None:
    page = parsed(press_centre.html(STATES[name]))
    for link in page.xpath("//a"):
        assert text_of(link) or link.get("aria-label"), lxml.html.tostring(link)
    for picture in page.xpath("//img"):
        assert picture.get("alt") is not None
        assert picture.get("width")
        assert picture.get("height")
