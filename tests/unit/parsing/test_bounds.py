"""Bounds on an entry's body: what would take minutes is refused, what is merely odd is not."""

import re
import time
from collections.abc import Callable

import pytest

from feedsvc.parsing.bounds import TooDeep, check_html
from tests.support.markup import md, text

# Open in each paragraph that follows, until it is closed.
REOPENED = "<p>" + "".join(f"<b title={n}>" for n in range(90)) + "</p>"

# Each nests without end, but seems shallow to a check that trusts every end tag.
HIDDEN_DEPTHS = {
    "another name": "<div></span>",
    "a comment": "<div><!--</div>-->",
    "an attribute": "<div title='</div>'>",
    "an attribute without quotes": "<div title=</div>",
    "a prefix": "<div:x></div>",
    "a slash": "<div/>",
    "a table inside a table": "<div></table>x<table><table>x</table>",
    "a stale start": "<pre><dd></summary><summary></dd>",
}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(">" * 50_000, id="quotes"),
        pytest.param("> " * 101 + "a", id="101 quotes"),
        pytest.param("- " * 101 + "a", id="lists in one line"),
        pytest.param("1. " * 101 + "a", id="numbered lists"),
        pytest.param("".join("  " * n + "- a\n" for n in range(101)), id="lists in lines"),
        pytest.param("a\n\n" + ">" * 101 + "b", id="not in the first line"),
        pytest.param("<b>" * 101, id="101 tags"),
        pytest.param("<div>\n" * 101, id="101 blocks"),
        pytest.param("*a **b " * 60 + "c** d* " * 60, id="emphasis"),
        pytest.param("&" * 200_000, id="ampersands"),
        pytest.param("<div>" + "&lt;" * 100_001, id="references"),
        *(
            pytest.param("<div>" + pattern * 400, id=name)
            for name, pattern in HIDDEN_DEPTHS.items()
        ),
        pytest.param(
            REOPENED + "<p>a</p>\n\n" * 20_000, id="tags that HTML opens again in each paragraph"
        ),
        pytest.param(
            REOPENED + "<p>a</p>" * 20_000,
            id="tags that HTML opens again in each paragraph of a block",
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_would_take_minutes_is_too_deep(source: str) -> None:
    with pytest.raises(TooDeep):
        md(source)


def test_paragraphs_with_too_many_escaped_characters_are_too_deep() -> None:
    with pytest.raises(TooDeep):
        text("<" * 200_000)


def test_fifty_thousand_nested_quotations_are_refused_in_under_50_ms() -> None:
    times = []
    for _ in range(5):
        started = time.process_time()
        with pytest.raises(TooDeep):
            md(">" * 50_000 + "a")
        times.append(time.process_time() - started)

    assert min(times) < 0.05


def test_a_million_open_tags_in_all_are_the_limit() -> None:
    nest = "<div>" * 100 + "</div>" * 100
    # Each nest adds 100 * 101 / 2 with its start tags, and 99 * 100 / 2 with its end tags.
    check_html(nest * 100)
    with pytest.raises(TooDeep):
        check_html(nest * 101)


def nested(levels: int, start: str, end: str) -> str:
    return start * levels + "a" + end * levels


def depth(html: str) -> int:
    """Return how deeply the elements of safe HTML are nested."""
    level = deepest = 0
    for tag in re.finditer(r"<(/?)(?!br|hr|img)\w[^>]*>", html):
        level += -1 if tag[1] else 1
        deepest = max(deepest, level)
    return deepest


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        pytest.param(">" * 90 + "a", 91, id="quotes"),
        pytest.param("> " * 100 + "a", 101, id="100 quotes"),
        pytest.param("".join("  " * n + "- a\n" for n in range(90)), 180, id="lists"),
        pytest.param(nested(90, "<b>", "</b>"), 91, id="tags"),
        pytest.param(nested(100, "<div>", "</div>"), 100, id="100 tags"),
        pytest.param(">" * 90 + "a\n\nb\n\n" + ">" * 90 + "c", 91, id="twice"),
    ],
)
def test_a_hundred_levels_of_one_kind_are_accepted(source: str, levels: int) -> None:
    assert depth(md(source)) == levels


@pytest.mark.parametrize(
    "pattern",
    [
        "<b><i>a</b></i>",
        "<ul><li>a<li>b</ul>",
        "<ul><li><p>a</li></ul>",
        "<p>a<p>b",
        "<div><p>a</div>",
        "<center><p>a</p></center>",
        "<table><tr><td>a<td>b<tr><td>c</table>",
        "<dl><dt>a<dd>b<dt>c</dt><dd>d</dd></dl>",
        "<dl><dd><ul><li>a</li></ul></dd></dl>",
        "<!-- <div> -->a",
        "<!-- > --><!---><!-->a",
        "<!DOCTYPE html><?php ?></5>a",
        "a<br><hr/><img src=a>",
        '<span title="<div>" id=\'<div>\' data-x=1 hidden/>a</span><b a = "c">d</b>',
        "1 < 2 <3 <- </",
        "<b",
        "<style>a</style>",
    ],
)
def test_careless_but_flat_html_is_not_too_deep(pattern: str) -> None:
    # One <b><i></b></i> leaves nothing open, however often it is repeated.
    assert depth(md("<div>" + (pattern + " ") * 150)) == depth(md("<div>" + (pattern + " ") * 2))


@pytest.mark.parametrize(
    ("render", "source"),
    [
        pytest.param(md, "<div>&" * 2 + "</div>" * 2 + "&" * 99_000, id="markdown"),
        pytest.param(text, "&" * 99_000, id="paragraphs"),
        # Searching the end of each of these tags would take minutes.
        pytest.param(md, "&" * 99_000 + "\n\n<div>" + "<b " * 5_000, id="tags without an end"),
        pytest.param(
            md,
            "&" * 99_000 + "\n\n<div>" + "<b " * 50_000,
            id="many tags without an end",
            marks=pytest.mark.long,
        ),
    ],
)
def test_many_characters_that_cost_little_are_accepted(
    render: Callable[[str], str], source: str
) -> None:
    assert render(source).count("&amp;") >= 99_000


def test_tags_without_an_end_are_checked_in_under_a_second() -> None:
    started = time.process_time()
    check_html("<b " * 300_000)

    assert time.process_time() - started < 1
