"""Ids for links within a page."""

import pytest

from tests.support.parsing import entry, markdown

PAGE = "\ufdd0/presscenter/news/detail/a.html"


def link(name: str) -> str:
    return f'<a href="{PAGE}#{name}">b</a>'


HTML = {
    "## A heading\n": "<h2>A heading</h2>\n",
    "[b](#a-heading)\n\n## A heading!\n": (
        f'<p>{link("a-heading")}</p>\n<h2 id="a-heading">A heading!</h2>\n'
    ),
    # As systems make ids of Russian headings: as it is, in Latin letters, percent-encoded.
    "[b](#о-районе)\n\n## О *районе*\n": (
        f"<p>{link('%D0%BE-%D1%80%D0%B0%D0%B9%D0%BE%D0%BD%D0%B5')}</p>\n"
        '<h2 id="о-районе">О <em>районе</em></h2>\n'
    ),
    "[b](#o-rayone)\n\n## О районе\n": (
        f'<p>{link("o-rayone")}</p>\n<h2 id="o-rayone">О районе</h2>\n'
    ),
    # Written, whether something leads there or not.
    "## A {#c}\n": '<h2 id="c">A</h2>\n',
    "## A {#c .d}\n": '<h2 id="c">A</h2>\n',
    "## A {.d}\n": "<h2>A</h2>\n",
    "A {#c}\n===\n\nd\n": '<h2 id="c">A</h2>\n<p>d</p>\n',
    # Each once, the first, and none of the page's own.
    "## A {#c}\n\n## D {#c}\n": '<h2 id="c">A</h2>\n<h2>D</h2>\n',
    "## A {#main}\n": "<h2>A</h2>\n",
    "[b](#a)\n\n## A\n\n## A\n": f'<p>{link("a")}</p>\n<h2 id="a">A</h2>\n<h2>A</h2>\n',
    # Of HTML that is kept.
    '[b](#c)\n\n<a name="c"></a>d\n': f'<p>{link("c")}</p>\n<p><a id="c"></a>d</p>\n',
    '<p id="c">d</p>\n': "<p>d</p>\n",
    '[b](#c)\n\n<p id="c">d</p>\n': f'<p>{link("c")}</p>\n<p id="c">d</p>\n',
    # What only looks like one.
    "<h1 class='e'>A {#c}</h1>\n": "<h2>A</h2>\n",
    "[b](#c)\n\n<h1>A\n": f"<p>{link('c')}</p>\n<h2>A\n</h2>",
}


@pytest.mark.parametrize("body", HTML)
def test_what_is_linked_or_named_has_an_id(body: str) -> None:
    assert entry(markdown(body=body)).html == HTML[body]
