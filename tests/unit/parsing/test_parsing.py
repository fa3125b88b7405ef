"""Entry files: bytes in, Entry or Problems out."""

import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.model import Category, Entry, Problem, Reading
from feedsvc.parsing import MAX_SIZE, is_entry_name, read
from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.text import SITE

ROOT = Path(__file__).parent.parent
MOSCOW = replace(Settings(), timezone=ZoneInfo("Europe/Moscow"), authority="news.example,2014")
NEWS = "Заголовок новости\n13.08.2014\nПервый абзац текста новости.\n"

Found = list[tuple[int, str, dict[str, str]]]


def reading(source: str | bytes, path: str = "news/a.md") -> Reading:
    return read(source.encode() if isinstance(source, str) else source, path, MOSCOW)


def entry(source: str | bytes, path: str = "news/a.md") -> Entry:
    """The entry of a file with which nothing is wrong."""
    found = reading(source, path)
    assert found.problems == ()
    assert found.entry is not None
    return found.entry


def listed(found: Reading) -> Found:
    return [(problem.line, problem.code, dict(problem.values)) for problem in found.problems]


def warned(source: str | bytes, path: str = "news/a.md") -> tuple[Entry, Found]:
    """The entry of a file in which only less important things are wrong."""
    found = reading(source, path)
    assert found.entry is not None
    return found.entry, listed(found)


def refused(source: str | bytes, path: str = "news/a.md") -> Found:
    """The problems of a file that cannot become an entry."""
    found = reading(source, path)
    assert found.entry is None
    return listed(found)


def markdown(*lines: str, body: str = "Body.\n") -> str:
    """A Markdown entry; the first of `lines` is the fourth of the file."""
    return "\n".join(["---", "title: T", "date: 13.08.2014", *lines, "---", body])


def press(*lines: str) -> str:
    """A press text; the first of `lines` is the third of the file."""
    return "\n".join(["T", "13.08.2014", *lines])


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(range(200))))
    return b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"")


# --- the press centre's own text


def test_the_press_centres_real_text_is_read() -> None:
    source = (ROOT / "entries" / "1204713.txt").read_text(encoding="utf-8")
    paragraphs = source.strip().split("\n\n")[2:5]

    found = entry(source, "1204713.txt")

    assert found == Entry(
        id="1204713",
        title="Штаб по развитию отечественных производств для импортозамещения"
        " будет создан в Москве",
        published=found.published,
        updated=found.published,
        # Neither the line with the address nor the link to the office.
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


def test_a_press_text_needs_no_address_and_no_publisher() -> None:
    found = entry("  Два \t слова \n13 августа 2014 г. в 15:30\na\nb\n\n\n\nc www.mos.ru", "x.txt")

    assert found == Entry(
        id="x",
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
        # Pages of no known pattern, and names that are no ids.
        ("http://a.ru/news/77.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/77", None, "x"),
        ("http://a.ru/presscenter/news/detail/.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/a/77.html", None, "x"),
        ("http://a.ru/presscenter/news/detail/...html", None, "x"),
        ("http://a.ru/old/presscenter/news/detail/77.html", None, "x"),
    ],
    ids=range(9),
)  # fmt: skip
def test_the_address_gives_the_id_where_it_is_a_page_of_this_pattern(
    line: str, address: str | None, entry_id: str
) -> None:
    found = entry(press("x", "", f"Адрес страницы: {line}"), "x.txt")

    assert (found.address, found.id) == (address or line.strip("<>"), entry_id)
    assert found.html == "<p>x</p>"


def test_the_pattern_of_pages_is_the_settings() -> None:
    data = press("x", "Адрес страницы: http://a.ru/n/77/").encode()

    found = read(data, "x.txt", replace(MOSCOW, permalink="/n/<id>/")).entry

    assert found is not None
    assert found.id == "77"


def test_the_publisher_may_stand_without_an_address() -> None:
    found = entry(press("x", "[ Управа \t района ](http://a.ru/)"), "x.txt")

    assert (found.publisher, found.address, found.html) == ("Управа района", None, "<p>x</p>")


def test_the_word_of_the_address_may_be_in_any_case() -> None:
    assert entry(press("x", "АДРЕС СТРАНИЦЫ:http://a.ru/"), "x.txt").address == "http://a.ru/"


@pytest.mark.parametrize("line", ["[a](#) b", "[a]", "Адрес страницы:", "Адрес страницы: a b"])
def test_a_last_line_that_only_looks_alike_stays_text(line: str) -> None:
    found = entry(press("x", line), "x.txt")

    assert (found.html, found.publisher, found.address) == (f"<p>x<br>\n{line}</p>", None, None)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", [(1, "no-title", {})]),
        (" \n\n\t\n", [(1, "no-title", {})]),
        ("T", [(2, "no-date", {})]),
        ("\n\nT\n\n", [(4, "no-date", {})]),
        ("T\nx\ny", [(2, "bad-date", {"value": "x"})]),
        ("\nT\n\n31.02.2014\ny", [(4, "bad-date", {"value": "31.02.2014"})]),
        ("T\nx", [(2, "bad-date", {"value": "x"}), (2, "no-body", {})]),
        ("T\n[a](#)", [(2, "bad-date", {"value": "[a](#)"}), (2, "no-body", {})]),
        ("T\n13.08.2014", [(2, "no-body", {})]),
        ("T\n13.08.2014\n\n", [(4, "no-body", {})]),
        ("T\n13.08.2014\n[a](#)", [(3, "no-body", {})]),
        ("T\n13.08.2014\nАдрес страницы: http://a.ru/\n[a](#)", [(4, "no-body", {})]),
        ("T\n" + "я" * 61 + "\nx", [(2, "bad-date", {"value": "я" * 59 + "…"})]),
        ("T\n13.08.2014\n" + "&" * 100_001, [(0, "too-deep", {})]),
    ],
    ids=range(14),
)
def test_a_press_text_without_what_it_must_have_is_refused(source: str, found: Found) -> None:
    assert refused(source, "a.txt") == found


@pytest.mark.parametrize("address", ["nope", "/a", "mailto:a@b.ru", "ftp://a.ru/", "http:///a"])
def test_a_press_text_with_a_wrong_address_is_read_without_it(address: str) -> None:
    found, problems = warned(press("x", "", f"Адрес страницы: {address}", "[a](#)"), "x.txt")

    assert problems == [(5, "bad-address", {"value": address})]
    assert (found.id, found.address, found.html) == ("x", None, "<p>x</p>")


# --- Markdown


def test_every_key_of_the_front_matter_has_its_default() -> None:
    found = entry(markdown())

    assert found == Entry(
        id="a",
        title="T",
        published=found.published,
        updated=found.published,
        html="<p>Body.</p>\n",
        summary="Body.",
        status="published",
        reason=None,
        correction=None,
        author=None,
        publisher=None,
        lang=None,
        categories=(),
        image=None,
        attachments=(),
        address=None,
        guid=None,
    )
    assert found.published.isoformat() == "2014-08-13T00:00:00+04:00"


def test_every_key_of_the_front_matter_is_read() -> None:
    found = entry(
        markdown(
            "id: Some.id_1-a",
            "updated: 14 августа 2014 г. в 15:30",
            "author: An  Author",
            "summary: A summary",
            "lang: ru-RU",
            "categories: [Новости, Спорт]",
            "status: withdrawn",
            "reason: A reason",
            "correction: A correction",
            "address: http://мвд.рф/1",
            "guid: http://old.example/1",
            body="See [this](b.html).",
        )
    )

    assert found == Entry(
        id="Some.id_1-a",
        title="T",
        published=found.published,
        updated=found.updated,
        html=f'<p>See <a href="{SITE}/presscenter/news/detail/b.html">this</a>.</p>\n',
        summary="A summary",
        status="withdrawn",
        reason="A reason",
        correction="A correction",
        author="An Author",
        lang="ru-RU",
        categories=(Category("Новости", "novosti"), Category("Спорт", "sport")),
        address="http://xn--b1aew.xn--p1ai/1",
        guid="http://old.example/1",
    )
    assert found.updated.isoformat() == "2014-08-14T15:30:00+04:00"


@pytest.mark.parametrize("status", ["published", "draft", "withdrawn"])
def test_every_status_is_known(status: str) -> None:
    assert entry(markdown(f"status: {status}")).status == status


def test_a_withdrawn_entry_may_have_no_text() -> None:
    found = entry(markdown("status: withdrawn", body=" \n"))

    assert (found.html, found.summary) == ("", "")


def test_a_picture_alone_is_text_enough() -> None:
    found = entry(markdown(body="![](https://x.example/a.png)"))

    assert found.html == '<p><img src="https://x.example/a.png" alt=""></p>\n'


@pytest.mark.parametrize(
    "source",
    [
        "\n \n---\ntitle: T\ndate: 13.08.2014\n---\nBody.\n",
        "--- \t\ntitle: T\ndate: 13.08.2014\n---  \nBody.\n",
        "---\ntitle: T\ndate: 13.08.2014\n...\nBody.\n",
        "---\n# a comment\ntitle:   T # another\n\ndate: '13.08.2014'\n---\n\nBody.\n",
        "---\n{title: T, date: 13.08.2014}\n---\nBody.\n",
        '---\n"title": T\ndate: "2014-08-13"\n---\nBody.\n',
        "---\ntitle: |\n  T\ndate: >-\n  13.08.2014\n---\nBody.\n",
        "---\ntitle: !!python/object/new:os.system T\ndate: !!timestamp 2014-08-13\n---\nBody.\n",
        "---\ntitle: &anchor T\ndate: 13.08.2014\nauthor: ~\nlang: null\nid:\nguid: ''\n---\nBody.",
    ],
    ids=["blank lines before", "white space", "dots", "comments", "braces", "quotation marks",
         "block scalars", "tags", "nothing"],
)  # fmt: skip
def test_the_front_matter_may_be_written_in_many_ways(source: str) -> None:
    assert entry(source) == entry(markdown())


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("08", "08"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("2014-08-13", "2014-08-13"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
        ('"null"', "null"),
        ("'~'", "~"),
        ("|\n  a\n  b\n", "a b"),
        (">\n  a\n\n  b\n", "a b"),
        ('"a\\nb\\u2014\\x41"', "a b—A"),
        ("a #b", "a"),
        ("!!int 5", "5"),
    ],
)
def test_a_value_stays_the_text_that_was_written(written: str, title: str) -> None:
    assert entry(f"---\ntitle: {written}\ndate: 13.08.2014\n---\nBody.").title == title


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", [(1, "no-front-matter", {})]),
        ("\n\nT\n13.08.2014\nx", [(3, "no-front-matter", {})]),
        ("----\ntitle: T\n---\nx", [(1, "no-front-matter", {})]),
        ("---\ntitle: T\n", [(1, "front-matter-open", {})]),
        ("\n---", [(2, "front-matter-open", {})]),
        ("---\ntitle: T\nx: a: b\n---\nx", [(3, "bad-yaml", {})]),
        ('---\ntitle: "T\n---\nx', [(3, "bad-yaml", {})]),
        ("---\ntitle: T\n\tx: y\n---\nx", [(3, "bad-yaml", {})]),
        ('---\ntitle: "\\uD800"\n---\nx', [(2, "bad-yaml", {})]),
        ("\n---\n%TAG\n---\nx", [(3, "bad-yaml", {})]),
        ("---\n- title\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\n# a\nT\n---\nx", [(3, "not-a-mapping", {})]),
        ("---\n*a\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\ntitle: T\n? [a]\n: b\n---\nx", [(3, "not-a-mapping", {})]),
        ("---\n? {a: b}\n: c\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\n# a\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\n{}\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\ntitle: ~\ndate: null\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\ntitle: ''\ndate:\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ('---\ndate: 13.08.2014\ntitle: "\\u0001"\n---\nx',
         [(1, "no-title", {}), (3, "characters-removed", {})]),
        ("---\ntitle: T\ndate: 2014-08\n---\nx", [(3, "bad-date", {"value": "2014-08"})]),
        ("---\ntitle: &a 13.08.2014\ndate: *a\n---\nx", [(3, "bad-value", {"key": "date"})]),
        ("---\ntitle: [T]\ndate: {a: b}\n---\nx",
         [(2, "bad-value", {"key": "title"}), (3, "bad-value", {"key": "date"})]),
        ("---\ntitle: !!python/object/apply:os.system [T]\ndate: 13.08.2014\n---\nx",
         [(2, "bad-value", {"key": "title"})]),
        (markdown("title: T"), [(4, "key-twice", {"key": "title"})]),
        (markdown("foo: a", "foo:"),
         [(4, "unknown-key", {"key": "foo"}), (5, "key-twice", {"key": "foo"})]),
        (markdown("author: [a]"), [(4, "bad-value", {"key": "author"})]),
        (markdown("summary: {a: [b]}"), [(4, "bad-value", {"key": "summary"})]),
        (markdown("status: [draft]"), [(4, "bad-value", {"key": "status"})]),
        (markdown("status: gone"), [(4, "unknown-status", {"value": "gone"})]),
        (markdown("status: Draft"), [(4, "unknown-status", {"value": "Draft"})]),
        (markdown("updated: завтра"), [(4, "bad-date", {"value": "завтра"})]),
        (markdown("id: a b"), [(4, "bad-id", {"value": "a b"})]),
        (markdown("id: .."), [(4, "bad-id", {"value": ".."})]),
        (markdown("id: новость"), [(4, "bad-id", {"value": "новость"})]),
        (markdown("id: a/b"), [(4, "bad-id", {"value": "a/b"})]),
        (markdown("id: " + "a" * 129), [(4, "bad-id", {"value": "a" * 59 + "…"})]),
        (markdown("guid: 1204713"), [(4, "bad-guid", {"value": "1204713"})]),
        (markdown("guid: http://мвд.рф/1"), [(4, "bad-guid", {"value": "http://мвд.рф/1"})]),
        (markdown("guid: tag:news.example,2014:1"),
         [(4, "bad-guid", {"value": "tag:news.example,2014:1"})]),
        (markdown("categories: {a: b}"), [(4, "bad-list", {"key": "categories"})]),
        (markdown("attachments: {a: b}"), [(4, "bad-list", {"key": "attachments"})]),
        (markdown("attachments: [[a]]"), [(4, "bad-list", {"key": "attachments"})]),
        (markdown("categories: [a, [b]]"), [(4, "bad-list", {"key": "categories"})]),
        (markdown("categories: *a"), [(4, "bad-list", {"key": "categories"})]),
        (markdown("categories: [a, *b]"), [(4, "bad-list", {"key": "categories"})]),
        (markdown("categories:", "- a", "- {b: c}"), [(4, "bad-list", {"key": "categories"})]),
        (markdown(body=""), [(5, "no-body", {})]),
        (markdown("status: draft", body="\n \n"), [(8, "no-body", {})]),
        (markdown(body="<b></b>"), [(0, "no-body", {})]),
        (markdown("status: withdrawn", body="<!-- a -->"), [(0, "no-body", {})]),
        (markdown(body=">" * 50_000), [(0, "too-deep", {})]),
    ],
    ids=range(53),
)  # fmt: skip
def test_a_markdown_entry_that_is_wrong_is_refused(source: str, found: Found) -> None:
    assert refused(source) == found


@pytest.mark.parametrize("guid", ["tag:news.example,2015:1", "urn:uuid:1", "https://a.ru/?p=1"])
def test_a_guid_of_somewhere_else_is_taken(guid: str) -> None:
    assert entry(markdown(f"guid: {guid}")).guid == guid


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("titel: x", (4, "unknown-key-near", {"key": "titel", "near": "title"})),
        ("Title: x", (4, "unknown-key-near", {"key": "Title", "near": "title"})),
        ("TITLE: x", (4, "unknown-key-near", {"key": "TITLE", "near": "title"})),
        ("category: x", (4, "unknown-key-near", {"key": "category", "near": "categories"})),
        ("colour: x", (4, "unknown-key", {"key": "colour"})),
        ("ключ: [x, {y: z}]", (4, "unknown-key", {"key": "ключ"})),
        ("image: {file: a.png, alt: b}", (4, "media-missing", {"name": "a.png"})),
        ("image: [a.png]", (4, "bad-image", {})),
        ("image: {alt: b}", (4, "bad-image", {})),
        ("attachments: [a.pdf]", (4, "media-missing", {"name": "a.pdf"})),
        ("lang: по-русски", (4, "bad-lang", {"value": "по-русски"})),
        ("lang: r", (4, "bad-lang", {"value": "r"})),
        ("address: /a", (4, "bad-address", {"value": "/a"})),
        ("address: mailto:a@b.ru", (4, "bad-address", {"value": "mailto:a@b.ru"})),
        ("updated: 12.08.2014", (4, "updated-early", {})),
        ('reason: "\\u0001"', (4, "characters-removed", {})),
        ('categories: ""', None),
        ('categories: ["", "\\u2014"]', None),
    ],
)
def test_a_less_important_value_that_is_wrong_is_passed_over(
    line: str, found: tuple[int, str, dict[str, str]] | None
) -> None:
    made, problems = warned(markdown(line))

    assert made == entry(markdown())
    if found:
        assert problems == [found]


def test_a_change_earlier_than_the_entry_itself_is_passed_over() -> None:
    found, _ = warned(markdown("updated: 12.08.2014"))

    assert found.updated.isoformat() == "2014-08-13T00:00:00+04:00"


@pytest.mark.parametrize(
    ("written", "categories"),
    [
        ("Новости", [("Новости", "novosti")]),
        ("[Новости]", [("Новости", "novosti")]),
        ("\n- Спорт и  туризм\n- 'A, b'", [("Спорт и туризм", "sport-i-turizm"), ("A, b", "a-b")]),
        # The first of those that would share an address stays.
        ("[Новости, новости, НОВОСТИ!, novosti]", [("Новости", "novosti")]),
        ("[../../etc/passwd, /, C:\\x]", [("../../etc/passwd", "etc-passwd"), ("C:\\x", "c-x")]),
        ("[<script>, a/b, a-b]", [("<script>", "script"), ("a/b", "a-b")]),
        ("[📰 Новости]", [("📰 Новости", "newspaper-novosti")]),
        ("[北京]", [("北京", "beijing")]),
        ("[2014]", [("2014", "2014")]),
        ("[]", []),
        (f"[{'a' * 100}]", [("a" * 100, "a" * 100)]),
        (f"[{'щ' * 100}]", [("щ" * 100, "shch" * 100)]),
    ],
    ids=range(12),
)
def test_categories_get_slugs_for_their_addresses(
    written: str, categories: list[tuple[str, str]]
) -> None:
    found = reading(markdown(f"categories: {written}")).entry

    assert found is not None
    assert found.categories == tuple(Category(label, slug) for label, slug in categories)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ('""', ""),
        ('"  "', ""),
        ("📰", "📰"),
        ("'—'", "—"),
        ("'..'", ".."),
        ("ь", "ь"),
        ("a" * 101, "a" * 59 + "…"),
        ("a" * 10_000, "a" * 59 + "…"),
    ],
    ids=range(8),
)
def test_a_category_with_nothing_to_make_an_address_of_is_passed_over(
    label: str, value: str
) -> None:
    found, problems = warned(markdown(f"categories: [a, {label}]"))

    assert problems == [(4, "bad-category", {"value": value})]
    assert found.categories == (Category("a", "a"),)


# --- ids from names

# These stand in published addresses: whatever library makes them, they must not change.
LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


@pytest.mark.parametrize("letter", LETTERS)
def test_every_russian_letter_keeps_its_latin_ones(letter: str) -> None:
    small, _ = warned(markdown(f"categories: [x{letter}x]"), f"x{letter}x.md")
    capital, _ = warned(markdown(), f"x{letter.upper()}x.md")

    assert (small.id, small.categories[0].slug) == (f"x{LETTERS[letter]}x",) * 2
    assert capital.id == f"x{LETTERS[letter].capitalize()}x"


@pytest.mark.parametrize(
    ("path", "entry_id"),
    [
        ("a.md", "a"),
        ("2014/08/Some_name-1.2.md", "Some_name-1.2"),
        ("a.b.MD", "a.b"),
        ("a" * 128 + ".md", "a" * 128),
    ],
)
def test_a_plain_name_is_the_id(path: str, entry_id: str) -> None:
    assert entry(markdown(), path).id == entry_id


@pytest.mark.parametrize(
    ("path", "entry_id", "said"),
    [
        ("Ёлка у подъезда.md", "Elka-u-podezda", "Elka-u-podezda"),
        ("День открытых дверей!.md", "Den-otkrytykh-dverey", "Den-otkrytykh-dverey"),
        ("a  b—c.md", "a-b-c", "a-b-c"),
        ("a'b\"c.md", "abc", "abc"),
        ("-я-.md", "ya", "ya"),
        ("!!!.md", "entry", "entry"),
        ("ь.md", "entry", "entry"),
        ("....md", "entry", "entry"),
        ("a" * 200 + ".md", "a" * 128, "a" * 59 + "…"),
        ("щ" * 32 + "-" + "a" * 9 + ".md", "shch" * 32, ("shch" * 32)[:59] + "…"),
    ],
    ids=range(10),
)
def test_another_name_is_transliterated(path: str, entry_id: str, said: str) -> None:
    found, problems = warned(markdown(), path)

    assert found.id == entry_id
    assert problems == [(0, "id-from-name", {"id": said})]


def test_an_id_of_its_own_needs_no_name() -> None:
    assert entry(markdown("id: b"), "Новость.md").id == "b"


# --- bytes


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode(),
        NEWS.encode("utf-8-sig"),
        NEWS.replace("\n", "\r\n").encode(),
        NEWS.replace("\n", "\r").encode(),
        NEWS.encode().removesuffix(b"\n"),
    ],
    ids=["UTF-8", "byte-order mark", "CRLF", "CR", "no last line end"],
)
def test_utf_8_is_read_with_every_kind_of_line_end(data: bytes) -> None:
    found = entry(data, "a.txt")

    assert (found.title, found.html) == (
        "Заголовок новости",
        "<p>Первый абзац текста новости.</p>",
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NEWS.encode("cp1251"), "Windows-1251"),
        (NEWS.replace("\n", "\r\n").encode("cp1251"), "Windows-1251"),
        (b"\xff\xfe" + NEWS.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + NEWS.encode("utf-16-be"), "UTF-16"),
    ],
    ids=["Windows-1251", "Windows-1251 CRLF", "UTF-16 LE", "UTF-16 BE"],
)
def test_another_known_encoding_is_read_with_a_warning(data: bytes, encoding: str) -> None:
    found, problems = warned(data, "a.txt")

    assert problems == [(0, "encoding-other", {"encoding": encoding})]
    assert found == entry(NEWS, "a.txt")


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode("koi8-r"),
        NEWS.encode("cp866"),
        NEWS.encode("utf-16-le"),
        NEWS.encode("utf-16-be"),
        b"\xff\xfe" + NEWS.encode("utf-16-le") + b"a",
        NEWS.encode("cp1251") + b"\x00",
        NEWS.encode("cp1251") + b"\x98",
        png(),
        png() * 1000,
        b"T\n13.08.2014\n" + b"\x01" * 50,
        bytes(range(256)) * 10,
    ],
    ids=["KOI8-R", "CP866", "UTF-16 LE", "UTF-16 BE", "half a UTF-16 sign",
         "Windows-1251 and NUL", "not in Windows-1251", "picture", "many pictures", "controls",
         "all bytes"],
)  # fmt: skip
def test_bytes_in_no_known_encoding_are_refused(data: bytes) -> None:
    assert refused(data, "a.txt") == [(0, "encoding", {})]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"T\n13.08.2014\n" + "Новость".encode()[:-1], 3),
        (NEWS.encode().replace("Первый".encode(), "Первый".encode()[1:]), 3),
        (NEWS.encode() + b"\xff\n", 4),
        # The line is right behind a byte-order mark, too.
        (b"\xef\xbb\xbfT\n" + "я".encode()[:1], 2),
        (b"\xef\xbb\xbfT\n\xff", 2),
    ],
)
def test_damaged_utf_8_is_refused_with_the_line(data: bytes, line: int) -> None:
    assert refused(data, "a.txt") == [(line, "encoding-broken", {})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "byte-order mark"])
@pytest.mark.parametrize(
    "source",
    [
        NEWS,
        press("Ёлка"),
        press("An English text — with a dash, “quotation marks” and 5 €."),
        press("р"),
        press("📰"),
        press("рр р а"),
    ],
    ids=range(6),
)
def test_half_of_a_utf_8_file_is_never_taken_for_windows_1251(source: str, mark: bytes) -> None:
    data = mark + source.encode()

    for end in range(len(data)):
        found = reading(data[:end], "a.txt")
        assert {problem.code for problem in found.problems} <= {
            "no-title",
            "no-date",
            "bad-date",
            "no-body",
            "encoding-broken",
        }
        whole = data[:end].decode("utf-8-sig", "replace")
        assert ("encoding-broken" in {problem.code for problem in found.problems}) == (
            "\ufffd" in whole
        )


def test_forbidden_characters_are_left_out_with_a_warning() -> None:
    found, problems = warned(
        "T\x07\n13.08.2014\nЭто\ufdd0 длинный\x9f текст\ufffe новости.", "a.txt"
    )

    assert problems == [(1, "characters-removed", {})]
    assert (found.title, found.html) == ("T", "<p>Это длинный текст новости.</p>")


def test_a_file_of_one_mebibyte_is_read() -> None:
    data = press("").encode()
    data += b"a" * (MAX_SIZE - len(data))

    assert len(entry(data, "a.txt").html) == MAX_SIZE - len(press("")) + len("<p></p>")


def test_a_larger_file_is_refused() -> None:
    assert refused(b"a" * (MAX_SIZE + 1), "a.txt") == [(0, "too-large", {"size": "1048577"})]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.txt", True), ("a.md", True), ("a.TXT", True), ("a.Md", True), ("a.b.md", True),
     ("a.html", False), ("a", False), ("md", False), (".md", True), ("a.md~", False),
     ("a.txt.part", False)],
)  # fmt: skip
def test_a_name_says_whether_a_file_is_an_entry(name: str, is_one: bool) -> None:  # noqa: FBT001
    assert is_entry_name(name) == is_one


def test_a_problem_names_its_file() -> None:
    found = reading("", "2014/Новость.md")

    assert found.problems == (Problem("2014/Новость.md", 1, "no-front-matter"),)


def test_problems_come_in_the_order_of_lines() -> None:
    lines = [line for line, _, _ in refused(markdown("lang: 1", "foo: x", "id: a b", "status: y"))]

    assert lines == [4, 5, 6, 7]


# --- what would crash or crawl

CRASHING = {
    "open brackets": "---\n" + "[" * 50_000 + "\n---\nx",
    "open brackets behind a name": "---\ntitle: " + "[" * 50_000 + "\n---\nx",
    "brackets": "---\ntitle: " + "[" * 50_000 + "]" * 50_000 + "\n---\nx",
    "braces": "---\ntitle: " + "{a: " * 50_000 + "\n---\nx",
    "dashes": "---\ntitle:\n" + "- " * 50_000 + "\n---\nx",
    "names": "---\n" + "? " * 50_000 + "\n---\nx",
    "aliases": "---\na0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 100))
    + "---\nx",
}


def test_no_front_matter_brings_the_process_down(tmp_path: Path) -> None:
    for name, source in CRASHING.items():
        (tmp_path / f"{name.replace(' ', '-')}.md").write_text(source, encoding="utf-8")
    # In a process of its own: an overflown stack would end this one.
    program = (
        "import pathlib, sys\n"
        "from feedsvc.parsing import read\n"
        "from feedsvc.settings import Settings\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    print(path.stem, read(path.read_bytes(), path.name, Settings()).entry)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr, sorted(done.stdout.splitlines())) == (
        0,
        "",
        sorted(f"{name.replace(' ', '-')} None" for name in CRASHING),
    )


def assert_sound(found: Reading) -> None:
    errors = [problem for problem in found.problems if severity(problem) == "error"]
    assert (found.entry is None) == bool(errors)
    assert list(found.problems) == sorted(found.problems)


KEYS = st.sampled_from(
    "title date id updated author summary lang categories status reason correction image"
    " attachments address guid Title foo".split()
)
VALUES = st.one_of(
    st.sampled_from(
        ["T", "13.08.2014", "2014-08-13", "[a, b]", "{a: b}", "*a", "&a x", "|\n  x", '"\\u0001"',
         "~", "published", "withdrawn", "http://a.ru/", "tag:a,2014:b", "ru", "!!str x", "[[", "'"]
    ),
    st.text(max_size=20),
)  # fmt: skip
FRONT = st.lists(st.tuples(KEYS, VALUES), max_size=6).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs)
)
BODIES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["Body.", "", ">" * 200, "<b></b>", "<div>&#" + "1" * 5000 + ";</div>"]),
)
SOURCES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(
        lambda start, front, body: f"---\n{start}{front}---\n{body}".encode("utf-8", "replace"),
        st.sampled_from(["", "title: T\ndate: 13.08.2014\n"]),
        FRONT,
        BODIES,
    ),
    st.builds(
        lambda title, date, body: f"{title}\n{date}\n{body}".encode("utf-8", "replace"),
        st.text(max_size=20),
        st.sampled_from(["13.08.2014", "13 августа 2014 г.", "x"]),
        BODIES,
    ),
    st.builds(
        lambda text, encoding: text.encode(encoding, "replace"),
        st.text("абвгдеёжзиыюя .\n0123", max_size=100),
        st.sampled_from(["cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le", "utf-8-sig"]),
    ),
)


@hypothesis_settings(deadline=None, derandomize=True, max_examples=1000)
@given(SOURCES, st.sampled_from(["a.txt", "a.md", "Новость.MD", "x/!.TXT"]))
@example(markdown(body="<div>&#" + "1" * 5000 + ";</div>").encode(), "a.md")
def test_any_bytes_give_an_entry_or_an_error(data: bytes, path: str) -> None:
    assert_sound(reading(data, path))
