"""Press texts: title, date, paragraphs, and where the text is from."""

from dataclasses import replace

import pytest

from feedsvc.model import Entry
from feedsvc.parsing import read
from tests.support.parsing import MOSCOW, NO_FOLDER, Problems, entry, press, refused, warned


def test_the_press_centres_real_text_is_read(real_item: bytes) -> None:
    source = real_item.decode()
    paragraphs = source.strip().split("\n\n")[2:5]

    found = entry(source, "1204713.txt")

    assert found == Entry(
        id="1204713",
        page="/presscenter/news/detail/1204713.html",
        title="Штаб по развитию отечественных производств для импортозамещения"
        " будет создан в Москве",
        published=found.published,
        updated=found.published,
        # Neither the line with the address nor the link to the publisher.
        html="\n".join(f"<p>{part}</p>" for part in paragraphs),
        summary="Приятную новость сообщил Мэр столицы Сергей Собянин. В Столице создадут штаб,"
        " который будет координировать, помогать отечественным предприятиям создавать собственное"
        " производство по импортозамещению. По словам Мэра, продукция данных предприятий будет"
        " высокотехнологичная и с применением инноваций.",
        publisher="Управа района Чертаново Южное",
        address="http://chertanovo-juzhnoe.mos.ru/presscenter/news/detail/1204713.html",
    )
    assert found.published.isoformat() == "2014-08-13T00:00:00+04:00"
    assert [paragraph[:9] for paragraph in paragraphs] == ["Приятную ", "Сейчас в ", "Например "]


def test_a_press_text_needs_neither_address_nor_publisher() -> None:
    found = entry("  Два \t слова \n13 августа 2014 г. в 15:30\na\nb\n\n\n\nc www.mos.ru", "x.txt")

    assert found == Entry(
        id="x",
        page="/presscenter/news/detail/x.html",
        title="Два слова",
        published=found.published,
        updated=found.published,
        html='<p>a<br>\nb</p>\n<p>c <a href="http://www.mos.ru">www.mos.ru</a></p>',
        summary="a b c www.mos.ru",
    )
    assert found.published.isoformat() == "2014-08-13T15:30:00+04:00"


def test_blank_lines_around_title_and_date_do_not_matter() -> None:
    assert entry("\n \nT\n\n\n13.08.2014\n\nx\n\n", "a.txt") == entry("T\n13.08.2014\nx", "a.txt")


@pytest.mark.parametrize(
    ("line", "address", "entry_id"),
    [
        ("http://a.ru/presscenter/news/detail/77.html", None, "77"),
        ("<http://a.ru/presscenter/news/detail/77.html>", None, "77"),
        ("https://мвд.рф/presscenter/news/detail/7.html?a=b#c",
         "https://xn--b1aew.xn--p1ai/presscenter/news/detail/7.html?a=b#c", "7"),
        # Pages of no known pattern, and names that are not ids.
        ("http://a.ru/news/77.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/77", None, "x"),
        ("http://a.ru/presscenter/news/detail/.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/a/77.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/...html", None, "x"),
        ("http://a.ru/old/presscenter/news/detail/77.html", None, "x"),
    ],
    ids=range(9),
)  # fmt: skip
def test_an_address_of_the_permalinks_pattern_gives_the_id(
    line: str, address: str | None, entry_id: str
) -> None:
    found = entry(press("x", "", f"Адрес страницы: {line}"), "x.txt")

    assert (found.address, found.id) == (address or line.strip("<>"), entry_id)
    assert found.html == "<p>x</p>"


def test_the_pattern_is_the_setting_permalink() -> None:
    data = press("x", "Адрес страницы: http://a.ru/n/77/").encode()

    found = read(data, "x.txt", replace(MOSCOW, permalink="/n/<id>/"), NO_FOLDER).entry

    assert found is not None
    assert found.id == "77"


def test_the_publisher_may_stand_without_an_address() -> None:
    found = entry(press("x", "[ Управа \t района ](http://a.ru/)"), "x.txt")

    assert (found.publisher, found.address, found.html) == ("Управа района", None, "<p>x</p>")


def test_the_label_of_the_address_may_be_in_any_case() -> None:
    assert entry(press("x", "АДРЕС СТРАНИЦЫ:http://a.ru/"), "x.txt").address == "http://a.ru/"


@pytest.mark.parametrize("line", ["[a](#) b", "[a]", "Адрес страницы:", "Адрес страницы: a b"])
def test_a_last_line_that_only_resembles_these_stays_text(line: str) -> None:
    found = entry(press("x", line), "x.txt")

    assert (found.html, found.publisher, found.address) == (f"<p>x<br>\n{line}</p>", None, None)


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ("", [(1, "no-title", {})]),
        (" \n\n\t\n", [(1, "no-title", {})]),
        ("T", [(2, "no-date", {})]),
        ("\n\nT\n\n", [(4, "no-date", {})]),
        ("T\nx\ny", [(2, "bad-date", {"value": "x"})]),
        ("\nT\n\n31.02.2014\ny", [(4, "date-no-such-day", {"value": "31.02.2014", "last": "28"})]),
        ("T\nx", [(2, "bad-date", {"value": "x"})]),
        (
            "T\n32.13.2014",
            [(2, "date-no-month", {"value": "32.13.2014", "month": "13"}), (2, "no-body", {})],
        ),
        ("T\n13.08.2014", [(2, "no-body", {})]),
        ("T\n13.08.2014\n\n", [(4, "no-body", {})]),
        ("T\n13.08.2014\n[a](#)", [(3, "no-body", {})]),
        ("T\n13.08.2014\nАдрес страницы: http://a.ru/\n[a](#)", [(4, "no-body", {})]),
        ("T\n" + "я" * 61 + "\nx", [(2, "bad-date", {"value": "я" * 59 + "…"})]),
        ("T\n13.08.2014\n" + "&" * 100_001, [(0, "too-deep", {})]),
    ],
    ids=range(14),
)
def test_a_press_text_that_lacks_what_it_must_have_is_refused(
    source: str, problems: Problems
) -> None:
    assert refused(source, "a.txt") == problems


@pytest.mark.parametrize("address", ["nope", "/a", "mailto:a@b.ru", "ftp://a.ru/", "http:///a"])
def test_a_press_text_with_a_wrong_address_is_read_without_it(address: str) -> None:
    found, problems = warned(press("x", "", f"Адрес страницы: {address}", "[a](#)"), "x.txt")

    assert problems == [(5, "bad-address", {"value": address})]
    assert (found.id, found.address, found.html) == ("x", None, "<p>x</p>")
