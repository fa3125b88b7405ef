"""Markdown entries: the keys of the front matter, and the body."""

from typing import Literal
from unicodedata import normalize

import pytest

from feedsvc.model import Category, Entry
from feedsvc.parsing import is_entry_name
from feedsvc.text import SITE
from tests.support.parsing import Problems, entry, markdown, refused, warned


def test_every_key_but_title_and_date_has_a_default() -> None:
    found = entry(markdown())

    assert found == Entry(
        id="a",
        page="/presscenter/news/detail/a.html",
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


def test_every_key_is_read() -> None:
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
        page="/presscenter/news/detail/Some.id_1-a.html",
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
        aliases=("//xn--b1aew.xn--p1ai/1", "/presscenter/news/detail/a"),
    )
    assert found.updated.isoformat() == "2014-08-14T15:30:00+04:00"


@pytest.mark.parametrize("status", ["published", "draft", "withdrawn"])
def test_every_status_is_known(status: str) -> None:
    assert entry(markdown(f"status: {status}")).status == status


def test_a_withdrawn_entry_may_have_no_text() -> None:
    found = entry(markdown("status: withdrawn", body=" \n"))

    assert (found.html, found.summary) == ("", "")


def test_a_picture_alone_is_a_body() -> None:
    found = entry(markdown(body="![A yard](https://x.example/a.png)"))

    assert found.html == '<p><img src="https://x.example/a.png" alt="A yard"></p>\n'


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (markdown("author: [a, [b]]"), [(4, "bad-value", {"key": "author"})]),
        (markdown("author: {surname: a}"), [(4, "bad-value", {"key": "author"})]),
        (markdown("author: []"), [(4, "bad-value", {"key": "author"})]),
        (markdown("Title: T"), [(4, "key-twice", {"key": "Title"})]),
        (markdown("summary: {a: [b]}"), [(4, "bad-value", {"key": "summary"})]),
        (markdown("status: [draft]"), [(4, "bad-value", {"key": "status"})]),
        (markdown("status: gone"), [(4, "unknown-status", {"value": "gone"})]),
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
        (markdown(body=">" * 50_000), [(5, "too-deep", {})]),
        (markdown("title: T", "author: " + "a" * 1001),
         [(4, "key-twice", {"key": "title"}),
          (5, "text-long", {"key": "author", "limit": "1000"})]),
        (markdown("summary: " + "a" * 2001),
         [(4, "text-long", {"key": "summary", "limit": "2000"})]),
        (markdown("status: withdrawn", "reason: " + "я " * 1001),
         [(5, "text-long", {"key": "reason", "limit": "2000"})]),
        (markdown("correction: " + "a" * 5001),
         [(4, "text-long", {"key": "correction", "limit": "5000"})]),
        (markdown("guid: urn:" + "a" * 997),
         [(4, "text-long", {"key": "guid", "limit": "1000"})]),
        (markdown("image:", "  file: a.jpg", "  alt: " + "a" * 2001, "  caption: " + "b" * 2001),
         [(4, "text-long", {"key": "alt", "limit": "2000"}),
          (4, "text-long", {"key": "caption", "limit": "2000"})]),
        ("---\ndate: 13.08.2014\ntitle: " + "я" * 501 + "\n---\nx",
         [(3, "title-long", {"key": "title", "limit": "500"})]),
        (markdown(body="\n\n|a|b|\n|-|-|\n" + "|c|\n" * 20_000),
         [(10_008, "table-large", {})]),
        (markdown(body="a@b.cd " * 4000), [(5, "addresses-many", {})]),
        (markdown(body="![](a.jpg)\n" * 1001), [(0, "pictures-many", {})]),
        (markdown(body="- a\n" * 60_000), [(0, "too-many-parts", {})]),
        (markdown(body="«" * 500_000), [(0, "signs-many", {})]),
        (markdown(*(f"k{n}: v" for n in range(99))), [(102, "names-many", {})]),
        (markdown("categories: [" + "[]," * 10_001 + "]"), [(4, "list-long", {})]),
    ],
    ids=range(42),
)  # fmt: skip
def test_a_markdown_entry_with_a_wrong_value_is_refused(source: str, problems: Problems) -> None:
    assert refused(source) == problems


@pytest.mark.parametrize("guid", ["tag:news.example,2015:1", "urn:uuid:1", "https://a.ru/?p=1"])
def test_a_guid_from_another_system_is_kept(guid: str) -> None:
    assert entry(markdown(f"guid: {guid}")).guid == guid


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("titel: x", (4, "unknown-key-near", {"key": "titel", "near": "title"})),
        ("categorys: x", (4, "unknown-key-near", {"key": "categorys", "near": "categories"})),
        ("colour: x", (4, "unknown-key", {"key": "colour"})),
        ("ключ: [x, {y: z}]", (4, "unknown-key", {"key": "ключ"})),
        ("image: {file: a.png, alt: b}", (4, "media-missing", {"name": "a.png"})),
        ("image: []", (4, "bad-image", {})),
        ("image: {alt: b}", (4, "bad-image", {})),
        ("attachments: [a.pdf]", (4, "media-missing", {"name": "a.pdf"})),
        ("lang: по-русски", (4, "bad-lang", {"value": "по-русски"})),
        ("lang: ru" + "-abc" * 9, (4, "bad-lang", {"value": "ru" + "-abc" * 9})),
        (
            "address: http://a.ru/" + "a" * 2000,
            (4, "bad-address", {"value": "http://a.ru/" + "a" * 47 + "…"}),
        ),
        ("title" + "e" * 30 + ": x", (4, "unknown-key", {"key": "title" + "e" * 30})),
        ("lang: r", (4, "bad-lang", {"value": "r"})),
        ("address: /a", (4, "bad-address", {"value": "/a"})),
        ("address: mailto:a@b.ru", (4, "bad-address", {"value": "mailto:a@b.ru"})),
        ("updated: 12.08.2014", (4, "updated-early", {})),
        ('reason: "\\u0001"', (4, "characters-removed", {})),
        ('categories: ""', None),
        ('categories: ["", "\\u2014"]', None),
    ],
)
def test_an_optional_value_that_is_wrong_is_ignored(
    line: str, problem: tuple[int, str, dict[str, str]] | None
) -> None:
    found, problems = warned(markdown(line))

    assert found == entry(markdown())
    if problem:
        assert problems == [problem]


def test_an_entry_has_fifty_categories_at_most() -> None:
    labels = [f"Рубрика {number}" for number in range(8000)]
    found, problems = warned(markdown(f"categories: [{', '.join(labels)}]"))

    assert [category.label for category in found.categories] == labels[:50]
    assert problems == [(4, "categories-many", {})]
    fifty = [*labels[:50], *labels[:50]]
    assert entry(markdown(f"categories: [{', '.join(fifty)}]")).categories == found.categories


def test_many_unknown_keys_give_few_problems() -> None:
    keys = [f"k{number}: v" for number in range(98)]
    _, problems = warned(markdown(*keys))

    assert [code for _, code, _ in problems] == ["unknown-key"] * 20 + ["problems-more"]
    assert problems[-1] == (0, "problems-more", {"count": "78"})


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_a_mac_writes_is_the_same_entry(form: Literal["NFC", "NFD"]) -> None:
    written = markdown(
        "author: Сергей Йогин",
        "categories: [Объявления о ёлках, Новый район]",
        body="Ёлки у домов [йогов](йога.html).",
    )

    assert entry(normalize(form, written)) == entry(written)


def test_an_escape_in_a_value_is_composed_too() -> None:
    assert entry(markdown('author: "и\\u0306"')).author == "й"


def test_marks_without_number_are_removed() -> None:
    found, problems = warned(markdown(body="a\n\nб" + "\u0301\u0323" * 1000))

    assert found.html == "<p>a</p>\n<p>б" + "\u0323" * 15 + "\u0301" * 15 + "</p>\n"
    assert problems == [(7, "marks-many", {})]


def test_an_update_earlier_than_the_publication_is_ignored() -> None:
    found, _ = warned(markdown("updated: 12.08.2014"))

    assert found.updated.isoformat() == "2014-08-13T00:00:00+04:00"


def test_a_dated_page_is_html_with_front_matter() -> None:
    body = (
        "<p>a *b* {{ c }}\n    <i>d</i></p>\n\n"
        "    <script>e</script><iframe src='//f.example/'></iframe>"
    )
    found, problems = warned(markdown(body=body), "_posts/2014-08-13-a.html")
    assert [code for _, code, _ in problems] == ["template"]
    assert found.html.split() == (
        '<p>a *b* <i>d</i></p> <a href="https://f.example/">Watch at f.example</a>'.split()
    )


@pytest.mark.parametrize(
    ("name", "is_entry"),
    [
        ("2014-08-13-a.html", True),
        ("2014-8-3_a.HTM", True),
        ("index.html", True),
        ("2014-08-13.html", True),
        ("2014-08-13-a.md", True),
        ("a.markdown", True),
        ("2014-08-13-a.rst", False),
    ],
)
def test_web_pages_are_entries_whatever_their_names(name: str, is_entry: bool) -> None:  # noqa: FBT001
    assert is_entry_name(name) is is_entry
