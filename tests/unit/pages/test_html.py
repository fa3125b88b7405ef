"""The HTML pages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from feedsvc.edition import GoneEntry
from feedsvc.model import Attachment, Entry
from feedsvc.pages import html as pages
from feedsvc.search.query import parse
from feedsvc.search.results import Results, SearchForm
from feedsvc.settings import Settings
from tests.support.attacks import ATTACKS, OWN_ICON, attacked, dangers, parsed
from tests.support.feeds import ENTRY, publish
from tests.support.newsroom import NOW, SITE, Newsroom, golden, item
from tests.support.pages import PAGE, addresses, entry_page, page_of, related_links, texts

# The address of the page of `a`, in the address of another service.
SHARED = quote(SITE + PAGE.format("a"), safe="")


def test_the_page_of_the_real_item_equals_the_golden_file(
    newsroom: Newsroom, real_item: bytes
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    rendered = entry_page(newsroom, "1204713").encode()
    assert golden("1204713.html", rendered) == rendered


def test_the_home_page_of_the_real_item_equals_the_golden_file(
    newsroom: Newsroom, real_item: bytes
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    rendered = pages.home(newsroom.edition(), newsroom.settings)
    assert golden("home.html", rendered) == rendered


def test_a_site_without_news_and_address_says_how_to_begin(newsroom: Newsroom) -> None:
    for language, heading in (("ru", "С чего начать"), ("en", "How to begin")):
        settings = replace(newsroom.settings, base_url="", language=language)
        html = pages.home(newsroom.edition(), settings).decode()
        assert texts(html, "//h1") == [heading]
        assert "feedsvc init" in html
        assert "«entries»" in html
        assert ("По-русски" in html) == (language == "en")


def test_a_site_that_has_or_had_news_does_not_look_new(newsroom: Newsroom) -> None:
    settings = replace(newsroom.settings, base_url="")
    newsroom.apply({"a.md": item(status="withdrawn")})
    assert texts(pages.home(newsroom.edition(), settings).decode(), "//h1") == ["Последние новости"]
    newsroom.apply({"a.md": item()})
    assert texts(pages.home(newsroom.edition(), settings).decode(), "//h1") == ["Последние новости"]


def test_pages_without_entries_invite_to_subscribe(newsroom: Newsroom) -> None:
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
    assert texts(html, "//article/h2") == ["Day 3", "Day 2"]


def test_a_correction_stands_above_the_text(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item(correction="15:00 & <not> 14:00"))
    assert texts(html, "//article/p | //article/div") == [
        f"1 января 2026 г. {newsroom.settings.author}",
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
def test_a_page_shows_when_its_entry_was_published_and_updated(
    newsroom: Newsroom, keys: dict[str, str], expected: str
) -> None:
    author = newsroom.settings.author
    assert texts(page_of(newsroom, item(**keys)), "//article/p[1]") == [f"{expected} {author}"]


def test_a_page_names_author_categories_and_original_address(newsroom: Newsroom) -> None:
    html = page_of(
        newsroom, item(author="А. Б.", categories="Город", address="https://old.example/1")
    )
    assert texts(html, "//article/p[@class='facts']") == ["1 января 2026 г. А. Б. Город"]
    assert texts(html, "//article/footer") == ["Первоначальный адрес: https://old.example/1"]


def test_the_first_categories_stand_beside_the_date_and_the_rest_below_the_text(
    newsroom: Newsroom,
) -> None:
    labels = [f"Рубрика {number}" for number in range(1, 6)]
    front = f"---\ntitle: T\ndate: 2026-01-01\ncategories: [{', '.join(labels)}]\n---\nText.\n"
    html = page_of(newsroom, front.encode())
    assert texts(html, "//article/p[@class='facts']/a[@rel='tag']") == labels[:3]
    assert texts(html, "//article/footer") == ["Рубрики: Рубрика 4 Рубрика 5"]


def test_a_page_names_the_site_s_author_if_the_entry_has_none(newsroom: Newsroom) -> None:
    html = page_of(newsroom, item())
    assert texts(html, "//article//*[@class='p-author h-card']") == [newsroom.settings.author]
    assert texts(html, "//article/footer") == []


def test_the_picture_stands_below_the_first_paragraph(newsroom: Newsroom) -> None:
    picture = Attachment("p.png", "p.png", "image/png", 5, 20, 10, "Alt", "Caption")
    for html, expected in (
        ("<p>One.</p><p>Two.</p>", ["p", "figure", "p"]),
        ("<ul><li>One.</li></ul><p>Two.</p>", ["figure", "ul", "p"]),
    ):
        publish(newsroom, replace(ENTRY, html=html, image=picture))
        page = entry_page(newsroom, "a")
        (content,) = parsed(page).xpath("//div[@class='e-content']")
        assert [child.tag for child in content] == expected


def test_pictures_in_the_text_become_thumbnails_if_they_are_large(newsroom: Newsroom) -> None:
    files = (
        Attachment("large.jpg", "large.jpg", "image/jpeg", 3_000_000, 4000, 3000),
        Attachment("small.jpg", "small.jpg", "image/jpeg", 5, 20, 10),
        Attachment("linked.pdf", "linked.pdf", "application/pdf", 6),
    )
    html = '<p>Text.</p><img src="/media/a/large.jpg" alt=""><img src="/media/a/small.jpg" alt="">'
    publish(newsroom, replace(ENTRY, html=html, inline=files))
    assert parsed(entry_page(newsroom, "a")).xpath("//article//img/@src") == [
        "/preview/1200/a/large.jpg",
        "/media/a/small.jpg",
    ]


@pytest.mark.parametrize("reason", [None, "Ошибка & <b>."])
def test_the_page_of_a_gone_entry_shows_its_title_and_the_reason(
    settings: Settings, reason: str | None
) -> None:
    html = pages.gone(GoneEntry("One <b>", reason), settings).decode()
    text = "Эта новость отозвана «One <b>» " + (f"Причина: {reason} " if reason else "")
    assert texts(html, "//main")[0].startswith(f"{text}Возможно, то, что вы ищете")


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


def test_error_pages_are_not_for_search_engines(settings: Settings) -> None:
    rendered = {status: pages.error(status, settings) for status in (404, 405, 503)}
    for status, html in {**rendered, 410: pages.gone(GoneEntry("One"), settings)}.items():
        robots = parsed(html.decode()).xpath("//meta[@name='robots']/@content")
        assert robots == ["noindex"], status


def test_a_category_page_names_its_feeds_by_the_category(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(categories="Спорт")})
    html = pages.category(newsroom.edition(), newsroom.settings, "sport") or b""
    titles = parsed(html.decode()).xpath("//link[contains(@href, '/category/')]/@title")
    assert titles == ["Спорт (Atom)", "Спорт (RSS)", "Спорт (JSON Feed)"]


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
        ("a", "#q"),
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
        ("nofollow", f"https://t.me/share/url?url={SHARED}"),
        ("nofollow", f"https://vk.com/share.php?url={SHARED}"),
        ("nofollow", f"https://connect.ok.ru/offer?url={SHARED}"),
        ("nofollow", f"mailto:?subject=Title&body={SHARED}"),
    }


def test_the_home_page_s_addresses_are_root_relative_but_for_the_canonical_one(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item()})
    found = addresses(pages.home(newsroom.edition(), newsroom.settings).decode())
    assert {pair for pair in found if not pair[1].startswith(("/", "data:"))} == {
        ("canonical", f"{SITE}/"),
        ("a", "#main"),
        ("a", "#q"),
    }
    assert ("a", PAGE.format("a")) in found


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_is_in_the_site_s_language(newsroom: Newsroom, language: str) -> None:
    root = parsed(page_of(newsroom, item(), language=language))
    assert (root.get("lang"), root.xpath("//article/@lang")) == (language, [])


def test_an_entry_in_another_language_declares_it(newsroom: Newsroom) -> None:
    root = parsed(page_of(newsroom, item(lang="en-GB")))
    assert (root.get("lang"), root.xpath("//article/@lang")) == ("ru", ["en-GB"])
    # The site's own words in the article are in the site's language.
    assert root.xpath("//article//*/@lang") == ["ru"]
    home = pages.home(newsroom.edition(NOW), newsroom.settings).decode()
    assert parsed(home).xpath("//article/@lang") == ["en-GB"]


def test_nothing_in_an_entry_can_run_in_a_page(newsroom: Newsroom) -> None:
    for attack in ATTACKS:
        html = page_of(newsroom, attacked(attack))
        home = pages.home(newsroom.edition(), newsroom.settings).decode()
        gone = pages.gone(GoneEntry(attack, attack), newsroom.settings).decode()
        # The form is the search, the script a data block, which no browser runs.
        found = [set(dangers(page)) for page in (html, home, gone)]
        assert found == [{"form", "script"}, {"form", "script"}, {"form"}], attack
        for page in (html, home):
            (block,) = parsed(page).xpath("//script")
            assert block.get("type") == "application/ld+json"
            assert json.loads(block.text)["@context"] == "https://schema.org"
        assert texts(html, "//h1") == texts(home, "//article/h2") == [attack]
        assert texts(html, "//article/p[@class='note']") == [f"Исправлено: {attack}"]


def test_the_home_page_has_a_lead_story_then_cards_or_if_there_are_many_titles_by_day(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({f"{n}.md": item(f"M {n}", f"2026-02-0{1 + n // 20}") for n in range(60)})
    edition = newsroom.edition()
    for size, cards, titles in ((1, 0, 0), (40, 39, 0), (41, 0, 40)):
        html = pages.home(edition, replace(newsroom.settings, feed_size=size)).decode()
        newest = edition.newest(size)
        assert texts(html, "//article[contains(@class, 'lead')]/h2") == [newest[0].title]
        assert len(texts(html, "//div[@class='cards']/article/h2")) == cards
        assert len(texts(html, "//section/article/h3")) == titles
        assert texts(html, "//article/h2 | //article/h3") == [entry.title for entry in newest]


def test_a_lead_story_has_a_wide_picture(newsroom: Newsroom) -> None:
    wide, tall = (
        Attachment(f"{w}.jpg", f"{w}.jpg", "image/jpeg", 3_000_000, w, h, f"{w} wide")
        for w, h in ((3000, 2000), (1000, 3000))
    )
    for picture, classes in ((wide, "u-photo"), (tall, "u-photo whole")):
        publish(newsroom, replace(ENTRY, image=picture))
        html = pages.home(newsroom.edition(), newsroom.settings).decode()
        (image,) = parsed(html).xpath("//article[contains(@class, 'lead')]/img")
        assert (image.get("class"), image.get("alt")) == (classes, picture.alt)
        assert image.get("src") == f"/preview/1200/a/{picture.name}"
        (shown,) = parsed(entry_page(newsroom, "a")).xpath("//figure//img")
        assert shown.get("class") == classes


def test_entries_are_grouped_by_day_and_a_long_list_has_titles_only(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            f"{day}-{number}.md": item(f"{day} {number}", f"2026-01-{day:02} 1{number}:30")
            for day in (1, 2)
            for number in (0, 1)
        }
    )
    html = (pages.month(newsroom.edition(), newsroom.settings, "2026-01") or b"").decode()
    assert texts(html, "//section[.//article]/h2") == [
        "пятница, 2 января 2026 г.",
        "четверг, 1 января 2026 г.",
    ]
    assert texts(html, "//article/h3") == ["2 1", "2 0", "1 1", "1 0"]
    assert len(texts(html, "//article/p[@class='p-summary']")) == 4
    for count, summaries in ((40, 40), (41, 0)):
        newsroom.apply({f"{n}.md": item(f"M {n}", "2026-02-01") for n in range(count)})
        month = pages.month(newsroom.edition(), newsroom.settings, "2026-02")
        assert month is not None
        assert len(texts(month.decode(), "//article/h3")) == count
        assert len(texts(month.decode(), "//article/p[@class='p-summary']")) == summaries


def test_an_entry_links_to_the_public_ones_before_and_after_it(newsroom: Newsroom) -> None:
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
    entries = {name: edition.find(name) for name in "abe"}
    neighbours = {
        name: tuple(other and other.id for other in edition.neighbours(entry))
        for name, entry in entries.items()
        if isinstance(entry, Entry)
    }
    assert neighbours == {"a": (None, "b"), "b": ("a", "e"), "e": ("b", None)}
    html = entry_page(newsroom, "b")
    assert related_links(html)[1:3] == [("prev", PAGE.format("a")), ("next", PAGE.format("e"))]


def test_the_archive_counts_the_entries_of_each_month_in_russian(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            f"{month}-{day}.md": item("A", f"2026-0{month}-{day:02}")
            for month, count in ((1, 1), (2, 2), (3, 5), (4, 21))
            for day in range(1, count + 1)
        }
        | {"old.md": item("Old", "2014-08-13")}
    )
    html = pages.archive(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//main//section[@class='year']/h2") == ["2026", "2014"]
    assert texts(html, "//main//li/a") == [
        "январь 2026 1 новость",
        "февраль 2026 2 новости",
        "март 2026 5 новостей",
        "апрель 2026 21 новость",
        "август 2014 1 новость",
    ]
    # The months without news are named, so that each stands in its place.
    assert texts(html, "//main//li[not(a)]")[:2] == ["май", "июнь"]
    assert len(texts(html, "//section[@class='year']//li")) == 24


def test_there_is_no_page_of_a_category_or_month_without_entries(newsroom: Newsroom) -> None:
    edition, settings = newsroom.edition(), newsroom.settings
    assert pages.category(edition, settings, "gorod") is None
    for slug in (None, "gorod"):
        assert pages.month(edition, settings, "2026-01", slug) is None
        assert pages.empty_month(edition, settings, "2026-01", slug) is None


def test_a_wide_table_can_be_scrolled_by_keyboard(newsroom: Newsroom) -> None:
    root = parsed(page_of(newsroom, item(body="|a|b|\n|-|-|\n|1|2|")))
    (container,) = root.xpath("//table/..")
    assert dict(container.attrib) == {
        "class": "wide",
        "role": "group",
        "tabindex": "0",
        "aria-label": "Таблица",
    }


def test_pages_show_the_site_s_icon_and_logo(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item()})
    settings = replace(newsroom.settings, logo=Path("x.png"), icon=Path("y.GIF"))
    html = pages.home(newsroom.edition(), settings).decode()
    assert parsed(html).xpath("//link[@rel='icon']/@href") == ["/logo/icon.gif"]
    assert parsed(html).xpath("//header//img/@src") == ["/logo/logo.png"]
    assert parsed(html).xpath("//meta[@property='og:image']/@content") == [f"{SITE}/logo/logo.png"]


def test_every_page_says_how_to_reach_who_publishes_it(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item()})
    settings = replace(
        newsroom.settings,
        contact="press@news.example",
        telephone="+7 (495) 123-45-67",
        address="Дом № 8",
        networks=(("Telegram", "https://t.me/press"), ("<b>", "https://n.example/?a&b")),
    )
    entry = newsroom.edition().find("a")
    assert isinstance(entry, Entry)
    for page in (
        pages.entry(entry, (None, None), settings),
        pages.home(newsroom.edition(), settings),
        pages.error(404, settings),
    ):
        (foot,) = parsed(page.decode()).xpath("//body/footer")
        links = {link.text_content(): link.get("href") for link in foot.xpath(".//a")}
        assert links["+7 (495) 123-45-67"] == "tel:+74951234567"
        assert links["press@news.example"] == "mailto:press@news.example"
        assert (links["Telegram"], links["<b>"]) == ("https://t.me/press", "https://n.example/?a&b")
        assert "Дом № 8" in foot.text_content()
    # Beside the text as well.
    aside = "//main/div[@class='aside']"
    html = pages.entry(entry, (None, None), settings).decode()
    assert texts(html, f"{aside}//h2") == ["Поделиться", "Для журналистов"]
    assert texts(html, f"{aside}//a[starts-with(@href, 'tel:')]") == ["+7 (495) 123-45-67"]


def test_a_page_names_others_of_its_category_or_else_other_news(newsroom: Newsroom) -> None:
    days = {f"{day:02}": f"2026-01-{day:02}" for day in range(1, 13)}
    # Those of even days are in the category.
    newsroom.apply(
        {
            f"{name}.md": item(name, date, **({} if int(name) % 2 else {"categories": "Спорт"}))
            for name, date in days.items()
        }
        | {"en.md": item("Lonely", "2026-01-20", lang="en", categories="Один")}
    )
    edition = newsroom.edition()
    for name, title, expected in (
        # Two later ones, then earlier ones; its neighbours are shown below the text.
        ("06", "Ещё из рубрики «Спорт»", ["10", "08", "04", "02"]),
        ("12", "Ещё из рубрики «Спорт»", ["10", "08", "06", "04"]),
        ("07", "Ещё новости", ["10", "09", "05", "04"]),
        ("en", "Ещё новости", ["11", "10", "09", "08"]),
    ):
        entry = edition.find(name)
        assert isinstance(entry, Entry)
        neighbours = edition.neighbours(entry)
        related = edition.related(entry, neighbours)
        html = pages.entry(entry, neighbours, newsroom.settings, related=related).decode()
        assert texts(html, "//ul[@class='related']/li/a") == expected
        assert texts(html, "//main/div[@class='aside']//h2")[1:] == [title]
    # Without neighbours to leave out, the one in English is next, in its own language.
    entry = edition.find("11")
    assert isinstance(entry, Entry)
    html = pages.entry(
        entry, (None, None), newsroom.settings, related=edition.related(entry, (None, None))
    ).decode()
    assert parsed(html).xpath("//ul[@class='related']/li/@lang") == ["en"]


def test_a_site_of_one_entry_has_nothing_related(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item()})
    entry = newsroom.edition().find("a")
    assert isinstance(entry, Entry)
    assert newsroom.edition().related(entry, (None, None)) == pages.NOTHING_RELATED


def test_the_subscribe_page_has_the_address_of_every_feed(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(categories="Город")})
    html = pages.subscribe(newsroom.edition(), newsroom.settings).decode()
    names = ("atom.xml", "rss.xml", "feed.json")
    paths = [
        *(f"/feeds/{name}" for name in names),
        *(f"/feeds/category/gorod/{name}" for name in names),
        "/feeds/opml.xml",
        "/feeds/yandex.xml",
        "/sitemap.xml",
        "/sitemap-news.xml",
    ]
    links = parsed(html).xpath("//main//a/@href")
    assert [link for link in links if link in paths] == paths
    shown = [path for path in paths if not path.endswith(("rss.xml", "feed.json"))]
    assert texts(html, "//a[@class='address']") == [SITE + path for path in shown]


def test_the_subscribe_page_links_to_the_pages_of_many_categories(newsroom: Newsroom) -> None:
    labels = [f"Рубрика {number:02}" for number in range(41)]
    newsroom.apply({f"{label[-2:]}.md": item(categories=label) for label in labels[:40]})
    html = pages.subscribe(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//details/summary") == labels[:40]
    newsroom.apply({"b.md": item(categories=labels[40])})
    html = pages.subscribe(newsroom.edition(), newsroom.settings).decode()
    assert texts(html, "//details") == []
    assert texts(html, "//main//a[contains(@href, '/feeds/category/')]") == labels


def test_nothing_in_a_category_or_a_search_can_run_in_a_page_about_subscribing(
    newsroom: Newsroom,
) -> None:
    harmless = pages.subscribe_to_search(parse("a"), newsroom.settings).decode()
    own = sorted(each for each in dangers(harmless) if not each.startswith("data:"))
    assert own == ["form", "script"]
    for attack in ATTACKS:
        newsroom.apply({"a.md": item(categories=f"a {attack}")})
        ((slug, label),) = newsroom.edition().categories()
        query = replace(parse("a"), text=attack)
        rendered = (
            pages.subscribe(newsroom.edition(), newsroom.settings),
            pages.subscribe_to_category(newsroom.edition(), newsroom.settings, slug),
            pages.subscribe_to_search(query, newsroom.settings),
        )
        for page in rendered:
            assert page is not None
            html = page.decode()
            found = [each for each in dangers(html) if not each.startswith("data:image/svg+xml,")]
            assert sorted(found) == own, attack
            scripts = parsed(html).xpath("//script/text()")
            assert scripts == parsed(harmless).xpath("//script/text()")
        assert label in texts(rendered[0].decode(), "//details/summary")


def test_the_search_page_keeps_the_fields_of_its_form(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(categories="Город")})
    query = replace(
        parse("дом"),
        category="gorod",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        until=datetime(2026, 2, 1, tzinfo=UTC),
    )
    results = Results(query, count=20, page=2, pages=3)
    form = SearchForm(words="дом", category="gorod", since="1.1.2026", until="31.1.2026")
    html = pages.search(form, results, newsroom.edition(), newsroom.settings).decode()
    root = parsed(html)
    assert root.xpath("//form[@class='ask']//input/@value") == ["дом", "2026-01-01", "2026-01-31"]
    assert root.xpath("//option[@selected]/@value") == ["gorod"]
    query_string = "q=%D0%B4%D0%BE%D0%BC&category=gorod&from=2026-01-01&to=2026-01-31"
    assert related_links(html) == [
        ("prev", f"/search?{query_string}&page=1"),
        ("next", f"/search?{query_string}&page=3"),
    ]


def test_the_search_page_without_an_index_has_the_form_and_a_note(settings: Settings) -> None:
    root = parsed(pages.search_unavailable(settings).decode())
    assert len(root.xpath("//form[@class='ask']")) == 1
    assert len(root.xpath("//p[@class='note']")) == 1
    assert root.xpath("//article") == []


def test_news_without_a_time_stand_above_the_others_of_their_day(newsroom: Newsroom) -> None:
    dates = {
        "e": "13.08.2014",
        "d": "14.08.2014",
        "c": "14.08.2014",
        "b": "14.08.2014 09:00",
        "a": "14.08.2014 10:00",
    }
    newsroom.apply({f"{name}.md": item(name, date) for name, date in dates.items()})

    home = pages.home(newsroom.edition(), newsroom.settings)
    month = pages.month(newsroom.edition(), newsroom.settings, "2014-08") or b""
    for html, heading in ((home, "h2"), (month, "h3")):
        assert texts(html.decode(), f"//article/{heading}") == ["d", "c", "a", "b", "e"]
    # In feeds their moment counts.
    assert [entry.id for entry in newsroom.edition().newest(9)] == ["a", "b", "d", "c", "e"]
