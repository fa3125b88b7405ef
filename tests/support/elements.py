"""XML elements: the namespaces of feeds and sitemaps, and short ways to what elements hold."""

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA_RSS = "{http://search.yahoo.com/mrss/}"
WEBFEEDS = "{http://webfeeds.org/rss/1.0}"
YANDEX = "{http://news.yandex.ru}"
FULL_TEXTS = (
    f"{YANDEX}full-text",
    "{http://news.rambler.ru}fulltext",
    "{http://news.mail.ru/}full-text",
)
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS_SITEMAP = "{http://www.google.com/schemas/sitemap-news/0.9}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def only(parent: etree._Element, name: str) -> etree._Element:
    """Return the one child with a name."""
    (found,) = parent.findall(name)
    return found


def text(parent: etree._Element, name: str) -> str:
    """Return the text of the one child with a name."""
    return only(parent, name).text or ""


def texts(root: etree._Element, *names: str) -> list[str]:
    """Return the texts of all descendants with one of the names."""
    return [element.text or "" for element in root.iter(*names)]


def properties(element: etree._Element) -> dict[str, str]:
    """Return the attributes of an element."""
    return {str(name): str(value) for name, value in element.items()}


def attributes(parent: etree._Element, name: str) -> list[dict[str, str]]:
    """Return the attributes of each child with a name."""
    return [properties(element) for element in parent.findall(name)]
