"""Entries in HTML: with front matter, or with a head of their own."""

from datetime import datetime
from pathlib import Path

import pytest

from feedsvc.model import Entry
from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.text import place

_SETTINGS = Settings(authority="x,2014").parsing
_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>Каток &amp; лыжня</title>
<meta name="date" content="2014-08-13 15:30">
<meta name='Tags' contents='Спорт, Отдых'>
<meta name="viewport" content="width=device-width">
<meta name="yandex-verification" content="1">
{meta}
</head>
<body class="x">
<p>Первый <em>абзац</em>.</p>
</body>
</html>
"""


def _read(tmp_path: Path, text: str, name: str = "news.html") -> tuple[Entry | None, list[str]]:
    reading = read(text.encode(), name, _SETTINGS, tmp_path)
    return reading.entry, [f"{each.line} {each.code}" for each in reading.problems]


def test_a_page_with_a_head_is_an_entry(tmp_path: Path) -> None:
    entry, problems = _read(tmp_path, _PAGE)
    assert entry
    assert problems == []
    assert (entry.id, entry.title) == ("news", "Каток & лыжня")
    assert entry.published == datetime.fromisoformat("2014-08-13T15:30:00+00:00")
    assert [each.label for each in entry.categories] == ["Спорт", "Отдых"]
    assert entry.html.strip() == "<p>Первый <em>абзац</em>.</p>"


@pytest.mark.parametrize(
    "meta",
    ['<meta name="status" content="draft">', '<meta name="Status" content="hidden">'],
)
def test_what_a_head_hides_stays_hidden(tmp_path: Path, meta: str) -> None:
    entry, _ = _read(tmp_path, _PAGE.replace("{meta}", meta))
    assert entry
    assert entry.status == "draft"


def test_front_matter_may_stand_above_html(tmp_path: Path) -> None:
    entry, problems = _read(tmp_path, "---\ntitle: A\ndate: 2014-08-13\n---\n<p>B *c*</p>")
    assert entry
    assert problems == []
    assert entry.html == "<p>B *c*</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_PAGE.replace('<meta name="date" content="2014-08-13 15:30">', ""), "1 no-date"),
        ("<p>A saved page</p>", "1 page-without-head"),
        ("<html><head><title>A</title>", "1 no-date"),
        (_PAGE.replace("2014-08-13 15:30", "soon"), "6 bad-date"),
    ],
)
def test_a_page_that_says_too_little_is_kept_back(tmp_path: Path, text: str, expected: str) -> None:
    entry, problems = _read(tmp_path, text)
    assert entry is None
    assert expected in problems


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    text = _PAGE.replace("</body>", "{% nothing %}\n</body>")
    assert _read(tmp_path, text)[1] == ["14 template"]


def test_a_page_without_body_tag_has_its_body_below_the_head(tmp_path: Path) -> None:
    text = "<title>A</title><meta name=date content=2014-08-13></head><p>B</p>"
    entry, problems = _read(tmp_path, text)
    assert entry
    assert problems == []
    assert entry.html == "<p>B</p>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<p>{% youtube abc %}</p>",
            '<p><a href="https://youtube.com/watch?v=abc">Watch at youtube.com</a></p>',
        ),
        ('<p><img src="{{ site.baseurl }}/a.jpg"></p>', '<p><img src="/a.jpg"></p>'),
        (
            '<a href="{% post_url 2014-08-13-a %}">a</a>',
            '<a href="/presscenter/news/detail/2014-08-13-a.html">a</a>',
        ),
        ("{% highlight python %}\na < b\n{% endhighlight %}", "<pre><code>a &lt; b\n</code></pre>"),
        ("<p>{% unknown %}</p>", "<p></p>"),
        ("<p>**a** !!! note</p>", "<p>**a** !!! note</p>"),
    ],
)
def test_templates_in_html_become_html(tmp_path: Path, body: str, expected: str) -> None:
    text = f"---\ntitle: A\ndate: 2014-08-13\n---\n<p>B</p>{body}"
    entry, _ = _read(tmp_path, text)
    assert entry
    assert place(entry.html, "").removeprefix("<p>B</p>").strip() == expected
