"""The head of an HTML page as names and values, like front matter.

Pelican reads pages like that: `title`, and `meta` elements whose names are those of front matter.
"""

import re
from html import unescape

from feedsvc.parsing.front_matter import LISTS, Value, listed, one_line
from feedsvc.parsing.keys import is_known
from feedsvc.parsing.yaml_values import MAX_NAMES

_start = re.compile(
    r"(?:\s|<!--(?!\s*$)[^>]*>|<\?xml[^>]*>)*<(?:!doctype|html|head|title|meta)\b",
    re.IGNORECASE | re.MULTILINE,
)
_head_end = re.compile(r"</head\s*>|<body\b[^<>]*>", re.IGNORECASE)
_body = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_body_end = re.compile(r"</body\s*>", re.IGNORECASE)
_element = re.compile(r"<title\b[^<>]*>([^<]*)|<meta\b([^<>]*)>", re.IGNORECASE)
_attribute = re.compile(
    r"(?<![a-z-])([a-z-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", re.IGNORECASE
)


def is_page(text: str) -> bool:
    """Return whether a text is a whole HTML page: it begins with a tag of its head."""
    return _start.match(text[:5000]) is not None


def split(text: str) -> tuple[dict[str, Value], str]:
    """Return the names and values in the head of a page, and the HTML of its body.

    The body has above it as many lines as in the file.
    """
    end = _head_end.search(text)
    head = text[: end.start()] if end else text
    values: dict[str, Value] = {}
    line, counted = 1, 0
    for found in _element.finditer(head):
        line, counted = line + head.count("\n", counted, found.start()), found.start()
        name, content = _named(found)
        if name and content and len(values) < MAX_NAMES:
            is_list = name in LISTS
            values.setdefault(name, Value(line, listed(content) if is_list else content))
    start = _body.search(text, len(head)) or end
    body = text[start.end() :] if start else ""
    if finish := _body_end.search(body):
        body = body[: finish.start()] + "\n" * body.count("\n", finish.start())
    return values, body


def _named(found: re.Match[str]) -> tuple[str, str]:
    """Return the name that an element of the head gives a value, and the value."""
    if found[1] is not None:
        return "title", one_line(unescape(found[1]))
    attributes = {name.lower(): value.strip("\"'") for name, value in _attribute.findall(found[2])}
    name = attributes.get("name", "").lower()
    # Others are for browsers and search engines.
    if not is_known(name):
        return "", ""
    return name, one_line(unescape(attributes.get("content", attributes.get("contents", ""))))
