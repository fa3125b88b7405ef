"""OPML 2.0 (opml.org/spec2.opml): the list of feeds, for import into a feed reader. Pure."""

from lxml import etree

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds.channel import languages
from feedsvc.i18n import language_name
from feedsvc.settings import Settings


def render(edition: Edition, settings: Settings) -> bytes:
    """Render the list of Atom feeds, of the site, each language and category, as UTF-8."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = settings.title
    body = etree.SubElement(root, "body")
    _add_outline(body, settings, settings.title, urls.feed_path("atom.xml"), urls.HOME)
    for tag in languages(edition, settings):
        title = f"{settings.title}: {language_name(tag)}"
        feed, page = urls.language_feed_path("atom.xml", tag), urls.language_path(tag)
        _add_outline(body, settings, title, feed, page)
    for slug, label in edition.categories():
        title = f"{settings.title}: {label}"
        feed, page = urls.feed_path("atom.xml", slug), urls.category_path(slug)
        _add_outline(body, settings, title, feed, page)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add_outline(
    body: etree._Element, settings: Settings, title: str, feed: str, page: str
) -> None:
    etree.SubElement(
        body,
        "outline",
        type="rss",
        text=title,
        title=title,
        xmlUrl=settings.site + feed,
        htmlUrl=settings.site + page,
    )
