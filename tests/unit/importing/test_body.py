"""The body of a text: HTML of any origin, and Markdown that becomes the same."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.importing.body import rewrite, same, simplify, to_markdown
from feedsvc.parsing.sanitizer import from_html, from_markdown


def kept(html: str) -> str:
    return simplify(rewrite(html, lambda address, _: address, "ru"))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div>а</div><div>б <span>в</span></div>", "<p>а</p><p>б в</p>"),
        ("<div>а<p>б</p>в</div>", "<p>а</p><p>б</p><p>в</p>"),
        (
            "<div>а <b>б</b> в<div>г<p>д</p></div>е</div>ё",
            "<p>а <strong>б</strong> в</p><p>г</p><p>д</p><p>е</p><p>ё</p>",
        ),
        (
            '<img src="https://a.ru/b.png" width="9">',
            '<p><img src="https://a.ru/b.png" width="9" alt=""></p>',
        ),
        ("а<br><br>б<br>в<br>", "<p>а</p><p>б<br>в</p>"),
        (
            "<br>а <b>б</b><ul><li>в</li></ul>г",
            "<p>а <strong>б</strong></p><ul><li>в</li></ul><p>г</p>",
        ),
        ('<img src="/a.png" width="9">а', '<p><img src="/a.png" alt=""></p><p>а</p>'),
        ('<figure><img src="/a.png"></figure>', '<p><img src="/a.png" alt=""></p>'),
        ("<p></p><p> </p><p>а</p>", "<p>а</p>"),
        (
            '<img src="data:image/gif;base64,R0" data-src="/b.png">',
            '<p><img src="/b.png" alt=""></p>',
        ),
        ('<img data-lazy-src="/b.png" alt="x">', '<p><img src="/b.png" alt="x"></p>'),
        ('<img src="/a.png" data-src="/b.png">', '<p><img src="/a.png" alt=""></p>'),
        ("<script>x</script><style>y</style><p onclick='z'>а</p>", "<p>а</p>"),
        ("", ""),
    ],
)
def test_what_says_nothing_is_taken_away(html: str, expected: str) -> None:
    assert kept(html) == expected


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>а <b>б</b> <i>в</i></p><p>г<br>д</p>", "а **б** *в*\n\nг\\\nд\n"),
        ("<h2>а</h2><ul><li>б</li><li>в</li></ul>", "## а\n\n- б\n- в\n"),
        ("<p>1. а_б * # [x] &lt;b&gt; &amp;lt; `c` ~~d~~</p>", None),
        ("<p>- а</p><p>+ б</p><p># в</p><p>&gt; г</p><p>12) д</p><p>= е</p>", None),
        ("<p>a<sup>2</sup> <kbd>x</kbd> <s>y</s></p>", None),
        (
            "<table><thead><tr><th>а</th></tr></thead><tbody><tr><td>б</td></tr></tbody></table>",
            None,
        ),
        ("<table><tbody><tr><td>б</td></tr></tbody></table>", None),
        ('<figure><img src="/a.png" alt="б"><figcaption>в</figcaption></figure>', None),
        ('<p>а <img src="https://a.ru/b.png" width="9" height="8" alt="б"></p>', None),
        ("<details><summary>а</summary><p>б</p></details>", None),
        ("<dl><dt>а</dt><dd>б</dd></dl>", None),
        ("<pre><code>а\n\n б &lt; в</code></pre>", None),
        ('<ol start="3"><li>а<ul><li>б</li></ul></li></ol><hr>', None),
        ('<p><a href="https://a.ru/b?c=1&amp;d=2" title="е">ё</a> https://a.ru/x_y</p>', None),
        ("<blockquote><p>а</p><p>б</p></blockquote>", "> а\n>\n> б\n"),
        ("<p>цена 5 &lt; 6, а|б, !!! note</p>", None),
    ],
)
def test_markdown_becomes_the_same_html(html: str, markdown: str | None) -> None:
    html = kept(html)
    made = to_markdown(html)
    if markdown is not None:
        assert made == markdown
    assert same(from_markdown(made, "/"), from_html(html, "/")), made


@given(st.text(st.sampled_from("абв *_`~[]!&<>|\\#+-=.:@/$^()019 \"'\n")))
def test_any_words_become_the_same_html(words: str) -> None:
    html = kept(f"<p>а</p><p>{escape(words)}</p>")
    assert same(from_markdown(to_markdown(html), "/"), from_html(html, "/"))


def test_html_that_differs_is_not_the_same() -> None:
    assert same("<p>а</p>\n<ul>\n<li>б</li>\n</ul>", "<p>а</p><ul><li>б</li></ul>")
    assert same('<img alt="a" src="b">', '<img src="b" alt="a">')
    for one, other in (("<p>а б</p>", "<p>аб</p>"), ("<p>а</p>", "<h2>а</h2>"), ("а", "<b>а</b>")):
        assert not same(one, other)
