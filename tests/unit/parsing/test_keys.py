"""Front matter of other systems: what it means here, and what keeps a text from the public."""

import re

import pytest

from feedsvc.model import Category
from feedsvc.parsing import keys
from tests.support.newsroom import ROOT
from tests.support.parsing import entry, markdown, reading, refused, warned

HIDDEN = (
    *("draft: true", "Draft: yes", "DRAFT: True", "published: false", "published: no"),
    *("publish: false", "private: true", "hidden: true", "unlisted: true", "headless: true"),
    *("status: draft", "status: hidden", "Status: private", "status: pending", "status: trash"),
    *("post_status: private", "visibility: private", "visibility: password", "visibility: review"),
    *("eleventyExcludeFromCollections: true", "permalink: false", "build: {render: never}"),
    *("build:\n  list: never", "build: {render: false}", "_build: {list: never}", "render: false"),
    *(
        "tags: [news, draft]",
        "tags: private",
        "tags: news, Draft",
        "tag: ['a, private']",
        "extra: {hidden: true}",
        "draft: false\nextra: {draft: true}",
        "params:\n  draft: true",
    ),
    *("draft: false\npublished: false", "published: true\ndraft: true", "is-private: 1"),
)


@pytest.mark.parametrize("lines", HIDDEN)
def test_what_another_system_hides_is_hidden(lines: str) -> None:
    assert entry(markdown(lines)).status == "draft"


@pytest.mark.parametrize(
    "lines",
    [
        *("draft: false", "draft: no", "published: true", "hidden: 0", "private: off"),
        *("status: publish", "Status: Published", "status: future", "visibility: public"),
        *("build: {render: always, list: always}", "permalink: /a/b/", "tags: [news, drafts]"),
    ],
)
def test_what_another_system_shows_is_shown(lines: str) -> None:
    assert entry(markdown(lines)).status == "published"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        *(("draft: maybe", "hidden-unclear"), ("private: [a]", "hidden-unclear")),
        *(("draft: *a", "hidden-unclear"), ("hidden: {a: b}", "hidden-unclear")),
        *(("status: wonderful", "unknown-status"), ("visibility: some", "unknown-status")),
        *(("expiryDate: never", "bad-date"), ("expires: soon", "bad-date")),
        *(("unpublish: true", "bad-date"), ("password: 123", "password")),
        *(("expires: 12.08.2014", "expires-early"), ("expiryDate: 2014-08-13", "expires-early")),
        *(("pinned: often", "bad-pinned"), ("pinned: [a]", "bad-value")),
        *(("publishDate: someday", "bad-date"), ("embargo: [a]", "bad-date")),
    ],
)
def test_what_is_not_clear_keeps_the_file_back(line: str, code: str) -> None:
    assert [(number, found) for number, found, _ in refused(markdown(line))] == [(4, code)]


def test_a_text_is_public_when_the_later_of_its_dates_has_come() -> None:
    for line, day in (
        ("publishDate: 2999-12-31", "2999-12-31"),
        ("publish_date: 2014-08-12", "2014-08-13"),
        ("PublishDate: 14.08.2014 15:30", "2014-08-14"),
        ("publishDate: 2999-12-31\nembargo: 2014-08-14", "2999-12-31"),
        ("embargo: 2999-12-31\npublishDate: 2014-08-14", "2999-12-31"),
    ):
        assert entry(markdown(line)).published.date().isoformat() == day


def test_keys_of_other_systems_mean_what_ours_do() -> None:
    found = entry(
        markdown(
            "lastmod: 2014-08-15",
            "authors: [{name: А. Иванов, url: http://a.ru/}, Б. Петров]",
            "description: О чём это",
            "excerpt: Иначе",
            "language: en",
            "slug: Ремонт двора",
            "tags: [Двор]",
            "category: Ремонт",
        )
    )
    assert (found.updated.day, found.author, found.summary) == (
        15,
        "А. Иванов, Б. Петров",
        "О чём это",
    )
    assert (found.lang, found.id) == ("en", "Remont-dvora")
    assert {label.label for label in found.categories} == {"Двор", "Ремонт"}


def test_tables_of_hugo_and_zola_are_read() -> None:
    found = entry(
        '+++\ntitle = "T"\n\ndate = 2014-08-13\n[taxonomies]\ntags = ["Двор"]\n'
        "[extra]\ntoc = true\n+++\nBody.\n"
    )
    assert found.categories == (Category("Двор", "dvor"),)


@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "T"\ndate = 2014-08-13\nauthor = "A"\n+++\n',
        '{"title": "T", "date": "2014-08-13",\n "author": ["A"]}\n',
        "Title: T\nDate: 2014-08-13\nAuthor: A\n\n",
        "title: T\ndate: 2014-08-13 00:00\nauthors:\n  A\n\n",
        ".. title: T\n.. date: 2014-08-13 00:00:00 UTC+04:00\n.. author: A\n\n".replace(
            " UTC+04:00", ""
        ),
        "<!--\n.. title: T\n.. date: 2014-08-13\n.. author: A\n-->\n\n",
    ],
)
def test_heads_of_other_systems_are_read(head: str) -> None:
    assert entry(f"{head}Body.\n") == entry(markdown("author: A"))


@pytest.mark.parametrize(
    ("head", "line", "code"),
    [
        ('+++\ntitle = "T"\ndate = \n+++\n', 3, "bad-head"),
        ("+++\ntitle = 1\n", 1, "front-matter-open"),
        ('\n{"title": "T",\n date: 1}\n', 3, "bad-head"),
        ("+++\na = " + "[" * 5000 + "\n+++\n", 2, "too-deep"),
        ("+++\n" + "a . " * 200 + "b = 1\n+++\n", 2, "too-deep"),
        ("{" + '"a":[' * 50_000, 1, "bad-head"),
        ('{"a":' + "[" * 50_000, 1, "too-deep"),
        ("Title: T\nno colon\n\n", 2, "bad-head"),
        ("Title: T\n" + "".join(f"k{n}: v\n" for n in range(200)) + "\n", 101, "names-many"),
        ("+++\n" + "".join(f"k{n} = 1\n" for n in range(200)) + "+++\n", 2, "names-many"),
        ("+++\na = '" + "a" * 70_000 + "'\n+++\n", 2, "list-long"),
    ],
)
def test_a_head_that_cannot_be_read_is_refused_where_it_is_wrong(
    head: str, line: int, code: str
) -> None:
    problems = refused(f"{head}Body.\n")
    assert [(number, found) for number, found, _ in problems] == [(line, code)]


def test_problems_of_other_heads_name_their_lines() -> None:
    for source, line in (
        ('+++\ntitle = "T"\ndate = "x"\n+++\nBody.\n', 3),
        ('{\n"title": "T",\n"date": "x"}\nBody.\n', 3),
        ("Title: T\nDate: x\n\nBody.\n", 2),
    ):
        assert refused(source) == [(line, "bad-date", {"value": "x"})]


def test_names_with_dates_and_folders_are_understood() -> None:
    undated = "---\ntitle: T\n---\nBody.\n"
    found = entry(undated, "news/2014-08-13-repair-works.md")
    assert (found.id, found.published.isoformat()) == ("repair-works", "2014-08-13T00:00:00+04:00")
    assert entry(markdown(), "2014-08-13-repair-works.md").id == "2014-08-13-repair-works"
    assert entry(markdown(), "news/repair/index.md").id == "repair"
    assert entry(undated, "news/2014-08-13-repair/index.md").id == "repair"
    assert entry(markdown(), "index.md").id == "index"
    assert reading(undated, "news/2014-13-13-x.md").entry is None


def test_what_says_how_a_page_looks_is_no_problem() -> None:
    _, problems = warned(markdown("layout: post", "menu: {main: {weight: 1}}", "weirdness: 1"))
    assert problems == [(6, "unknown-key", {"key": "weirdness"})]


def test_every_key_that_is_known_is_in_the_guide_for_those_who_move() -> None:
    guide = (ROOT / "docs" / "moving.md").read_text()
    written = {keys.plain(name) for name in re.findall(r"`([A-Za-z_]+)`", guide)}
    assert written >= keys.KNOWN


def test_what_is_nested_too_deeply_or_odd_has_no_value() -> None:
    deep = '{"title": "T", "date": "2014-08-13", "x": ' + "[" * 102 + "]" * 102 + "}\nBody.\n"
    _, problems = warned(deep)
    assert problems == [(1, "unknown-key", {"key": "x"})]
    assert entry('+++\ndate = 2014-08-13\n"title" = "T"\n+++\nBody.\n').title == "T"
    assert entry("---\ntitle: T\npublished: 2014-08-13\n---\nBody.\n").published.day == 13
    assert refused(markdown("tags: [a]", "category: {a: b}")) == [
        (5, "bad-list", {"key": "categories"})
    ]


def test_a_text_may_consist_of_a_head_of_lines_alone() -> None:
    assert refused("Title: T\nDate: 2014-08-13") == [(2, "no-body", {})]
    assert refused("Title: T\nDate: 2014-08-13\nDATE: 2014-08-14\n\nBody.\n") == [
        (3, "key-twice", {"key": "DATE"})
    ]
    assert refused("Title: T\nTitle: U\n\nBody.\n")[0] == (1, "no-date", {})


def test_a_value_above_a_table_is_preferred_to_the_one_in_it() -> None:
    assert entry(markdown("extra: {title: Other, author: A}")).title == "T"


@pytest.mark.parametrize(
    ("path", "line", "labels"),
    [
        ("_posts/a.md", "categories: news city", ["news", "city"]),
        ("_posts/a.md", "tags: news, the city", ["news", "the city"]),
        ("_posts/a.md", "category: the city", ["the city"]),
        ("_posts/a.md", "tags: [the city]", ["the city"]),
        ("a.md", "categories: the city", ["the city"]),
    ],
)
def test_labels_in_one_line_are_separated_as_jekyll_does(
    path: str, line: str, labels: list[str]
) -> None:
    assert [each.label for each in entry(markdown(line), path).categories] == labels


def test_labels_in_lines_of_names_and_values_are_separated_by_commas() -> None:
    found = entry("Title: T\nDate: 2014-08-13\nTags: news, the city\nAuthors: A B; C, D\n\nBody.\n")
    assert [each.label for each in found.categories] == ["news", "the city"]
    assert found.author == "A B, C, D"


def test_the_home_page_is_no_old_address_and_no_mistake() -> None:
    assert entry(markdown("url: /")).aliases == ()


@pytest.mark.parametrize("value", ["mailto:a@b.example", "/" + "a" * 3000, "https://["])
def test_an_old_address_that_is_none_is_told(value: str) -> None:
    found, problems = warned(markdown(f"aliases: ['/b', '{value}']"))
    assert found.aliases == ("/b",)
    assert [(line, code) for line, code, _ in problems] == [(4, "bad-alias")]


def test_an_entry_has_a_hundred_old_addresses_at_most() -> None:
    lines = "".join(f"\n- /{number}" for number in range(200))
    assert len(entry(markdown(f"aliases:{lines}")).aliases) == 100


# Titles and dates that no header has


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2014-08-13-a.md", "2014-08-13"),
        ("2014-8-3-a.md", "2014-08-03"),
        ("2014/08/13/a.md", "2014-08-13"),
        ("news/2014-08-13/a.md", "2014-08-13"),
    ],
)
def test_the_date_may_stand_in_the_path(path: str, day: str) -> None:
    found = entry("---\ntitle: T\n---\nBody.\n", path)
    assert found.published.date().isoformat() == day


def test_the_date_may_stand_in_an_old_address() -> None:
    found = entry('+++\ntitle = "T"\npath = "2014/08/13/a"\n+++\nBody.\n', "b.md")
    assert found.published.date().isoformat() == "2014-08-13"
    assert found.aliases == ("/2014/08/13/a",)


@pytest.mark.parametrize("heading", ["# A *heading*\n", "\n\n#  A *heading* ##\n"])
def test_the_title_may_be_the_first_heading(heading: str) -> None:
    found = entry(f"---\ndate: 2014-08-13\n---\n{heading}\nBody {{}}.\n")
    assert (found.title, found.html) == ("A heading", "<p>Body {}.</p>\n")


def test_the_title_may_be_made_of_the_name_of_a_dated_file() -> None:
    found, problems = warned("---\nauthor: A\n---\nBody.\n", "2014-08-13-the-first-day.md")
    assert found.title == "The First Day"
    assert problems == [(0, "title-from-name", {"title": "The First Day"})]


def test_a_language_that_is_a_list_is_ignored() -> None:
    found, problems = warned(markdown("lang: [R, Python]"))
    assert found.lang is None
    assert [code for _, code, _ in problems] == ["bad-lang"]


def test_a_text_in_several_languages_in_one_folder_has_several_ids() -> None:
    ids = [entry(markdown(), f"a/index{end}.md").id for end in ("", ".en", ".pt-BR")]
    assert ids == ["a", "a.en", "a.pt-BR"]
    ids = [entry(markdown("slug: b"), f"a/{name}.md").id for name in ("index", "index.es", "c.es")]
    assert ids == ["b", "b.es", "b.es"]


@pytest.mark.parametrize(
    ("path", "slug", "entry_id"),
    [
        ("2014-08-13-a.md", "a", "2014-08-13-a"),
        ("2014-08-13-a/index.es.md", "a", "2014-08-13-a.es"),
        ("2014-08-13-a.md", "b", "b"),
        ("a.md", "a", "a"),
        ("a.md", "Новый день", "Novyy-den"),
    ],
)
def test_a_slug_is_the_id_unless_another_year_may_have_it(
    path: str, slug: str, entry_id: str
) -> None:
    found = entry(markdown(f"slug: {slug}"), path)
    assert found.id == entry_id
    if entry_id.startswith("2014"):
        assert f"/presscenter/news/detail/{entry_id[11:]}" in found.aliases


def test_a_slug_that_is_a_list_is_a_mistake() -> None:
    assert refused(markdown("slug: [a]")) == [(4, "bad-value", {"key": "id"})]
