"""Saved pages: what they say of themselves, and which part of them is the text.

Pages say most in JSON-LD, Open Graph and microdata; those of 1C-Bitrix in the classes of its
`news.detail` component. Where nothing says which part is the text, trafilatura finds it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from feedsvc.dates import parse_date
from feedsvc.i18n import N_, Message
from feedsvc.importing.item import File, Found, Item, LeftOut, old_paths

_ARTICLES = frozenset(("NewsArticle", "Article", "BlogPosting", "Report"))
# Where the text of a page stands, the surest first.
_BODIES = (
    "//*[@itemprop='articleBody']",
    "//*[contains(concat(' ', @class, ' '), ' news-detail ')]",
    "//*[contains(concat(' ', @class, ' '), ' e-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' entry-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' post-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' article-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' detail-text ')]",
    "//article",
)
# What stands in the text of a page and is no part of it: navigation, what is said elsewhere.
_NO_TEXT = (
    ".//nav | .//form | .//aside | .//script | .//style | .//noscript | .//button"
    " | .//*[contains(concat(' ', @class, ' '), ' news-date-time ')]"
    " | .//*[contains(@class, 'share') or contains(@class, 'social')]"
    " | .//comment()"
)
_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='date' or @name='pubdate' or @name='DC.date']/@content",
    "//time[@pubdate or contains(@class, 'published')]/@datetime",
    "//*[contains(concat(' ', @class, ' '), ' news-date-time ')]",
    "//*[@itemprop='datePublished']",
    "//article//time/@datetime",
    "//time/@datetime",
    "//time",
    "//*[contains(@class, 'date')]",
)
# Where lists show the dates of their texts; a page with more of them than this is a list.
_SHOWN_DATES = ("//time", "//*[contains(@class, 'date')]")
_FEW_DATES = 2
_COMMON_NAMES = frozenset("index default detail view show news page item article".split())
_MODIFIED = (
    "//meta[@property='article:modified_time']/@content",
    "//meta[@itemprop='dateModified']/@content",
    "//*[@itemprop='dateModified']/@datetime",
)
_ADDRESSES = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
_TITLES = (
    "//*[@itemprop='headline']",
    "//article//h1",
    "//*[contains(concat(' ', @class, ' '), ' news-detail ')]//*[self::h1 or self::h2 or self::h3]",
    "//h1[not(//h1[2])]",
    "//meta[@property='og:title']/@content",
    "//h1",
    "//title",
)
_AUTHORS = (
    "//meta[@name='author']/@content",
    "//*[@itemprop='author']//*[@itemprop='name']",
    "//*[@itemprop='author']",
)
_LABELS = (
    "//meta[@property='article:section']/@content",
    "//meta[@property='article:tag']/@content",
)
_SUMMARIES = ("//meta[@property='og:description']/@content", "//meta[@name='description']/@content")
_PICTURES = ("//meta[@property='og:image']/@content",)


def read(data: bytes, path: str, zone: ZoneInfo) -> Found:
    """Return the text of a saved page.

    `path` is that of the file, relative to the folder with the pages of the site. Addresses in
    the page are relative to the file, as programs that save pages write them.
    """
    tree = _tree(data)
    if tree is None:
        return LeftOut(path, Message(N_("it is no web page")))
    facts = _facts(tree)
    written = _text(facts, "datePublished")
    published = parse_date(written, zone) if written else None
    published = published or _date(tree, _DATES, zone)
    if published is None:
        return LeftOut(path, Message(N_("it says no date: it seems to be no news")))
    title = _text(facts, "headline") or _first(tree, _TITLES)
    body = _body(tree, data)
    if body is None:
        return LeftOut(path, Message(N_("it shows several texts: it seems to be a list")))
    _tidy(body, title)
    if not "".join(map(str, body.itertext())).strip() and body.find(".//img") is None:
        return LeftOut(path, Message(N_("no text is found in it")))
    address = next((each for each in _found(tree, _ADDRESSES) if "://" in each), "")
    modified = _text(facts, "dateModified")
    picture = _picture(facts) or _first(tree, _PICTURES)
    base = f"file:///{quote(path)}"
    return Item(
        where=path,
        title=title,
        html=_inner(body),
        base=base,
        name=_name(urlsplit(address).path or _alias(path).partition("?")[0]),
        published=published,
        updated=(parse_date(modified, zone) if modified else None) or _date(tree, _MODIFIED, zone),
        address=address,
        aliases=tuple(dict.fromkeys((*old_paths(address), _alias(path)))),
        author=_text(facts.get("author"), "name") or _first(tree, _AUTHORS),
        categories=tuple(dict.fromkeys(_found(tree, _LABELS))),
        summary=_first(tree, _SUMMARIES),
        image=File(urljoin(address or base, picture)) if picture else None,
    )


def _tree(data: bytes) -> Any:
    encoding = None
    try:
        data.decode()
        encoding = "utf-8"
    except UnicodeDecodeError:
        if b"charset" not in data[:4096].lower():
            encoding = "windows-1251"
    try:
        parser = lxml_html.HTMLParser(encoding=encoding)
        return lxml_html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _body(tree: Any, data: bytes) -> Any:
    """Return the element that holds the text; None if there are several texts."""
    for path in _BODIES:
        found = tree.xpath(path)
        if len(found) > 1:  # a list of news, or other news below this one
            found = [each for each in found if each.find(".//h1") is not None]
            if len(found) != 1:
                return None
        if found:
            return found[0]
    if len(set(_found(tree, _SHOWN_DATES))) > _FEW_DATES:
        return None
    text = trafilatura.extract(
        data,
        output_format="html",
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_comments=False,
    )
    tree = lxml_html.fromstring(text or "<html><body></body></html>")
    return tree.find(".//body")


def _tidy(body: Any, title: str) -> None:
    """Take out of a text what does not belong to it, and its title."""
    for element in body.xpath(_NO_TEXT):
        if element.getparent() is not None:
            element.drop_tree()
    for heading in body.iter("h1", "h2", "h3"):
        if _plain(heading) == title and heading.getparent() is not None:
            heading.drop_tree()
            break


def _inner(body: Any) -> str:
    """Return the HTML within an element."""
    html: str = lxml_html.tostring(body, encoding="unicode", with_tail=False)
    return html[html.index(">") + 1 : html.rindex("<")] if "</" in html else ""


def _facts(tree: Any) -> dict[str, object]:
    """Return what JSON-LD says of the article of a page."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        listed = data if isinstance(data, list) else [data]
        for each in listed:
            graph = each.get("@graph") if isinstance(each, dict) else None
            for thing in graph if isinstance(graph, list) else [each]:
                if isinstance(thing, dict) and _is_article(thing.get("@type")):
                    return thing
    return {}


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(each in _ARTICLES for each in kinds if isinstance(each, str))


def _text(values: object, name: str) -> str:
    if isinstance(values, list) and values:
        values = values[0]
    value = values.get(name) if isinstance(values, dict) else None
    return " ".join(value.split()) if isinstance(value, str) else ""


def _picture(facts: dict[str, object]) -> str:
    image = facts.get("image")
    if isinstance(image, list) and image:
        image = image[0]
    return image if isinstance(image, str) else _text(image, "url")


def _found(tree: Any, paths: Sequence[str]) -> Iterator[str]:
    """Yield the texts at these places of a page that are not empty."""
    for path in paths:
        for found in tree.xpath(path):
            if text := _plain(found):
                yield text


def _first(tree: Any, paths: Sequence[str]) -> str:
    return next(_found(tree, paths), "")


def _date(tree: Any, paths: Sequence[str], zone: ZoneInfo) -> datetime | None:
    moments = (parse_date(text, zone) for text in _found(tree, paths))
    return next(filter(None, moments), None)


def _plain(found: Any) -> str:
    text = found if isinstance(found, str) else "".join(map(str, found.itertext()))
    return " ".join(text.split())


def _name(path: str) -> str:
    """Return what the file of a text may be called; '' if its address does not tell."""
    name = PurePosixPath(path).stem
    return "" if name.lower() in _COMMON_NAMES else name


def _alias(path: str) -> str:
    """Return the address that a saved page had.

    Programs write a query into the name of a file: `index.php?ID=5.html`, `index.php@ID=5.html`.
    """
    folder, slash, name = path.rpartition("/")
    page, mark, query = re.sub("@(?=[^@]*=)", "?", name, count=1).partition("?")
    return f"/{folder}{slash}{page}" + (mark + re.sub(r"\.html?\Z", "", query) if mark else "")
