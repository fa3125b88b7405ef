"""Saved pages as items: those of 1C-Bitrix, those that say what they are, and any others."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from feedsvc.importing.item import File, Item, LeftOut
from feedsvc.importing.saved_pages import read
from tests.support.import_sources import BITRIX

ZONE = ZoneInfo("Europe/Moscow")
LINKED = """<html><head><title>Материал | Сайт</title>
<link rel="canonical" href="https://old.example/n/5">
<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"@type": "NewsArticle",
"headline": "Материал", "datePublished": "2020-02-03T10:00:00+03:00",
"dateModified": "2020-02-04T10:00:00+03:00", "author": [{"name": "Петров"}],
"image": {"url": "/i.png"}}]}</script>
<meta property="article:section" content="Спорт">
<meta property="article:tag" content="Каток"></head>
<body><nav>Меню</nav><article><h1>Материал</h1><p>Текст.</p></article>
<article><h2>Другая новость</h2></article></body></html>"""
PLAIN = """<html><head><title>Просто страница</title></head><body>
<div id="top"><a href="/">Главная</a> <a href="/news/">Новости</a></div>
<div id="main"><h1>Просто страница</h1><div class="date">3 февраля 2020</div>
<p>{text}</p><p>{text}</p></div><div id="foot">Все права защищены</div></body></html>""".replace(
    "{text}", "Довольно длинный абзац текста, в котором много слов о катке и зиме. " * 3
)


def item(html: str, path: str = "news/1.html", encoding: str = "utf-8") -> Item:
    found = read(html.encode(encoding), path, ZONE)
    assert isinstance(found, Item), found
    return found


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8"])
def test_a_page_of_bitrix(encoding: str) -> None:
    found = item(BITRIX.replace("windows-1251", encoding), encoding=encoding)
    assert (found.title, found.summary, found.aliases) == (
        *("Открыт каток", "Открыт каток"),
        ("/news/1.html",),
    )
    assert found.published == datetime(2014, 8, 13, tzinfo=ZONE)
    assert found.base == "file:///news/1.html"
    for word in ("Первый абзац.<br><br>Второй <b>абзац</b>", "/upload/a.png"):
        assert word in found.html
    for word in ("Меню", "13.08", "Поделиться", "x()", "Возврат", "<h3>", "<!--"):
        assert word not in found.html


def test_a_page_without_a_word_on_its_encoding() -> None:
    html = BITRIX.replace(
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', ""
    )
    assert item(html, encoding="windows-1251").title == "Открыт каток"
    assert item(html, encoding="utf-8").title == "Открыт каток"


def test_a_page_that_says_what_it_is() -> None:
    found = item(LINKED)
    assert found == Item(
        where="news/1.html",
        title="Материал",
        html="<p>Текст.</p>",
        base="file:///news/1.html",
        name="5",
        published=datetime.fromisoformat("2020-02-03T10:00:00+03:00"),
        updated=datetime.fromisoformat("2020-02-04T10:00:00+03:00"),
        address="https://old.example/n/5",
        aliases=("/n/5", "/news/1.html"),
        author="Петров",
        categories=("Спорт", "Каток"),
        image=File("https://old.example/i.png"),
    )


def test_the_text_of_any_other_page_is_found() -> None:
    found = item(PLAIN)
    assert (found.title, found.published) == ("Просто страница", datetime(2020, 2, 3, tzinfo=ZONE))
    assert "много слов о катке" in found.html
    assert "Все права" not in found.html
    assert "Главная" not in found.html


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (PLAIN.replace("3 февраля 2020", ""), "it says no date: it seems to be no news"),
        (
            "<body>" + '<div class="news-detail">а<time>2020-01-01</time></div>' * 3,
            "it shows several texts: it seems to be a list",
        ),
        (
            "<body>"
            + "".join(f'<p><span class="date">0{n}.01.2020</span> а</p>' for n in (1, 2, 3)),
            "it shows several texts: it seems to be a list",
        ),
        ('<article><time datetime="2020-01-01"></time></article>', "no text is found in it"),
        ("", "it is no web page"),
    ],
)
def test_what_seems_to_be_no_news_is_left_out(html: str, reason: str) -> None:
    found = read(html.encode(), "a.html", ZONE)
    assert isinstance(found, LeftOut)
    assert (found.where, found.why.text()) == ("a.html", reason)


@pytest.mark.parametrize(
    ("path", "alias", "name"),
    [
        ("news/123.html", "/news/123.html", "123"),
        ("news/index.php?ID=5.html", "/news/index.php?ID=5", ""),
        ("news/index.php@ID=5&a=1.html", "/news/index.php?ID=5&a=1", ""),
        ("me@home.html", "/me@home.html", "me@home"),
        ("index.html", "/index.html", ""),
    ],
)
def test_the_address_that_a_page_had(path: str, alias: str, name: str) -> None:
    found = item(PLAIN, path)
    assert (found.aliases, found.name) == ((alias,), name)


@pytest.mark.parametrize("script", ["{", "[" * 5000, "5", '[{"@type": ["x"]}]', '{"@graph": 5}'])
def test_odd_facts_are_no_facts(script: str) -> None:
    html = f'<script type="application/ld+json">{script}</script>{PLAIN}'
    assert item(html).title == "Просто страница"
