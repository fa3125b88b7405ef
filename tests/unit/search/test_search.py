"""The search: what is found, what never is, and an index that may come to any harm."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import html5lib
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.errors import SearchUnavailable
from feedsvc.search import index as search
from feedsvc.search import indexer
from feedsvc.search.index import DAMAGED, FILE, Search
from feedsvc.search.indexer import Indexer
from feedsvc.search.query import parse
from feedsvc.search.results import MEANWHILE, SearchForm, look
from feedsvc.search.stemming import _stem, stems
from feedsvc.settings import Settings
from feedsvc.text import plain
from feedsvc.web import freshness
from tests.support.attacks import ATTACKS, attacked, dangers, parsed
from tests.support.http import SECURITY, get
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item
from tests.support.service import SERVERS, Service, soon

DAY = 86400 * SECOND
FORM_ONLY = "Найдутся новости, где есть все эти слова"


class Index:
    """A newsroom whose catalogue is followed, step by step, and searched."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.follower = Indexer(newsroom.settings.instance, "en")
        self.search = Search(newsroom.settings.instance)

    def catch_up(self) -> None:
        for _ in count():
            if not self.follower._FOLLOW(self.newsroom.writer.snapshot()):
                return

    def publish(self, files: dict[str, bytes], gone: tuple[str, ...] = ()) -> None:
        self.newsroom.apply(files, gone)
        self.newsroom.writer.finish_first_index()
        self.catch_up()

    def found(self, words: str, now: int = NOW, **fields: str) -> list[str]:
        """Give the ids of the first page."""
        asked = SearchForm(words, **fields)
        results = look(asked, self.newsroom.edition(now), self.search, self.newsroom.settings)
        return [result.entry.id for result in results.items]

    def path(self) -> Path:
        return self.newsroom.settings.instance / FILE

    def state(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.path())) as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("SELECT * FROM state").fetchone())


@pytest.fixture
def index(newsroom: Newsroom) -> Iterator[Index]:
    made = Index(newsroom)
    yield made
    made.follower.close()


@pytest.fixture
def site(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Give a client of a site whose clock stands still."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    return build_app(newsroom.settings).test_client()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what failed tried again, and the files looked at, at every turn."""
    monkeypatch.setattr(indexer, "PAUSE", 0)
    monkeypatch.setattr(indexer, "PATIENCE", 0)
    monkeypatch.setattr(indexer, "LOOK_EVERY", -1)


def texts(html: str, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in parsed(html).xpath(path)]


# What is found


def test_a_word_is_found_in_whatever_form(index: Index, real_item: bytes) -> None:
    index.publish({"1204713.txt": real_item})
    for words in ("импортозамещению", "ИМПОРТОЗАМЕЩЕНИЯ", "наукоемкие предприятия", "it"):
        assert index.found(words) == ["1204713"], words
    assert index.found("импортозамещению Бирюлёво") == []


@pytest.mark.parametrize(
    ("keys", "word"),
    [({"title": "Двор"}, "двор"), ({"body": "Двор."}, "двор"), ({"summary": "Двор."}, "двор")],
)
def test_a_word_is_found_in_title_summary_and_text(
    index: Index, keys: dict[str, str], word: str
) -> None:
    index.publish({"a.md": item(**keys), "b.md": item("Другое")})
    assert index.found(word) == ["a"]


def test_what_is_in_title_comes_before_summary_before_text_and_the_newest_first(
    index: Index,
) -> None:
    long = "Слово за словом. " * 40
    index.publish(
        {
            "text-old.md": item("1", "2026-01-01", f"{long} Двор."),
            "text-new.md": item("2", "2026-01-09", f"{long} Двор."),
            "first-old.md": item("3", "2026-01-02", f"Двор. {long}"),
            "first-new.md": item("4", "2026-01-08", f"Двор. {long}"),
            "title-old.md": item("Двор", "2026-01-03", long),
            "title-new.md": item("Двор", "2026-01-07", long),
            "title-new-2.md": item("Двор", "2026-01-07", long),
        }
    )
    assert index.found("двор") == [
        *("title-new-2", "title-new", "title-old"),
        *("first-new", "first-old", "text-new", "text-old"),
    ]


def test_a_phrase_is_found_only_as_it_stands(index: Index) -> None:
    index.publish(
        {
            "a.md": item("Южное Чертаново", body="Двор."),
            "b.md": item("Чертаново", body="Южное солнце. Чертаново."),
            # Not from the end of one to the beginning of another.
            "c.md": item("Новое Южное", body="Чертаново растёт."),
        }
    )
    assert index.found("«южного чертаново»") == ["a"]
    assert sorted(index.found("южное чертаново")) == ["a", "b", "c"]
    assert index.found("«южное чертаново» двор") == ["a"]
    assert index.found("«чертаново двор»") == []


def test_a_category_and_a_span_of_days_narrow_the_search(index: Index) -> None:
    index.publish(
        {
            "a.md": item("Двор", "2026-01-01", categories="Спорт"),
            "b.md": item("Двор", "2026-01-02 00:00", categories="Город"),
            "c.md": item("Двор", "2026-01-02 23:59:59", categories="Спорт"),
            "d.md": item("Двор", "2026-01-03"),
        }
    )
    assert index.found("двор", category="sport") == ["c", "a"]
    assert index.found("двор", since="2026-01-02") == ["d", "c", "b"]
    assert index.found("двор", until="02.01.2026") == ["c", "b", "a"]
    assert index.found("двор", since="2 января 2026", until="2026-01-02") == ["c", "b"]
    assert index.found("двор", since="2026-01-03", until="2026-01-01") == []
    assert index.found("двор", category="sport", since="2026-01-02") == ["c"]
    assert index.found("спорт") == []


def test_what_was_published_in_one_second_is_found_all_and_in_order(index: Index) -> None:
    days = ("1899-12-31", "2026-01-01", "2026-01-01 00:00:01", "2026-01-01 00:00:02")
    numbers = range(15)
    files = {
        f"{number:02}.md": item("Двор", max(days[number % 4], "1900-01-01")) for number in numbers
    }
    for name, data in files.items():
        index.publish({name: data})
    ranked = sorted(numbers, key=lambda number: (number % 4, number), reverse=True)
    assert index.found("двор") == [f"{number:02}" for number in ranked[:10]]
    assert index.state()["spread"] > 0
    assert index.found("двор", until="1900-01-02") == ["12", "08", "04", "00"]


def test_what_had_to_take_a_later_number_is_found_at_its_own_second(index: Index) -> None:
    for name in "abc":
        index.publish({f"{name}.md": item("Двор", "2026-07-01T12:00:00Z")})
    assert index.found("двор", NOW) == ["c", "b", "a"]
    assert index.found("двор", NOW - 1) == []


def test_there_are_pages_of_ten_and_all_are_counted_up_to_a_thousand(
    index: Index, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.search.results.MOST", 20)
    monkeypatch.setattr("feedsvc.search.index.MOST", 20)
    files = {f"{day:02}.md": item("Двор", f"2026-01-{day:02}") for day in range(1, 22)}
    index.publish({name: files[name] for name in sorted(files)[:20]})
    first = get(site, "/search?q=двор").text
    assert texts(first, "//main//h2") == ["Найдено 20 новостей"]
    assert len(texts(first, "//article")) == 10
    assert parsed(first).xpath("//a[@rel='next']/@href") == [
        "/search?q=%D0%B4%D0%B2%D0%BE%D1%80&page=2"
    ]
    index.publish(files)
    third = get(site, "/search?q=двор&page=3").text
    assert texts(third, "//main//h2") == ["Найдено больше 20 новостей, сначала лучшие"]
    assert parsed(third).xpath("//article/h3/a/@href") == [newspaper("01")]
    assert texts(third, "//main//nav//li") == ["← Назад", "Страница 3 из 3"]
    for junk in ("4", "99", "0", "-1", "x", "1e3", "٣", ""):
        assert len(texts(get(site, f"/search?q=двор&page={junk}").text, "//article")) in (1, 10)


def newspaper(entry_id: str) -> str:
    return f"/presscenter/news/detail/{entry_id}.html"


# What is not found


def test_only_what_is_public_and_as_it_is_now_is_found(index: Index) -> None:
    index.publish({"a.md": item("Двор"), "b.md": item("Двор", "2026-01-02")})
    assert index.found("двор") == ["b", "a"]
    index.publish({"a.md": item("Парк")})
    assert (index.found("двор"), index.found("парк")) == (["b"], ["a"])
    index.publish({"b.md": item("Двор", status="withdrawn")})
    assert index.found("двор") == []
    index.publish({"b.md": item("Двор", status="draft"), "c.md": item("Двор", status="draft")})
    assert index.found("двор") == []
    index.publish({"b.md": item("Двор")})
    assert index.found("двор") == ["b"]
    index.publish({}, gone=("b.md",))
    assert index.found("двор") == []
    index.publish({"d.md": item("Парк", id="a")}, gone=("a.md",))
    assert index.found("парк") == ["a"]
    index.publish({"d.md": item("Парк", id="e")})
    assert index.found("парк") == ["e"]


def test_nothing_is_found_before_its_time(index: Index) -> None:
    index.publish({"a.md": item("Двор", "2026-07-01T12:00:01Z")})
    assert [index.found("двор", NOW + late) for late in (0, SECOND - 1, SECOND)] == [[], [], ["a"]]


def test_an_index_that_is_behind_finds_nothing_that_is_not_so_any_more(index: Index) -> None:
    index.publish({"a.md": item("Двор"), "b.md": item("Двор"), "c.md": item("Двор")})
    index.newsroom.apply(
        {"a.md": item("Парк"), "b.md": item("Двор", status="withdrawn"), "d.md": item("Двор")},
        gone=["c.md"],
    )
    assert (index.found("двор"), index.found("парк")) == ([], [])
    index.catch_up()
    assert (index.found("двор"), index.found("парк")) == (["d"], ["a"])


moves = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(["published", "published", "draft", "withdrawn", "broken", "gone", "follow"]),
    st.sampled_from(["двор", "двор парк", "парк", "школа двора"]),
    st.sampled_from(["2026-01-01", "2026-01-02", "2026-07-02", "2026-07-01T15:00:00+03:00"]),
)


@given(st.lists(moves, max_size=14), st.booleans())
@hypothesis_settings(deadline=None, max_examples=60)
def test_whatever_happened_what_is_found_is_what_a_look_at_all_that_is_public_finds(
    history: list[tuple[str, str, str, str]],
    is_behind: bool,  # noqa: FBT001
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder)))
        index = Index(newsroom)
        index.publish({})
        try:
            for name, status, words, date in history:
                play(index, name, status, words, date)
            if not is_behind:
                index.catch_up()
            for now in (NOW - DAY, NOW, NOW + 2 * DAY):
                for words in ("двор", "парками", "школе дворов", '"школа двор"'):
                    found, public = index.found(words, now), modelled(newsroom, words, now)
                    assert (set(found) <= set(public)) if is_behind else (found == public)
        finally:
            index.follower.close()
            newsroom.writer.close()


def play(index: Index, name: str, status: str, words: str, date: str) -> None:
    if status == "follow":
        index.follower._FOLLOW(index.newsroom.writer.snapshot())
    elif status == "gone":
        index.newsroom.apply({}, gone=[f"{name}.md"])
    elif status == "broken":
        index.newsroom.apply({f"{name}.md": b"broken"})
    else:
        index.newsroom.apply({f"{name}.md": item("Заголовок", date, words, status=status)})


def modelled(newsroom: Newsroom, words: str, now: int) -> list[str]:
    """Find what is found by looking at every public entry."""
    parts = parse(words).parts
    found = []
    for entry in newsroom.edition(now).newest(100):
        text = f" {' '.join(stems(plain(entry.html)))} "
        if all(f" {' '.join(part)} " in text for part in parts):
            found.append(entry.id)
    return found


# The page


def test_the_page_marks_what_was_found_and_is_for_nobody_s_index(
    index: Index, site: FlaskClient, real_item: bytes
) -> None:
    index.publish({"1204713.txt": real_item})
    response = get(site, "/search?q=импортозамещению")
    html = response.text
    marks = {mark.lower() for mark in texts(html, "//mark")}
    assert marks == {"импортозамещения", "импортозамещению", "импортозамещении"}
    assert parsed(html).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert parsed(html).xpath("//main//input[@name='q']/@value") == ["импортозамещению"]
    assert parsed(html).xpath("//article/h3/a/@href") == [newspaper("1204713")]
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
    index: Index, site: FlaskClient, query: str
) -> None:
    index.publish({"a.md": item(categories="Спорт")})
    html = get(site, f"/search{query}").text
    assert FORM_ONLY in html
    assert texts(html, "//article") == []
    assert texts(html, "//option") == ["любая", "Спорт"]


def test_what_cannot_be_made_use_of_is_said_and_passed_over(
    index: Index, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор")})
    words = "+".join(["двор", *map(str, range(20))])
    html = get(site, f"/search?q={words}&from=10&to=30.02.2026&category=none<").text
    notes = texts(html, "//p[@class='note']")
    assert len(notes) == 4
    assert [each for each in ("«10»", "«30.02.2026»", "«none<»") if each in " ".join(notes)] == [
        *("«10»", "«30.02.2026»", "«none<»"),
    ]
    assert texts(get(site, "/search?q=двор&from=10&to=x&category=y").text, "//article/h3") == [
        "Двор"
    ]


def test_the_form_is_filled_in_with_what_was_asked(index: Index, site: FlaskClient) -> None:
    index.publish({"a.md": item("Двор", categories="Спорт")})
    url = "/search?q=двор&q=парк&category=sport&from=01.01.2026&to=2026-01-31"
    root = parsed(get(site, url).text)
    assert root.xpath("//main//input/@value") == ["двор", "2026-01-01", "2026-01-31"]
    assert root.xpath("//option[@selected]/@value") == ["sport"]
    assert root.xpath("//article/h3/a/@href") == [newspaper("a")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_entry_or_a_query_runs_in_the_page(
    index: Index, site: FlaskClient, attack: str
) -> None:
    index.publish({"a.md": attacked(attack)})
    for words in ("alert script evil import", "text", attack):
        html = get(site, f"/search?q={quote(words)}&category={quote(attack)}").text
        assert [danger for danger in dangers(html) if danger != "form"] == []


any_field = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="\0\ud800двор\"«»*:^()-+ \n\u0301'%&#;<", max_size=60),
    st.sampled_from(
        ["x" * 100_000, "двор " * 20_000, '"' * 3000, "AND OR NOT NEAR(", "2026-01-01"]
    ),
)


@pytest.fixture(scope="module")
def lasting() -> Iterator[FlaskClient]:
    """Give a client of a site with an item, for as many questions as one likes."""
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Settings(instance=Path(folder), base_url=SITE))
        index = Index(newsroom)
        index.publish({"a.md": item("Двор", body="двор " * 100, categories="Двор")})
        yield build_app(newsroom.settings).test_client()
        index.follower.close()
        newsroom.writer.close()


@given(
    st.lists(
        st.tuples(st.sampled_from(["q", "category", "from", "to", "page", "other"]), any_field),
        max_size=6,
    )
)
@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_question_is_answered_with_a_page(
    lasting: FlaskClient, fields: list[tuple[str, str]]
) -> None:
    query = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields)
    response = lasting.get(f"/search?{query}")
    assert response.status_code == 200
    well_formed(response.text)


@given(st.binary(max_size=200))
@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_answered_with_a_page(lasting: FlaskClient, query: bytes) -> None:
    said = f"q={query.decode('latin-1')}"
    response = lasting.get("/search", environ_overrides={"QUERY_STRING": said})
    assert response.status_code == 200
    well_formed(response.text)


def well_formed(html: str) -> None:
    html5lib.HTMLParser(strict=True).parse(html)


# An index that is behind, or is not there


def test_what_an_index_that_is_behind_said_is_repeated_for_a_second_at_most(
    index: Index, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
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


def test_a_period_that_ends_sooner_is_not_made_longer(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("Двор", "2026-07-01T12:00:01Z")})
    edition = newsroom.edition(NOW + SECOND // 2)
    edition.limit_validity(MEANWHILE)
    assert edition.period.until == NOW + SECOND


def test_while_the_first_index_is_made_the_page_says_so(
    index: Index, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "TOGETHER", 4)
    index.newsroom.publish({f"{number}.md": item("Двор") for number in range(6)})
    for _ in range(2):
        index.follower._FOLLOW(index.newsroom.writer.snapshot())
    early = get(site, "/search?q=двор").text
    assert "Поиск ещё готовится" in early
    assert len(texts(early, "//article")) == 4
    index.catch_up()
    monkeypatch.setattr(clock, "now", lambda: NOW + 2 * SECOND)
    late = get(site, "/search?q=двор").text
    assert "Поиск ещё готовится" not in late
    assert len(texts(late, "//article")) == 6


def test_without_an_index_only_the_search_is_not_possible(
    newsroom: Newsroom, site: FlaskClient
) -> None:
    newsroom.publish({"a.md": item("Двор")})
    for url in ("/search?q=двор", f"/feeds/search/{quote('двор')}/rss.xml"):
        response = get(site, url)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert "Сейчас искать нельзя" in response.text
        well_formed(response.text)
    assert FORM_ONLY in get(site, "/search").text
    assert get(site, "/").status_code == 200


def test_following_goes_on_where_it_was(index: Index) -> None:
    index.publish({"a.md": item("Двор")})
    index.follower.close()
    number = os.stat(index.path()).st_ino
    index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
    index.follower = Indexer(index.newsroom.settings.instance, "en")
    with patch.object(indexer, "said", wraps=search.said) as read:
        index.catch_up()
    assert read.call_count == 1
    assert index.found("двор") == ["b", "a"]
    assert os.stat(index.path()).st_ino == number


@pytest.mark.usefixtures("impatient")
def test_another_catalogue_gets_another_index(settings: Settings) -> None:
    for title in ("Двор", "Парк"):
        newsroom = Newsroom(settings)
        index = Index(newsroom)
        index.publish({"a.md": item(title)})
        assert (index.found("двор"), index.found("парк")) == (
            (["a"], []) if title == "Двор" else ([], ["a"])
        )
        index.follower.close()
        newsroom.writer.close()
        for path in settings.instance.glob("catalogue.*"):
            path.unlink()


def test_the_index_of_another_catalogue_is_not_taken_for_whole(index: Index) -> None:
    index.publish({"a.md": item("Двор")})
    query = parse("двор")
    edition = index.newsroom.edition()
    assert not index.search.find(query, edition, 10).is_behind
    edition.identity = "another"
    found = index.search.find(query, edition, 10)
    assert (found.is_behind, found.is_first) == (True, True)


def deleted(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def garbage(path: Path) -> None:
    checkpoint(path)
    path.write_bytes(os.urandom(100_000))


def garbage_inside(path: Path) -> None:
    checkpoint(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def cut(path: Path) -> None:
    checkpoint(path)
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    checkpoint(path)
    os.truncate(path, 0)


def another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def replaced(path: Path) -> None:
    deleted(path)
    path.write_bytes(b"not a database")


def without_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE words_data")
        connection.commit()


def checkpoint(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize(
    "harm",
    [deleted, garbage, garbage_inside, cut, emptied, another_version, replaced, without_words],
)
def test_an_index_that_came_to_harm_is_made_anew(
    index: Index,
    site: FlaskClient,
    harm: object,
    is_open: bool,  # noqa: FBT001
) -> None:
    assert callable(harm)
    index.publish(
        {f"{number}.md": item("Двор", body=f"слово{number} " * 99) for number in range(9)}
    )
    if not is_open:
        index.follower.close()
    harm(index.path())
    for number in range(5):
        # Whatever it says, it is no error, and the site is as it was.
        assert get(site, f"/search?q=двор+слово{number}").status_code in (200, 503)
        assert get(site, "/feeds/atom.xml").status_code == 200
        index.catch_up()
    index.newsroom.apply({"new.md": item("Двор новый")})
    for _ in range(3):
        index.catch_up()
    assert index.found("новый двор") == ["new"]
    assert sorted(index.found("двор")) == sorted(["new", *map(str, range(9))])
    assert not index.path().with_name(DAMAGED).exists()


@pytest.mark.usefixtures("impatient")
def test_damage_that_only_a_search_meets_is_made_good(index: Index, site: FlaskClient) -> None:
    index.publish({"a.md": item("Двор")})
    error = sqlite3.DatabaseError("damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    with patch.object(search, "_found", side_effect=error):
        assert get(site, "/search?q=двор").status_code == 503
    assert index.path().with_name(DAMAGED).exists()
    number = os.stat(index.path()).st_ino
    index.catch_up()
    assert os.stat(index.path()).st_ino != number
    assert not index.path().with_name(DAMAGED).exists()
    assert get(site, "/search?q=двор").status_code == 200


def test_what_only_fails_once_is_no_damage(index: Index, site: FlaskClient) -> None:
    index.publish({"a.md": item("Двор")})
    error = sqlite3.OperationalError("disk")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    with patch.object(search, "_found", side_effect=error):
        assert get(site, "/search?q=двор").status_code == 503
    assert not index.path().with_name(DAMAGED).exists()
    assert get(site, "/search?q=двор").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_somebody_who_holds_the_index_delays_nothing(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    index.publish({"a.md": item("Двор")})
    with closing(sqlite3.connect(index.path(), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
        start = time.monotonic()
        for _ in range(3):
            index.catch_up()
        assert time.monotonic() - start < 3
        assert index.found("двор") == ["a"]
        other.execute("ROLLBACK")
    assert len(caplog.messages) == 1
    index.catch_up()
    assert index.found("двор") == ["b", "a"]


@pytest.mark.usefixtures("impatient")
def test_a_full_disk_stops_the_index_and_nothing_else(
    index: Index, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.publish({"a.md": item("Двор")})
    monkeypatch.setattr(indexer, "RESERVE", 2**62)
    index.newsroom.apply({"b.md": item("Двор", "2026-01-02")})
    index.catch_up()
    assert index.found("двор") == ["a"]
    assert "b.html" in get(site, "/").text
    monkeypatch.setattr(indexer, "RESERVE", 0)
    index.catch_up()
    assert index.found("двор") == ["b", "a"]


def test_what_failed_is_tried_again_later_and_said_once(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    index.path().mkdir(parents=True)
    for _ in range(3):
        index.publish({"a.md": item("Двор")})
    assert len(caplog.messages) == 1
    with pytest.raises(SearchUnavailable):
        index.found("двор")
    index.path().rmdir()
    with patch.object(time, "monotonic", return_value=time.monotonic() + 2 * indexer.PAUSE):
        index.catch_up()
    assert index.found("двор") == ["a"]


@pytest.mark.usefixtures("impatient")
def test_an_index_with_too_much_litter_is_made_anew(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "LITTER", 5)
    for number in range(7):
        index.publish({"a.md": item("Двор", body=f"Слово{number}.")})
    assert index.state()["litter"] == 0
    assert index.found("слово6 двор") == ["a"]
    assert index.found("слово1") == []


def test_a_forked_process_opens_the_index_for_itself(index: Index) -> None:
    index.publish({"a.md": item("Двор")})
    assert index.found("двор") == ["a"]
    before = index.search._connection  # noqa: SLF001
    with patch.object(os, "getpid", return_value=os.getpid() + 1):
        assert index.found("двор") == ["a"]
    assert before in index.search._inherited  # noqa: SLF001


def test_stems_are_remembered_until_there_was_no_news_for_a_while(index: Index) -> None:
    index.publish({"a.md": item("Двор")})
    remembered = _stem.cache_info
    index.catch_up()
    assert remembered().currsize > 0
    with patch.object(indexer, "IDLE", -1):
        index.catch_up()
    assert remembered().currsize == 0


def test_an_empty_catalogue_is_caught_up_with(index: Index) -> None:
    index.publish({})
    assert index.found("двор") == []
    assert index.state()["caught_up"] == 1


def test_the_marks_of_titles_and_categories_are_no_words(index: Index) -> None:
    index.publish(
        {"a.md": item("Двор", categories="Спорт"), "b.md": item("1", body="=двор #sport")}
    )
    for words in ("#sport", "=двор", "+двор"):
        assert index.found(words) == (["b"] if words == "#sport" else ["a", "b"])


# Feeds


FEED = f"/feeds/search/{quote('двор')}/atom.xml"


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_a_search_is_a_feed_of_the_newest_that_it_finds(
    index: Index, site: FlaskClient, name: str
) -> None:
    index.publish(
        {
            "a.md": item("Двор первый", "2026-01-01"),
            "b.md": item("Второй", "2026-01-02", "Во дворе."),
            "c.md": item("Парк", "2026-01-03"),
            "d.md": item("Двор", "2026-01-04", status="withdrawn"),
        }
    )
    response = get(site, f"/feeds/search/{quote('двор')}/{name}")
    assert (response.status_code, response.headers["X-Robots-Tag"]) == (200, "noindex")
    assert "Last-Modified" not in response.headers
    text = response.text
    assert "новости по запросу «двор»" in text
    assert text.index("Второй") < text.index("Двор первый")
    assert "Парк" not in text
    assert f"{newspaper('d')}" not in text
    assert "deleted-entry" not in text
    assert f"{SITE}/feeds/search/{quote('двор')}/{name}" in text


def test_a_feed_of_nothing_is_a_feed_and_was_never_updated(index: Index, site: FlaskClient) -> None:
    index.publish({"a.md": item("Парк")})
    root = etree.fromstring(get(site, FEED).data)
    assert root.findall("{*}entry") == []
    assert root.findtext("{*}updated") == "1970-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Двор", "двор"),
        ("двор  парк", "двор парк"),
        ("«Южное Чертаново» Двор", '"южное чертаново" двор'),
        ("двор/парк", "двор парк"),
        ("двор двора", "двор"),
        ("%", None),
        (" ", None),
        ("\udcff", None),
        ("«»", None),
    ],
)
@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_a_feed_has_one_address(
    index: Index, site: FlaskClient, words: str, right: str | None, name: str
) -> None:
    index.publish({"a.md": item("Двор")})
    path = quote(words, safe="", errors="surrogateescape").replace("%2F", "/")
    response = get(site, f"/feeds/search/{path}/{name}")
    if right is None:
        assert response.status_code == 404
        return
    assert response.status_code == 301
    location = response.headers["Location"]
    assert location == f"/feeds/search/{quote(right, safe='')}/{name}"
    assert get(site, location).status_code == 200


@pytest.mark.parametrize(
    "url", ["/feeds/search/x/yandex.xml", "/feeds/search/x/", "/feeds/search/x", "/search/"]
)
def test_there_are_no_other_feeds_of_searches(site: FlaskClient, index: Index, url: str) -> None:
    index.publish({})
    assert get(site, url).status_code == 404


def test_whoever_asks_for_news_of_a_search_gets_only_that(index: Index, site: FlaskClient) -> None:
    index.publish({"a.md": item("Двор", body="Старое." * 50)})
    whole = get(site, FEED)
    index.publish({"b.md": item("Двор", body="Новое." * 50)})
    part = get(site, FEED, A_IM="feed", If_None_Match=whole.headers["ETag"])
    assert (part.status_code, part.headers["IM"]) == (226, "feed")
    assert part.headers["X-Robots-Tag"] == "noindex"
    assert ("Новое" in part.text, "Старое" in part.text) == (True, False)
    assert "Last-Modified" not in part.headers


def test_a_feed_holds_no_more_than_others_do(newsroom: Newsroom) -> None:
    newsroom.settings = replace(newsroom.settings, feed_size=2)
    index = Index(newsroom)
    index.publish({f"{day}.md": item("Двор", f"2026-01-0{day}") for day in range(1, 5)})
    root = etree.fromstring(get(build_app(newsroom.settings).test_client(), FEED).data)
    assert len(root.findall("{*}entry")) == 2
    index.follower.close()


# The whole service


def test_a_file_that_is_dropped_in_is_found_within_seconds(tmp_path: Path) -> None:
    service = Service(SERVERS["granian"], tmp_path)
    try:
        soon(lambda: service.get("/")[0] == 200)
        url = f"/search?q={quote('импортозамещению')}"
        soon(lambda: service.get(url)[0] == 200)
        (service.entries / "a.md").write_bytes(item("Штаб", body="Для импортозамещения."))
        took = soon(lambda: "<mark>импортозамещения</mark>" in service.get(url)[1])
        assert took < 30
        deleted(service.instance / FILE)
        soon((service.instance / FILE).exists)
        soon(lambda: "<mark>импортозамещения</mark>" in service.get(url)[1])
        (service.entries / "a.md").write_bytes(
            item("Штаб", body="Для импортозамещения.", status="draft")
        )
        soon(lambda: "<mark>" not in service.get(url)[1])
    finally:
        service.stop()
    assert "Traceback" not in (tmp_path / "log").read_text()
