"""Pages rendered without a server, and what is on them."""

from dataclasses import replace

from feedsvc.model import Entry
from feedsvc.pages import html as pages
from tests.support.attacks import parsed
from tests.support.newsroom import Newsroom

# The path of an entry's page, with the shipped settings.
PAGE = "/presscenter/news/detail/{}.html"


def entry_page(newsroom: Newsroom, entry_id: str, **changes: object) -> str:
    """Render the page of a public entry, with some settings changed."""
    edition = newsroom.edition()
    entry = edition.find(entry_id)
    assert isinstance(entry, Entry)
    settings = replace(newsroom.settings, **changes)  # type: ignore[arg-type]  # of any setting
    return pages.entry(entry, edition.neighbours(entry), settings).decode()


def page_of(newsroom: Newsroom, data: bytes, **changes: object) -> str:
    """Publish an entry file as `a`, and render its page."""
    newsroom.apply({"a.md": data})
    return entry_page(newsroom, "a", **changes)


def text_of(element: object) -> str:
    """Return the text of an element of lxml.html, with single spaces."""
    return " ".join(element.text_content().split())  # type: ignore[attr-defined]  # has no stubs


def texts(html: str, path: str) -> list[str]:
    """Return the texts of the elements at an XPath."""
    return [text_of(element) for element in parsed(html).xpath(path)]


def addresses(html: str) -> set[tuple[str, str]]:
    """Return every address on a page, with the relation or the name of its element."""
    return {
        (element.get("rel") or element.tag, address)
        for element, _, address, _ in parsed(html).iterlinks()
    }


def related_links(html: str) -> list[tuple[str, str]]:
    """Return relation and address of the links that have a relation."""
    return [(link.get("rel"), link.get("href")) for link in parsed(html).xpath("//a[@rel]")]
