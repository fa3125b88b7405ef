"""An entry's body: what is rendered, and what is never let through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.parsing.bounds import TooDeep
from feedsvc.text import SITE, plain
from tests.support.markup import FORBIDDEN, PIECES, assert_harmless, md, text


def test_markdown_becomes_html() -> None:
    source = "*a* **b** ~~c~~ `d`\n\n- e\n- f\n\n1. g\n\n> h\n\n```\ni\n```\n\n---\n\nj  \nk"

    assert md(source) == (
        "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"
        "<ul>\n<li>e</li>\n<li>f</li>\n</ul>\n<ol>\n<li>g</li>\n</ol>\n"
        "<blockquote>\n<p>h</p>\n</blockquote>\n<pre><code>i\n</code></pre>\n<hr>\n"
        "<p>j<br>\nk</p>\n"
    )


def test_headings_go_down_one_level_if_the_highest_is_used() -> None:
    source = "".join(f"{'#' * level} {level}\n" for level in range(1, 7))

    assert md(source) == (
        "<h2>1</h2>\n<h3>2</h3>\n<h4>3</h4>\n<h5>4</h5>\n<h6>5</h6>\n<h6>6</h6>\n"
    )


def test_headings_keep_their_level_if_the_highest_is_not_used() -> None:
    assert md("## a\n### b\n") == "<h2>a</h2>\n<h3>b</h3>\n"


def test_headings_skip_no_level() -> None:
    source = "#### a\n###### b\n##### c\n## d\n### e\n"
    assert md(source) == "<h2>a</h2>\n<h3>b</h3>\n<h3>c</h3>\n<h2>d</h2>\n<h3>e</h3>\n"


def test_a_heading_inside_another_ends_with_the_level_it_began_with() -> None:
    assert md("<h3><div><h5>a</h5></div></h3>") == "<h2><div><h3>a</h3></div></h2>\n"


def test_what_looks_like_a_tag_in_an_attribute_is_escaped() -> None:
    # Pages find tables by their tags, and wrap each.
    assert md('<a title="<table><h2>" href="/x">a</a>') == (
        f'<p><a title="&lt;table&gt;&lt;h2&gt;" href="{SITE}/x">a</a></p>\n'
    )


def test_a_table_keeps_its_alignment_as_a_class() -> None:
    assert md("|a|b|c|d|\n|:-|:-:|-:|-|\n|1|2|3|4|") == (
        '<table>\n<thead>\n<tr>\n<th class="left">a</th>\n<th class="center">b</th>\n'
        '<th class="right">c</th>\n<th>d</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
        '<td class="left">1</td>\n<td class="center">2</td>\n<td class="right">3</td>\n'
        "<td>4</td>\n</tr>\n</tbody>\n</table>\n"
    )


def test_no_other_class_is_kept() -> None:
    assert md('<table><tr><td class="right evil">a</td></tr></table><p class="left">b</p>') == (
        '<table><tbody><tr><td class="right">a</td></tr></tbody></table><p>b</p>\n'
    )


@pytest.mark.parametrize(
    ("reference", "character"),
    [
        ("&#65;", "A"),
        ("&#x0041;", "A"),
        ("&#X41", "A"),
        ("&#8212;", "—"),
        ("&#x1F4F0;", "📰"),
        # HTML reads these as Windows-1252.
        ("&#150;", "–"),
        ("&#x80;", "€"),
        ("&#129;", "\ufffd"),
        ("&#x8d;", "\ufffd"),
        ("&#0;", "\ufffd"),
        ("&#8;", "\ufffd"),
        ("&#x7f;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#xFFFE;", "\ufffd"),
        ("&#1114112;", "\ufffd"),
        # Longer than Python turns into a number.
        ("&#" + "1" * 5000 + ";", "\ufffd"),
        ("&#x" + "1" * 5000 + ";", "\ufffd"),
        ("&#" + "0" * 5000 + "65;", "A"),
    ],
    ids=lambda value: value[:12],
)
def test_a_reference_gives_its_character_if_that_is_allowed(reference: str, character: str) -> None:
    assert md(f"<div>{reference}</div>") == f"<div>{character}</div>\n"


# What could become U+FDD0 once the sanitizer, or a browser, has removed or decoded something.
FORGERIES = (
    SITE,
    "&#xFDD0;",
    "&#xfdd0",
    "&#XFDD0;",
    "&#x00000000000fdd0;",
    "&#64976;",
    "&#64976",
    "&#0000064976;",
    "&#&#1;xfdd0;",
    "&#\x01xfdd0;",
    "&#x\x7ffdd0;",
    "&#6\ufdd14976;",
    "&#x&#1;fdd0;",
    "&amp;#xfdd0;",
    "&am\x00p;#xfdd0;",
    "&\x00#64976;",
    "%EF%B7%90",
)


@pytest.mark.parametrize(
    "template",
    [
        "{}evil",
        "<div>{}evil</div>",
        "<div title='{}evil'>x</div>",
        "<div>\n<a href='http://mos.ru/{}evil' title='{}'>x</a>\n</div>",
        "[a](http://mos.ru/{}evil '{}')",
        "<!-- {} -->",
        "`{}`",
        "<img alt='{}'>",
    ],
)
def test_the_placeholder_of_this_site_cannot_be_forged(template: str) -> None:
    for forgery in FORGERIES:
        source = template.format(forgery, forgery)

        assert SITE not in md(source) + text(source), ascii(forgery)


HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></ScRiPt>",
    "<script\n>alert(1)</script\n>",
    "<div><script/x>alert(1)</script/x></div>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<iframe src=//evil.example></iframe>",
    "<div><iframe/x srcdoc='<script>alert(1)</script>'></div>",
    "<object data=evil.swf></object>",
    "<embed src=evil.swf>",
    "<form action=//evil.example><input name=a><button formaction=javascript:alert(1)>b</form>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>a</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math>",
    "<math href='javascript:alert(1)'>a</math>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:alert(1) onerror=eval(src)>",
    "<img src='javascript:alert(1)'>",
    '<img """><script>alert(1)</script>">',
    "<img src=data:image/svg+xml,%3Csvg/onload=alert(1)%3E>",
    "<b onmouseover=alert(1)>a</b>",
    "<p style='background:url(javascript:alert(1))'>a</p>",
    "<style>@import '//evil.example';</style>",
    "<div><style/x>a{}</style/x></div>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='JaVaScRiPt:alert(1)'>a</a>",
    "<a href='java\tscript:alert(1)'>a</a>",
    "<a href='java&#10;script:alert(1)'>a</a>",
    "<a href=' &#14; javascript:alert(1)'>a</a>",
    "<a href='&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74:alert(1)'>a</a>",
    "<a href='javascript&colon;alert(1)'>a</a>",
    "<a href='vbscript:msgbox(1)'>a</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>a</a>",
    "<a href='blob:https://evil.example/1'>a</a>",
    "<a href='file:///etc/passwd'>a</a>",
    "[a](javascript:alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "![a](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    '[a](http://evil.example "onmouseover=alert(1)" onclick=alert(1))',
    "<a href='http://evil.example'onclick=alert(1)>a</a>",
    "<a/href='javascript:alert(1)'/onclick=alert(1)>a",
    "<blockquote cite='javascript:alert(1)'>a</blockquote>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>a</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<div><noscript/x><p title='</noscript><script>alert(1)</script>'></div>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<xmp><p title='</xmp><svg/onload=alert(1)>'></xmp>",
    "<table background='javascript:alert(1)'><tr><td>a</td></tr></table>",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_hostile_gets_through(source: str) -> None:
    assert_harmless(md(source))
    assert_harmless(md(f"a\n\n<div>\n{source}\n</div>\n\nb"))
    assert_harmless(text(source))


@pytest.mark.parametrize("examples", [150, pytest.param(600, marks=pytest.mark.long)])
def test_any_markdown_gives_safe_html_or_is_too_deep(examples: int) -> None:
    @settings(derandomize=True, max_examples=examples)
    @given(PIECES)
    def check(source: str) -> None:
        try:
            html = md(source)
        except TooDeep:
            return
        assert_harmless(html)
        assert not FORBIDDEN & set(plain(html))

    check()


@pytest.mark.parametrize("examples", [60, pytest.param(300, marks=pytest.mark.long)])
def test_any_paragraphs_give_safe_html(examples: int) -> None:
    @settings(derandomize=True, max_examples=examples)
    @given(st.lists(PIECES, max_size=4))
    def check(paragraphs: list[str]) -> None:
        html = text(*paragraphs)
        assert_harmless(html)
        assert not FORBIDDEN & set(plain(html))

    check()
