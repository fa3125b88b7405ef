import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.edition import GoneEntry
from feedsvc.i18n import translations
from feedsvc.media import types
from feedsvc.model import Entry
from feedsvc.pages import html as pages
from feedsvc.settings import Settings
from tests.support.attacks import ATTACKS, OWN_ICON, attacked, dangers, parsed
from tests.support.newsroom import NOW, SITE, Newsroom, golden, item

PAGE = "/presscenter/news/detail/{}.html"


def page_of(newsroom: Newsroom, data: bytes, **changes: str) -> str:
    """Render the page of a file's entry."""
    newsroom.apply({"a.md": data})
    found = newsroom.edition().find("a")
    assert isinstance(found, Entry)
    settings = replace(newsroom.settings, **changes)  # type: ignore[arg-type]
    return pages.entry(found, newsroom.edition().neighbours(found), settings).decode()


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
    made = pages.entry(found, newsroom.edition().neighbours(found), newsroom.settings)
    assert golden("1204713.html", made) == made


def test_the_home_page_of_the_real_item_is_the_golden_one(
    newsroom: Newsroom, real_item: bytes
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    made = pages.home(newsroom.edition(), newsroom.settings)
    assert golden("home.html", made) == made


def test_an_empty_home_page_says_so(newsroom: Newsroom) -> None:
    html = pages.home(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//main//p")[:2] == [
        "Новости управы района Чертаново Южное города Москвы",
        "Новостей пока нет. Подпишитесь, чтобы не пропустить первую.",
    ]
    archive = pages.archive(newsroom.edition(), newsroom.settings).decode()
    assert texts(archive, "//main//p")[0].startswith("Новостей пока нет.")


def test_the_home_page_lists_no_more_than_the_feeds_hold(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in range(1, 4)})
    html = pages.home(newsroom.edition(), replace(newsroom.settings, feed_size=2)).decode()
    assert texts(html, "//article/h3") == ["Day 3", "Day 2"]


def test_a_correction_stands_above_the_text(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item(correction="15:00 & <not> 14:00"))
    assert texts(html, "//article/p | //article/div") == [
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
            "1 января 2026 г. обновлено 2 января 2026 г., 10:00",
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
    assert texts(html, "//article/footer") == [
        "Опубликовано: А. Б. Рубрики: Город Первоначальный адрес: https://old.example/1"
    ]


def test_a_page_names_the_site_s_author_where_the_entry_has_none(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item())
    assert texts(html, "//article/footer") == [f"Опубликовано: {newsroom.settings.author}"]


@pytest.mark.parametrize("reason", [None, "Ошибка & <b>."])
def test_the_page_of_what_is_gone_tells_title_and_reason(
    settings: Settings, reason: str | None
) -> None:
    html = pages.gone(GoneEntry("One <b>", reason), settings).decode()
    told = "Эта новость отозвана «One <b>» " + (f"Причина: {reason} " if reason else "")
    assert texts(html, "//main")[0].startswith(f"{told}Возможно, то, что вы ищете")


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
    made = (
        pages.gone(GoneEntry("One"), settings) if status == 410 else pages.error(status, settings)
    )
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
        ("icon", OWN_ICON),
        ("form", "/search"),
        ("a", "#main"),
        ("a", "/"),
        ("a", "/archive/"),
        ("bookmark", PAGE.format("a")),
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
    assert {each for each in addresses(html) if not each[1].startswith(("/", "data:"))} == {
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
    # What the site itself says beside it is in the site's language.
    assert root.xpath("//article//*/@lang") == ["ru", "ru"]
    home = pages.home(newsroom.edition(NOW), newsroom.settings).decode()
    assert parsed(home).xpath("//article/@lang") == ["en-GB"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_entry_runs_in_a_page(newsroom: Newsroom, attack: str) -> None:
    html = page_of(newsroom, attacked(attack))
    home = pages.home(newsroom.edition(), newsroom.settings).decode()
    gone = pages.gone(GoneEntry(attack, attack), newsroom.settings).decode()
    # The form is the search, the script the data block, which no browser runs.
    found = [set(dangers(page)) for page in (html, home, gone)]
    assert found == [{"form", "script"}, {"form", "script"}, {"form"}]
    for page in (html, home):
        (block,) = parsed(page).xpath("//script")
        assert block.get("type") == "application/ld+json"
        assert json.loads(block.text)["@context"] == "https://schema.org"
    assert texts(html, "//h1") == texts(home, "//article/h3") == [attack]
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


def test_news_stands_by_day_and_a_long_list_gives_titles_alone(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            f"{day}-{number}.md": item(f"{day} {number}", f"2026-01-{day:02} 1{number}:30")
            for day in (1, 2)
            for number in (0, 1)
        }
    )
    html = pages.home(newsroom.edition(), newsroom.settings).decode()
    days = [" ".join(each.split()) for each in texts(html, "//section[.//article]/h2")]
    assert days == ["пятница, 2 января 2026 г.", "четверг, 1 января 2026 г."]
    assert texts(html, "//article/h3") == ["2 1", "2 0", "1 1", "1 0"]
    assert len(texts(html, "//article/p[@class='p-summary']")) == 4

    newsroom.apply({f"m{number}.md": item(f"M {number}", "2026-02-01") for number in range(41)})
    made = pages.month(newsroom.edition(), newsroom.settings, "2026-02")
    assert made is not None
    assert len(texts(made.decode(), "//article/h3")) == 41
    assert texts(made.decode(), "//article/p[@class='p-summary']") == []


def links(html: str) -> list[tuple[str, str]]:
    """Give relation and address of the links to what is before and after."""
    return [(link.get("rel"), link.get("href")) for link in parsed(html).xpath("//a[@rel]")]


def test_an_entry_leads_to_the_ones_before_and_after_that_are_public(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item("A", "2026-01-01"),
            "b.md": item("B", "2026-01-01"),
            "c.md": item("C", "2026-01-02", status="withdrawn"),
            "d.md": item("D", "2026-01-03", status="draft"),
            "e.md": item("E", "2026-01-04"),
            "f.md": item("F", "2999-01-01"),
        }
    )
    edition = newsroom.edition()
    found = {name: edition.find(name) for name in "abe"}
    beside = {
        name: tuple(each and each.id for each in edition.neighbours(entry))
        for name, entry in found.items()
        if isinstance(entry, Entry)
    }
    assert beside == {"a": (None, "b"), "b": ("a", "e"), "e": ("b", None)}
    assert isinstance(found["b"], Entry)
    html = pages.entry(found["b"], edition.neighbours(found["b"]), newsroom.settings).decode()
    assert links(html)[-2:] == [("prev", PAGE.format("a")), ("next", PAGE.format("e"))]


def test_the_archive_counts_the_news_of_each_month_in_russian(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            f"{month}-{day}.md": item("A", f"2026-0{month}-{day:02}")
            for month, count in ((1, 1), (2, 2), (3, 5), (4, 21))
            for day in range(1, count + 1)
        }
        | {"old.md": item("Old", "2014-08-13")}
    )
    html = pages.archive(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//main//h2") == ["2026", "2014"]
    assert texts(html, "//main//li") == [
        "апрель 2026 21 новость",
        "март 2026 5 новостей",
        "февраль 2026 2 новости",
        "январь 2026 1 новость",
        "август 2014 1 новость",
    ]


def test_a_category_leads_to_its_months_and_each_to_its_neighbours(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish(
        {
            f"{month}.md": item(f"In {month}", f"2026-{month}-01", categories="Город")
            for month in ("01", "03", "04")
        }
        | {"other.md": item("Other", "2026-03-01"), "later.md": item("L", "2026-05-01")}
    )
    html = client.get("/category/gorod/").text
    assert texts(html, "//ul[@class='months']//a") == ["апрель 2026", "март 2026", "январь 2026"]
    march = client.get("/category/gorod/2026/03/")
    assert march.status_code == 200
    assert texts(march.text, "//h1") == ["Город: март 2026"]
    assert texts(march.text, "//article/h3") == ["In 03"]
    assert links(march.text) == [
        ("prev", "/category/gorod/2026/01/"),
        ("next", "/category/gorod/2026/04/"),
    ]


@pytest.mark.parametrize("place", ["/archive", "/category/gorod"])
def test_a_month_without_news_says_so_and_leads_to_the_nearest(
    newsroom: Newsroom, client: FlaskClient, place: str
) -> None:
    newsroom.publish(
        {
            f"{month}.md": item(f"In {month}", f"2026-{month}-01", categories="Город")
            for month in ("01", "03")
        }
    )
    answer = client.get(f"{place}/2026/02/")
    assert answer.status_code == 404
    assert texts(answer.text, "//h1") == ["За этот месяц новостей нет: февраль 2026"]
    assert links(answer.text) == [("prev", f"{place}/2026/01/"), ("next", f"{place}/2026/03/")]
    assert parsed(answer.text).xpath("//meta[@name='robots']/@content") == ["noindex"]


@pytest.mark.parametrize("path", ["/archive/2026/13/", "/category/none/2026/01/", "/archive/x/01/"])
def test_a_month_that_is_none_or_of_nothing_is_not_found(
    newsroom: Newsroom, client: FlaskClient, path: str
) -> None:
    newsroom.publish({"a.md": item()})
    answer = client.get(path)
    assert (answer.status_code, texts(answer.text, "//h1")) == (404, ["Такой страницы нет"])


def test_a_wide_table_can_be_moved_by_keyboard(newsroom: Newsroom) -> None:
    root = parsed(page_of(newsroom, item(body="|a|b|\n|-|-|\n|1|2|")))
    (around,) = root.xpath("//table/..")
    assert dict(around.attrib) == {
        "class": "wide",
        "role": "group",
        "tabindex": "0",
        "aria-label": "Таблица",
    }


def test_the_page_shows_the_site_s_own_pictures(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item()})
    logo = {"logo": Path("x.png"), "icon": Path("y.GIF")}
    html = pages.home(newsroom.edition(), replace(newsroom.settings, **logo)).decode()  # type: ignore[arg-type]
    assert parsed(html).xpath("//link[@rel='icon']/@href") == ["/logo/icon.gif"]
    assert parsed(html).xpath("//header//img/@src") == ["/logo/logo.png"]
    assert parsed(html).xpath("//meta[@property='og:image']/@content") == [f"{SITE}/logo/logo.png"]


@pytest.mark.parametrize(("title", "letter"), [("«Южное» сегодня", "Ю"), ("…", "•"), ("<b", "B")])
def test_a_site_without_a_picture_has_its_letter_as_icon(title: str, letter: str) -> None:
    kind, _, made = pages.own_icon(title, "#0b57a4").partition(",")
    assert kind == "data:image/svg+xml"
    assert etree.fromstring(unquote(made)).xpath("string()") == letter


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "документ"),
        ("a.XLSX", "таблица"),
        ("a.zip", "архив"),
        ("a.jpeg", "изображение"),
        ("a.mp3", "звукозапись"),
        ("a.mp4", "видео"),
    ],
)
def test_a_file_s_kind_is_said_in_words(name: str, kind: str) -> None:
    assert translations("ru").gettext(types.kind(name)) == kind


def test_a_page_is_made_again_only_when_something_on_it_has_changed(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def news(title: str, day: int) -> bytes:
        return item(title, f"2026-01-{day:02}")

    made: list[str] = []
    plain = pages.entry

    def counted(item: Entry, *more: Any) -> bytes:
        made.append(item.title)
        return plain(item, *more)

    monkeypatch.setattr(pages, "entry", counted)
    newsroom.publish({f"{name}.md": news(name.upper(), day) for day, name in enumerate("abcd", 1)})
    # What changes, whether the page of `a` is made then, and what it shows.
    for changes, is_made, shows in (
        ({}, True, {"A", "B"}),
        ({"d.md": news("D, newly", 4)}, False, {"A", "B"}),
        ({"b.md": news("B, newly", 2)}, True, {"A", "B, newly"}),
        ({"a.md": news("A, newly", 1)}, True, {"A, newly", "B, newly"}),
        ({"c.md": news("C, newly", 3)}, False, {"A, newly", "B, newly"}),
        ({"b.md": item(status="draft")}, True, {"A, newly", "C, newly"}),
    ):
        newsroom.apply(changes)
        made.clear()
        page = parsed(client.get(PAGE.format("a")).text)
        assert bool(made) == is_made
        assert {text.strip() for text in page.xpath("//main//text()")} >= shows
