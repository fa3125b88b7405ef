"""Bounds on an entry's body: what would take minutes is refused, what is merely odd is not."""

import re
import time
from collections.abc import Callable, Iterator

import pytest

from feedsvc.parsing import read
from feedsvc.parsing.bounds import (
    MAX_DEFINITIONS,
    MAX_TAGS,
    Excess,
    TooDeep,
    check_html,
    check_markdown,
)
from tests.support.cost import count_calls, in_proportion
from tests.support.costly import HTML, MARKDOWN, PLAIN
from tests.support.markup import md, text
from tests.support.parsing import MOSCOW, NO_FOLDER, markdown, reading, refused

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
    ],
)
def test_what_would_take_minutes_is_too_deep(source: str) -> None:
    with pytest.raises(TooDeep):
        md(source)


def test_paragraphs_with_too_many_escaped_characters_are_too_deep() -> None:
    with pytest.raises(TooDeep):
        text("<" * 200_000)


def test_nested_quotations_are_refused_before_they_are_parsed() -> None:
    def refuse() -> None:
        with pytest.raises(TooDeep):
            md(">" * 50_000 + "a")

    assert count_calls(refuse) < 50


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


def test_tags_without_an_end_are_checked_in_one_go() -> None:
    with in_proportion(seconds=5):
        check_html("<b " * MAX_TAGS)


def excess(source: str) -> tuple[str, int]:
    """Return the code and the line of the bound that a Markdown body exceeds."""
    with pytest.raises(Excess) as caught:
        md(source)
    return caught.value.code, caught.value.line


HEAD = "|a|b|c|d|\n|-|-|-|-|\n"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(HEAD + "|a\n" * 5000, 5002, id="filled up"),
        pytest.param(HEAD + "|a|b|c|d|\n" * 5000, 5002, id="full"),
        pytest.param(re.sub("(?m)^", "> ", HEAD + "|a\n" * 5000), 5002, id="in a quotation"),
        pytest.param("- " + HEAD.replace("\n", "\n  ") + "  |a\n" * 5000, 5002, id="in a list"),
        pytest.param("1. > " + HEAD.replace("\n", "\n   > ") + "   > |a\n" * 5000, 5002, id="both"),
        pytest.param("a|b|c|d\n:-:|-:|:-|-\n" + "a\n" * 5000, 5002, id="without edges"),
        pytest.param((HEAD + "|a\n" * 6 + "\n") * 1000, None, id="many small ones"),
    ],
)
def test_tables_have_twenty_thousand_cells_at_most(source: str, line: int | None) -> None:
    code, where = excess(source)

    assert code == "table-large"
    assert line in (where, None)


def test_large_tables_and_what_is_none_are_accepted() -> None:
    rows = 900
    for source in (
        "|a" * 20 + "\n" + "|-" * 20 + "\n" + ("|b" * 20 + "\n") * rows,
        "a | b\n\n" + "- | -\n\nc\n" * 10_000,
        "```\n" + "| - |\n\n" * 5000 + "```\n",
    ):
        check_markdown(source)
    html = md("|a" * 20 + "\n" + "|-" * 20 + "\n" + ("|b" * 20 + "\n") * rows)
    assert html.count("<td>") == 20 * rows


@pytest.mark.parametrize(
    ("source", "code"),
    [
        pytest.param("![](http://a.ru/a.png)\n" * 1001, "pictures-many", id="pictures"),
        pytest.param("[a](b)\n" * 5001, "too-many-parts", id="links"),
        pytest.param("a\n\n" * 50_001, "too-many-parts", id="paragraphs"),
        pytest.param(
            "<b" + "".join(f" a{n}" for n in range(5001)) + ">x</b>",
            "too-many-parts",
            id="attributes",
        ),
        pytest.param(
            "<div>\n<a title='" + "x" * 10_000 + "'>" + "<p>a" * 1000,
            "too-many-parts",
            id="an attribute that HTML opens again in each paragraph",
        ),
        pytest.param(
            REOPENED + "<p>a</p>\n\n" * 6000,
            "too-many-parts",
            id="tags that HTML opens again in each paragraph",
        ),
        pytest.param(
            REOPENED + "<p>a</p>" * 6000,
            "too-many-parts",
            id="tags that HTML opens again in each paragraph of a block",
        ),
        pytest.param(("- " * 50 + "a\n") * 2001, "too-many-parts", id="lists in lists"),
        pytest.param("«»" * 200_000, "signs-many", id="quotation marks"),
        pytest.param("&nbsp;" * 100_000, "signs-many", id="no-break spaces"),
        pytest.param("mailto:a@b.cd" * 4000, "addresses-many", id="mail addresses in one line"),
        pytest.param("http://a.b/" + ")" * 10_000, "addresses-many", id="brackets"),
    ],
)
def test_what_would_be_out_of_proportion_is_refused(source: str, code: str) -> None:
    assert excess(source) == (code, 1 if code == "addresses-many" else 0)


def test_html_is_not_longer_than_4_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.parsing.bounds.MAX_LENGTH", 1000)
    md("a" * 900)
    assert excess("a" * 1000) == ("too-many-parts", 0)


def test_plain_text_has_a_hundred_thousand_lines_at_most() -> None:
    source = "T\n13.08.2014\n" + "a\n" * 100_001
    assert refused(source, "a.txt") == [(100_003, "too-many-parts", {})]


def test_plain_text_has_fifty_thousand_characters_of_addresses_at_most() -> None:
    many = "T\n13.08.2014\nText\n" + "Наш сайт news.example, " * 4000
    assert refused(many, "a.txt") == [(4, "addresses-many", {})]
    # Neither numbers nor dates are addresses.
    numbers = "T\n13.08.2014\nText\n" + "1.5 м, 13.08.2014, т. е. " * 10_000
    assert reading(numbers, "a.txt").problems == ()


def test_markdown_says_in_which_line_a_bound_is_exceeded() -> None:
    body = "Text\n\n" + HEAD + "|a\n" * 5000
    assert refused(markdown(body=body)) == [(5008, "table-large", {})]


COSTLY = [
    *(pytest.param(make, "a.md", id=name) for name, make in MARKDOWN.items()),
    *(pytest.param(make, "a.txt", id=f"plain: {name}") for name, make in PLAIN.items()),
    *(pytest.param(make, "a.html", id=f"page: {name}") for name, make in HTML.items()),
]


def parse_times(make: Callable[[int], bytes], path: str, size: int) -> Iterator[float]:
    """Yield, again and again, the processor time of parsing a costly file, in seconds."""
    data = make(size)[: 1024 * 1024]
    while True:
        started = time.process_time()
        read(data, path, MOSCOW, NO_FOLDER)
        yield time.process_time() - started


# Processor time that the clock measures well enough to compare, in seconds.
FLOOR = 0.005


def expect_growth_in_proportion(
    make: Callable[[int], bytes], path: str, *, small: int, large: int
) -> None:
    """Compare the times of two sizes, 16 times apart.

    What is quadratic takes 256 times as long; the bound is the geometric mean of both.
    """
    small_times, large_times = parse_times(make, path, small), parse_times(make, path, large)
    best = next(large_times)
    for _ in range(4):
        if best < 64 * max(min(next(small_times), next(small_times)), FLOOR):
            return
        best = min(best, next(large_times))
    pytest.fail(f"{best:.2f} s for {large} bytes")


@pytest.mark.parametrize(("make", "path"), COSTLY)
def test_time_grows_no_faster_than_the_file(make: Callable[[int], bytes], path: str) -> None:
    expect_growth_in_proportion(make, path, small=4000, large=64_000)


@pytest.mark.long
@pytest.mark.parametrize(("make", "path"), COSTLY)
def test_time_grows_no_faster_up_to_the_largest_file(
    make: Callable[[int], bytes], path: str
) -> None:
    expect_growth_in_proportion(make, path, small=64_000, large=1_024_000)


@pytest.mark.parametrize("number", [MAX_DEFINITIONS, MAX_DEFINITIONS + 1])
def test_five_thousand_definitions_are_the_limit(number: int) -> None:
    source = "a\n: b\n\n" * number
    if number > MAX_DEFINITIONS:
        with pytest.raises(Excess, match="too-many-parts"):
            check_markdown(source)
    else:
        check_markdown(source)
