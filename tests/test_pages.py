from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc import pages
from feedsvc.edition import Gone
from feedsvc.model import Entry
from feedsvc.settings import Settings
from tests.conftest import ATTACKS, NOW, SITE, Newsroom, attacked, dangers, golden, item, parsed

PAGE = "/presscenter/news/detail/{}.html"


def page_of(newsroom: Newsroom, data: bytes, **changes: str) -> str:
    """Render the page of a file's entry."""
    newsroom.apply({"a.md": data})
    found = newsroom.edition().find("a")
    assert isinstance(found, Entry)
    return pages.entry(found, replace(newsroom.settings, **changes)).decode()  # type: ignore[arg-type]


def addresses(html: str) -> set[tuple[str, str]]:
    """Give every address of a page, with the element that holds it."""
    return {
        (element.get("rel") or element.tag, address)
        for element, _, address, _ in parsed(html).iterlinks()
    }


def texts(html: str, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in parsed(html).xpath(path)]


def test_the_page_of_the_real_item_is_the_golden_one(newsroom: Newsroom, real_item: bytes) -> None:
    newsroom.apply({"1204713.txt": real_item})
    found = newsroom.edition().find("1204713")
    assert isinstance(found, Entry)
    made = pages.entry(found, newsroom.settings)
    assert golden("1204713.html", made) == made


def test_the_home_page_of_the_real_item_is_the_golden_one(
    newsroom: Newsroom, real_item: bytes
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    made = pages.home(newsroom.edition(), newsroom.settings)
    assert golden("home.html", made) == made


def test_an_empty_home_page_says_so(newsroom: Newsroom) -> None:
    html = pages.home(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//main") == [
        "Последние новости Новостей пока нет. Подпишитесь, чтобы не пропустить первую."
    ]


def test_the_home_page_lists_no_more_than_the_feeds_hold(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in range(1, 4)})
    html = pages.home(newsroom.edition(), replace(newsroom.settings, feed_size=2)).decode()
    assert texts(html, "//article/h2") == ["Day 3", "Day 2"]


def test_a_correction_stands_above_the_text(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item(correction="15:00 & <not> 14:00"))
    assert texts(html, "//article/p") == [
        "1 января 2026 г.",
        "Исправлено: 15:00 & <not> 14:00",
        "Text.",
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "1 января 2026 г."),
        ({"date": "2026-01-01 09:05"}, "1 января 2026 г., 09:05"),
        (
            {"updated": "2026-01-02 10:00"},
            "1 января 2026 г. · обновлено 2 января 2026 г., 10:00",
        ),
    ],
)
def test_a_page_tells_when_its_entry_was_published_and_updated(
    newsroom: Newsroom, keys: dict[str, str], expected: str
) -> None:
    assert texts(page_of(newsroom, item(**keys)), "//article/p[1]") == [expected]


def test_a_page_names_author_categories_and_original_address(newsroom: Newsroom) -> None:
    html = page_of(
        newsroom, item(author="А. Б.", categories="Город", address="https://old.example/1")
    )
    assert texts(html, "//footer[@class='about']") == [
        "А. Б. Город Первоначальный адрес: https://old.example/1"
    ]


def test_a_page_names_the_site_s_author_where_the_entry_has_none(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item())
    assert texts(html, "//footer[@class='about']") == [newsroom.settings.author]


@pytest.mark.parametrize("reason", [None, "Ошибка & <b>."])
def test_the_page_of_what_is_gone_tells_title_and_reason(
    settings: Settings, reason: str | None
) -> None:
    html = pages.gone(Gone("One <b>", reason), settings).decode()
    told = "Эта новость отозвана «One <b>» " + (f"Причина: {reason} " if reason else "")
    assert texts(html, "//main") == [f"{told}К последним новостям"]


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (404, "Такой страницы нет"),
        (405, "Эту страницу можно только читать"),
        (503, "Новости готовятся"),
        (400, "На этот запрос нельзя ответить"),
    ],
)
def test_an_error_page_says_what_happened(settings: Settings, status: int, title: str) -> None:
    assert texts(pages.error(status, settings).decode(), "//h1") == [title]


@pytest.mark.parametrize("status", [404, 405, 410, 503])
def test_error_pages_are_not_for_search_engines(settings: Settings, status: int) -> None:
    made = pages.gone(Gone("One"), settings) if status == 410 else pages.error(status, settings)
    root = parsed(made.decode())
    assert root.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_drafts_and_future_entries_look_like_what_never_was(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish({"draft.md": item(status="draft"), "future.md": item(date="2999-01-01")})
    answers = [client.get(PAGE.format(name)) for name in ("unknown", "draft", "future")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].data == answers[1].data == answers[2].data


def test_addresses_on_this_site_are_root_relative_but_for_the_canonical_one(
    newsroom: Newsroom,
) -> None:
    body = "[a](/x) [b](y.html) [c](https://else.example/) [d](#e)"
    html = page_of(newsroom, item(body=body), contact="press@news.example")
    assert addresses(html) == {
        ("canonical", SITE + PAGE.format("a")),
        ("stylesheet", "/static/style.css"),
        ("alternate", "/feeds/atom.xml"),
        ("alternate", "/feeds/rss.xml"),
        ("alternate", "/feeds/feed.json"),
        ("a", "#main"),
        ("a", "/"),
        ("a", "/feeds/atom.xml"),
        ("a", "/feeds/rss.xml"),
        ("a", "/feeds/feed.json"),
        ("a", "/feeds/"),
        ("a", "/x"),
        ("a", "/presscenter/news/detail/y.html"),
        ("a", "https://else.example/"),
        ("a", PAGE.format("a") + "#e"),
        ("a", "mailto:press@news.example"),
    }


def test_the_home_page_s_addresses_are_root_relative_but_for_the_canonical_one(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item()})
    html = pages.home(newsroom.edition(), newsroom.settings).decode()
    assert {each for each in addresses(html) if not each[1].startswith("/")} == {
        ("canonical", f"{SITE}/"),
        ("a", "#main"),
    }
    assert ("a", PAGE.format("a")) in addresses(html)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_is_in_the_site_s_language(newsroom: Newsroom, language: str) -> None:
    root = parsed(page_of(newsroom, item(), language=language))
    assert (root.get("lang"), root.xpath("//article/@lang")) == (language, [])


def test_an_entry_in_another_language_says_so(newsroom: Newsroom) -> None:
    root = parsed(page_of(newsroom, item(lang="en-GB")))
    assert (root.get("lang"), root.xpath("//article/@lang")) == ("ru", ["en-GB"])
    home = pages.home(newsroom.edition(NOW), newsroom.settings).decode()
    assert parsed(home).xpath("//article//*/@lang") == ["en-GB", "en-GB"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_entry_runs_in_a_page(newsroom: Newsroom, attack: str) -> None:
    html = page_of(newsroom, attacked(attack))
    home = pages.home(newsroom.edition(), newsroom.settings).decode()
    gone = pages.gone(Gone(attack, attack), newsroom.settings).decode()
    assert [dangers(page) for page in (html, home, gone)] == [[], [], []]
    assert texts(html, "//h1") == texts(home, "//article/h2") == [attack]
    assert texts(html, "//article/p[@class='note']") == [f"Исправлено: {attack}"]


def test_the_judge_of_dangers_knows_them() -> None:
    found = [dangers(attack) for attack in ATTACKS]
    assert found == [
        ["script"],
        ["script"],
        ["onerror"],
        ["javascript:alert(1)"],
        ["svg", "onload"],
        [],  # only inside an attribute
        ["iframe"],
        ["script"],
        [],  # only where it is unescaped once too often
        ["style"],
    ]
