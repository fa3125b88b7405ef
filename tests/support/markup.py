"""Text and markup of every kind, rendered as an entry's body, and checked for harm."""

import re

import lxml.html
from hypothesis import strategies as st

from feedsvc.parsing.press_blocks import blocks
from feedsvc.parsing.sanitizer import TAGS, from_blocks, from_markdown
from feedsvc.text import SITE

PAGE = "/presscenter/news/detail/7.html"
HERE = SITE + "/presscenter/news/detail"

# Written independently of `feedsvc.text`: XML 1.0 section 2.2, the C1 controls, the noncharacters.
FORBIDDEN = frozenset(
    chr(number)
    for first, last in (
        (0x00, 0x08),
        (0x0B, 0x0C),
        (0x0E, 0x1F),
        (0x7F, 0x9F),
        (0xD800, 0xDFFF),
        (0xFDD0, 0xFDEF),
        *((plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF) for plane in range(17)),
    )
    for number in range(first, last + 1)
)
ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(sorted(FORBIDDEN)),
        st.sampled_from("<>&#;:/\"'=-*_[]()!`|\\ \n\t0aAxfdFDя"),
    )
)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("<b>", "</b>", "<div>", "</div>", "<table>", "<td>", "</td>", "<p>", "<!--"),
                *("-->", "<svg>", "<style/x>", "<script>", "<a href='", "'>", "</a>", "<h1>"),
                *("&#", "&#x", "fdd0;", "64976;", "&#1;", "&#129;", "&#0;", "&#x80;", "&amp;"),
                *("[a](", ")", "![", "](//", "http://", "www.", "mos.ru", "\n\n", "> ", "- "),
                *("# ", "|a|b|\n|-|-|\n", "`", "**", "javascript:", "<img src=", ">", "@", "я"),
                *("&#" + "9" * 5000 + ";", "&#x" + "f" * 5000 + ";"),
            ]
        ),
        # A decoded file contains no lone surrogates.
        ANY_TEXT.map(lambda text: re.sub("[\ud800-\udfff]", "", text)),
    ),
    max_size=25,
).map("".join)


def md(source: str) -> str:
    """Render Markdown as the body of the entry at `PAGE`."""
    return from_markdown(source, PAGE)


def text(*paragraphs: str) -> str:
    """Render paragraphs as the body of the entry at `PAGE`."""
    return from_blocks(blocks("\n\n".join(paragraphs)), PAGE)


FORBIDDEN_TAGS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "svg",
    "math",
}


def assert_harmless(html: str) -> None:
    """Check that HTML has only tags, attributes and addresses that a body may have."""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    elements = [element for element in root.iter() if element is not root]
    attributes = [pair for element in elements for pair in element.attrib.items()]

    assert not {str(element.tag) for element in elements} - TAGS
    assert not FORBIDDEN_TAGS & {str(element.tag) for element in elements}
    assert [name for name, _ in attributes if name.startswith("on") or name == "style"] == []
    addresses = [value for name, value in attributes if name in ("href", "src", "cite")]
    allowed = re.compile(f"{SITE}/(?!/)|https?://[^/]|mailto:|tel:")
    assert [address for address in addresses if not allowed.match(address)] == []
    # The placeholder is at the start of addresses, and nowhere else.
    assert html.count(SITE) == sum(address.startswith(SITE) for address in addresses)
    assert not FORBIDDEN & (set(html) - {SITE})
