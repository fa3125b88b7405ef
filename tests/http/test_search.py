"""The page of a search."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import html5lib
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.search import indexer
from feedsvc.settings import Settings
from tests.support.attacks import ATTACKS, attacked, dangers, parsed
from tests.support.http import SECURITY, get
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item
from tests.support.search_index import IndexedNewsroom
from tests.support.service import page

FORM_ONLY = "Найдутся новости, где есть все эти слова"


def texts(html: str, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in parsed(html).xpath(path)]


def assert_well_formed(html: str) -> None:
    html5lib.HTMLParser(strict=True).parse(html)


def test_the_page_highlights_what_was_found_and_is_hidden_from_search_engines(
    index: IndexedNewsroom, site: FlaskClient, real_item: bytes
) -> None:
    index.publish({"1204713.txt": real_item})
    response = get(site, "/search?q=импортозамещению")
    html = response.text
    highlighted = {each.lower() for each in texts(html, "//mark")}
    assert highlighted == {"импортозамещения", "импортозамещению", "импортозамещении"}
    assert parsed(html).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert parsed(html).xpath("//main//input[@name='q']/@value") == ["импортозамещению"]
    assert parsed(html).xpath("//article/h3/a/@href") == [page("1204713")]
    subscribe = f"/feeds/search/{quote('импортозамещению')}/atom.xml"
    assert subscribe in parsed(html).xpath("//main//a/@href")
    assert subscribe in parsed(html).xpath("//link[@rel='alternate']/@href")
    assert {name: value for name, value in response.headers if name != "ETag"} == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(response.data)),
        "Cache-Control": "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400",
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
        **SECURITY,
    }
    again = get(site, "/search?q=импортозамещению", If_None_Match=response.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    # A form may be sent here.
    assert "form-action 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=+", "?q=%22%22", "?q=!", "?category=sport"])
def test_without_words_there_is_the_form_and_a_hint(
    index: IndexedNewsroom, site: FlaskClient, query: str
) -> None:
    index.publish({"a.md": item(categories="Спорт")})
    html = get(site, f"/search{query}").text
    assert FORM_ONLY in html
    assert texts(html, "//article") == []
    assert texts(html, "//option") == ["любая", "Спорт"]


def test_pages_are_linked_and_the_number_of_results_is_shown(
    index: IndexedNewsroom, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.search.results.MAX_COUNT", 20)
    files = {f"{day:02}.md": item("Двор", f"2026-01-{day:02}") for day in range(1, 22)}
    index.publish({name: files[name] for name in sorted(files)[:20]})
    first = get(site, "/search?q=двор").text
    assert texts(first, "//main//section[.//article]/h2") == ["Найдено 20 новостей"]
    assert len(texts(first, "//article")) == 10
    assert parsed(first).xpath("//a[@rel='next']/@href") == [
        "/search?q=%D0%B4%D0%B2%D0%BE%D1%80&page=2"
    ]
    index.publish(files)
    first = get(site, "/search?q=двор").text
    assert texts(first, "//main//section[.//article]/h2") == [
        "Найдено больше 20 новостей, сначала лучшие"
    ]
    assert texts(first, "//main//nav//li") == ["Страница 1 из 2", "Дальше →"]
    # On the last of these pages it shows that there is another.
    third = get(site, "/search?q=двор&page=3").text
    assert texts(third, "//main//section[.//article]/h2") == ["Найдена 21 новость"]
    assert parsed(third).xpath("//article/h3/a/@href") == [page("01")]
    assert texts(third, "//main//nav//li") == ["← Назад", "Страница 3 из 3"]
    for junk in ("4", "99", "0", "-1", "x", "1e3", "٣", ""):
        shown = texts(get(site, f"/search?q=двор&page={junk}").text, "//article")
        assert len(shown) == (1 if junk in ("4", "99") else 10), junk


def test_what_cannot_be_used_is_noted_and_ignored(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор")})
    words = "+".join(["двор", *map(str, range(20))])
    html = get(site, f"/search?q={words}&from=10&to=30.02.2026&category=none<").text
    assert texts(html, "//p[@class='note']") == [
        "Запрос слишком длинный; поиск выполнен только по его первой части.",
        "Рубрики «none<» нет.",
        "«10» — не дата. Напишите, например, 13.08.2014 или 2014-08-13.",
        "«30.02.2026» — не дата. Напишите, например, 13.08.2014 или 2014-08-13.",
    ]
    html = get(site, "/search?q=двор&from=10&to=x&category=y").text
    assert texts(html, "//article/h3") == ["Двор"]


def test_the_form_is_filled_in_with_what_was_sent(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор", categories="Спорт")})
    url = "/search?q=двор&q=парк&category=sport&from=01.01.2026&to=2026-01-31"
    root = parsed(get(site, url).text)
    assert root.xpath("//main//input/@value") == ["двор", "2026-01-01", "2026-01-31"]
    assert root.xpath("//option[@selected]/@value") == ["sport"]
    assert root.xpath("//article/h3/a/@href") == [page("a")]


def test_nothing_in_an_entry_or_a_query_runs_in_the_page(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    files = {f"{number}.md": attacked(attack) for number, attack in enumerate(ATTACKS)}
    index.publish(files)
    for attack in ATTACKS:
        for words in ("alert", "alert script evil import", "text", attack):
            html = get(site, f"/search?q={quote(words)}&category={quote(attack)}").text
            assert texts(html, "//article") or words.startswith("alert script"), (words, attack)
            assert [danger for danger in dangers(html) if danger != "form"] == [], (words, attack)


ANY_FIELD = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="\0\ud800двор\"«»*^:()-+ \n\u0301'%&#;<", max_size=60),
    st.sampled_from(["x" * 100_000, "двор " * 1000, '"' * 3000, "AND OR NOT NEAR(", "2026-01-01"]),
)


@pytest.fixture(scope="module")
def lasting_site() -> Iterator[FlaskClient]:
    """Return a client of a site with an entry, for any number of requests."""
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder), base_url=SITE))
        index = IndexedNewsroom(newsroom)
        index.publish({"a.md": item("Двор", body="двор " * 100, categories="Двор")})
        yield build_app(newsroom.settings).test_client()
        index.indexer.close()
        newsroom.writer.close()


@given(
    st.lists(
        st.tuples(st.sampled_from(["q", "category", "from", "to", "page", "other"]), ANY_FIELD),
        max_size=6,
    )
)
@hypothesis_settings(max_examples=50)
def test_any_fields_are_answered_with_a_page(
    lasting_site: FlaskClient, fields: list[tuple[str, str]]
) -> None:
    query = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields)
    response = lasting_site.get(f"/search?{query}")
    assert response.status_code == 200
    assert_well_formed(response.text)


@given(st.binary(max_size=200))
@hypothesis_settings(max_examples=50)
def test_any_bytes_are_answered_with_a_page(lasting_site: FlaskClient, query: bytes) -> None:
    environ = {"QUERY_STRING": f"q={query.decode('latin-1')}"}
    response = lasting_site.get("/search", environ_overrides=environ)
    assert response.status_code == 200
    assert_well_formed(response.text)


def test_results_of_an_index_that_is_behind_are_cached_for_a_second(
    index: IndexedNewsroom, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.publish({"a.md": item("Двор")})
    index.newsroom.apply({"b.md": item("Двор")})
    behind = get(site, "/search?q=двор")
    assert behind.headers["Cache-Control"].startswith("public, max-age=1,")
    assert len(texts(behind.text, "//article")) == 1
    feed = get(site, f"/feeds/search/{quote('двор')}/atom.xml")
    assert feed.headers["Cache-Control"].startswith("public, max-age=1,")
    index.catch_up()
    monkeypatch.setattr(clock, "now", lambda: NOW + SECOND)
    caught_up = get(site, "/search?q=двор")
    assert "max-age=300" in caught_up.headers["Cache-Control"]
    assert len(texts(caught_up.text, "//article")) == 2


def test_while_the_first_index_is_made_the_page_says_so(
    index: IndexedNewsroom, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "WRITE_SIZE", 4)
    index.newsroom.publish({f"{number}.md": item("Двор") for number in range(6)})
    for _ in range(2):
        index.advance()
    early = get(site, "/search?q=двор").text
    assert "Поиск ещё готовится" in early
    assert len(texts(early, "//article")) == 4
    index.catch_up()
    monkeypatch.setattr(clock, "now", lambda: NOW + 2 * SECOND)
    late = get(site, "/search?q=двор").text
    assert "Поиск ещё готовится" not in late
    assert len(texts(late, "//article")) == 6


def test_without_an_index_only_searching_is_impossible(
    newsroom: Newsroom, site: FlaskClient
) -> None:
    newsroom.publish({"a.md": item("Двор")})
    for url in ("/search?q=двор", f"/feeds/search/{quote('двор')}/rss.xml"):
        response = get(site, url)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert "Сейчас искать нельзя" in response.text
        assert_well_formed(response.text)
    assert FORM_ONLY in get(site, "/search").text
    assert get(site, "/").status_code == 200
