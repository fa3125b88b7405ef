"""Markdown entries: the keys of the front matter, and the body."""

import pytest

from feedsvc.model import Category, Entry
from feedsvc.text import SITE
from tests.support.parsing import Problems, entry, markdown, refused, warned


def test_every_key_but_title_and_date_has_a_default() -> None:
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


def test_a_picture_alone_is_a_body() -> None:
    found = entry(markdown(body="![](https://x.example/a.png)"))

    assert found.html == '<p><img src="https://x.example/a.png" alt=""></p>\n'


@pytest.mark.parametrize(
    ("source", "problems"),
    [
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
    ids=range(26),
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
def test_an_optional_value_that_is_wrong_is_ignored(
    line: str, problem: tuple[int, str, dict[str, str]] | None
) -> None:
    found, problems = warned(markdown(line))

    assert found == entry(markdown())
    if problem:
        assert problems == [problem]


def test_an_update_earlier_than_the_publication_is_ignored() -> None:
    found, _ = warned(markdown("updated: 12.08.2014"))

    assert found.updated.isoformat() == "2014-08-13T00:00:00+04:00"
