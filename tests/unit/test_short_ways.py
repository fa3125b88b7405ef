"""Short ways through what is written most often: each gives what the long way would."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc import text
from feedsvc.model import Problem
from feedsvc.parsing import links, yaml_values
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.sanitizer import from_html
from feedsvc.settings import load

_TAGS = "p b a ul li h2 br img table tr td blockquote em div script q pre".split()
_PIECES = st.sampled_from(
    [f"<{end}{tag}>" for tag in _TAGS for end in ("", "/")]
    + ["Снег", " ", "\n", "a&amp;b", "&lt;", "&copy;", "&nbsp;", ".", '<a href="/x">', "<!-- a -->"]
)
PARSING = load({}).parsing
HTML = st.lists(_PIECES, max_size=25).map("".join)
_LINES = st.sampled_from(
    [
        *("title: Снег", "title: a: b", "title: a:b", "title: 12:30", "title:", "title:  x  y "),
        *("tags: [a, b]", "tags: [a,b ,c]", "tags: [a, null]", "tags: []", "tags: [a: b]"),
        *("date: 2014-08-13T15:30:00+04:00", "draft: null", "draft: no", "a: ~", "a: 'x'", "a: x'"),
        *("", "# a", "a: x # y", "a: x#y", "a: x\ty", " b: c", "- a", "a: «b»", "a: b - c", "a: б"),
        *(
            "Title: x",
            "a: x, y",
            "a: x, [y]",
            "tags: [a b, c-d]",
            "a: и\u0306",
            "a: x\xa0y",
            "a: ?",
        ),
    ]
)


@given(html=HTML)
@example(html="<p>a</p>\n<p>b<br>c</p>")
def test_the_text_of_html_is_what_a_parser_finds(html: str) -> None:
    safe = from_html(html, "/")
    for enough in (float("inf"), 10):
        short = text.plain(safe, enough)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text, "_pieces", text._parsed_pieces)  # noqa: SLF001 - the long way
            assert short == text.plain(safe, enough)


def test_what_the_sanitizer_would_not_write_is_left_to_a_parser() -> None:
    for html in ("a &copy; b", "<p>a</p><script>x<b>y</script>", "<p title='a'>b", "1 < 2"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text, "_tag", re.compile(r"(?!)()"))  # no short way
            expected = text.plain(html)
        assert text.plain(html) == expected, html


@given(lines=st.lists(_LINES, max_size=6), above=st.integers(0, 3))
def test_simple_front_matter_is_what_libyaml_reads(lines: list[str], above: int) -> None:
    short = _read(lines, above)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_values, "_simple", lambda *_: None)
        assert short == _read(lines, above)


def _read(lines: list[str], above: int) -> tuple[object, tuple[Problem, ...]]:
    context = Context("a.md", PARSING, Path())
    try:
        return yaml_values.read(lines, above, context), context.problems
    except Refused:
        return None, context.problems


@given(
    host=st.lists(
        st.sampled_from(["a", "www", "mos", "-x", "xn--a", "ru", "A", "", "1"]), max_size=6
    ).map(".".join),
    path=st.text(alphabet="/aZ9.~_-?#%&я ", max_size=12),
    scheme=st.sampled_from(["http://", "https://", "//", "ftp://", "", "mailto:"]),
)
@example(scheme="https://", host="www.mos.ru", path="/news/1")
def test_an_address_that_stays_as_it_is_is_what_resolving_it_gives(
    scheme: str, host: str, path: str
) -> None:
    address = scheme + host + path
    short = links.absolute(address, "/news/a.html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "_as_it_is", re.compile(r"(?!)"))
        assert short == links.absolute(address, "/news/a.html")
