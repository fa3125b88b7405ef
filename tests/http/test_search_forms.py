"""Russian as it is spoken: what people type finds what editors wrote."""

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.support.attacks import parsed
from tests.support.http import get
from tests.support.newsroom import item
from tests.support.search_index import IndexedNewsroom
from tests.support.service import page

OFFER = "Возможно, вы искали:"


def texts(html: str, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in parsed(html).xpath(path)]


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("катки", "каток"),
        ("участка", "участок"),
        ("рынки", "рынок"),
        ("рынок", "рынками"),
        ("детей", "ребёнок"),
        ("ребенка", "дети"),
        ("шёл", "идти"),
        ("шел", "идти"),
        ("идут", "шла"),
        ("людей", "человек"),
        ("ёлка", "елки"),
        ("елок", "ёлка"),
        ("ЖКХ", "жкх"),
        ("жкх", "ЖКХ"),
        ("МФЦ", "мфц"),
        ("МФЦ", "МФЦ"),
        ("Зеленограде", "зеленоград"),
        ("Савёлках", "Савелки"),
        ("блогерство", "блогерством"),
        ("13 августа", "13 августа"),
        ("13 августа", "«13 август»"),
        ("13.08.2026", "13.08.2026"),
        ("2026 год", "2026 году"),
        ("онлайн-запись", "онлайн запись"),
        ("онлайн‑запись", "онлайн-запись"),
        ("онлайн‐запись", "онлайн‑записи"),
        ("по-русски", "по‑русски"),
        ("за\u0301мки", "замок"),
        ("меди\u00adцинских", "медицинский"),
    ],
)
def test_every_form_of_a_word_is_found_and_highlighted(
    index: IndexedNewsroom, site: FlaskClient, written: str, searched: str
) -> None:
    index.publish(
        {
            "a.md": item("Новость", body=f"Сегодня {written} здесь."),
            "b.md": item("Другая", body="Ничего общего."),
        }
    )
    html = get(site, f"/search?q={searched}").text
    assert parsed(html).xpath("//article/h3/a/@href") == [page("a")]
    (excerpt,) = parsed(html).xpath("//article/p[@class='p-summary']")
    marked = {each.text_content() for each in excerpt.xpath(".//mark")}
    assert len(marked) == len(
        searched.replace("-", " ").replace("‑", " ").replace(".", " ").split()
    )
    assert OFFER not in html


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("школьный двор", "школа"),
        ("каток", "катать"),
        ("рынок", "рында"),
        ("участковый", "участок"),
        ("13 августа", "14 августа"),
        ("МФЦ", "МФК"),
    ],
)
def test_another_word_is_not_found(index: IndexedNewsroom, written: str, searched: str) -> None:
    index.publish({"a.md": item("Новость", body=f"Сегодня {written} здесь.")})
    assert index.found(searched) == []


def test_a_form_of_two_words_is_found_by_each_and_a_phrase_by_both(
    index: IndexedNewsroom,
) -> None:
    index.publish({"a.md": item("Новость", body="Они стали сильнее.")})
    for words in ("сталь", "стать", "стали", "стала", '"они стал"', '"сталь сильная"'):
        assert index.found(words) == ["a"], words
    index.publish({"a.md": item("Новость", body="Прокат листовой стали.")})
    index.publish({"b.md": item("Другая", "2026-01-02", body="Он стал сильнее.")})
    assert index.found("стальной") == []
    assert index.found("сталью") == ["a"]
    assert index.found("стать") == ["b", "a"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("импортозамищение", "импортозамещение"),
        ("импортазамищение", "импортозамещение"),
        ("мипортозамещение", "импортозамещение"),
        ("импортозамещние", "импортозамещение"),
        ("программа импортозамищение", "программа импортозамещение"),
        ('"программа импортозамищения"', '"программа импортозамещения"'),
        ("программаимпортозамещения", "программа импортозамещения"),
        ("blokchain", "blockchain"),
    ],
)
def test_what_was_meant_by_a_mistyped_word_is_offered(
    index: IndexedNewsroom, site: FlaskClient, typed: str, offered: str
) -> None:
    index.publish(
        {
            "a.md": item("Программа импортозамещения", body="Это импортозамещение, blockchain."),
            "b.md": item("Спорт", "2026-01-02", body="Ничего общего."),
        }
    )
    html = get(site, f"/search?{urlencode({'q': typed})}").text
    (note,) = parsed(html).xpath("//p[@class='note']")
    assert " ".join(note.text_content().split()) == f"{OFFER} {offered}"
    (link,) = note.xpath("./a/@href")
    found = get(site, link).text
    assert parsed(found).xpath("//article/h3/a/@href") == [page("a")]
    assert OFFER not in found


def test_an_offer_keeps_the_category_and_the_days(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Каток", categories="Спорт"), "b.md": item("Каток")})
    html = get(site, "/search?q=коток&category=sport&from=2026-01-01").text
    (link,) = parsed(html).xpath("//p[@class='note']/a/@href")
    assert link.endswith("&category=sport&from=2026-01-01")
    assert parsed(get(site, link).text).xpath("//article/h3/a/@href") == [page("a")]
    assert OFFER not in get(site, "/search?q=коток&from=2026-02-01").text


def test_words_of_what_is_not_public_are_never_offered(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish(
        {
            "a.md": item("Метрополитен", "2030-01-01"),
            "b.md": item("Велодорожка", expires="2026-01-02"),
            "c.md": item("Технопарк", "2026-01-01"),
        }
    )
    index.publish({"c.md": item("Двор", "2026-01-01")})
    for typed in ("метрополитин", "велодарожка", "технапарк"):
        html = get(site, f"/search?q={typed}").text
        assert "Ничего не найдено" in html
        assert OFFER not in html


def test_a_mistake_in_few_texts_is_found_and_the_usual_spelling_offered(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    files = {f"{day:02}.md": item("Технопарк", f"2026-01-{day:02}") for day in range(1, 12)}
    index.publish({"a.md": item("Технапарк"), **files})
    html = get(site, "/search?q=технапарк").text
    assert len(texts(html, "//article")) == 1
    assert texts(html, "//p[@class='note']") == [f"{OFFER} технопарк"]
    # Eleven are not ten times as many as two.
    index.publish({"b.md": item("Технапарк", "2026-01-02")})
    assert OFFER not in get(site, "/search?q=технапарк").text


@pytest.mark.parametrize("typed", ["двар двар1 12345", "xx", "дв", "катамаран", "ё" * 60])
def test_without_anything_better_there_is_no_offer(
    index: IndexedNewsroom, site: FlaskClient, typed: str
) -> None:
    index.publish({"a.md": item("Парк")})
    assert OFFER not in get(site, f"/search?q={typed}").text
