"""The list of feeds (OPML 2.0)."""

from lxml import etree

from feedsvc.feeds import opml
from tests.support.elements import attributes, only, text
from tests.support.newsroom import SITE, Newsroom, item


def outline(title: str, feed: str, page: str) -> dict[str, str]:
    urls = {"xmlUrl": SITE + feed, "htmlUrl": SITE + page}
    return {"type": "rss", "text": title, "title": title, **urls}


def test_the_list_has_the_atom_feeds_of_the_site_and_of_each_category(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(categories="Спорт & <b>"), "b.md": item(categories="Двор")})
    rendered = opml.render(newsroom.edition(), newsroom.settings)
    assert rendered.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    root = etree.fromstring(rendered)
    site = newsroom.settings.title
    assert (root.tag, root.get("version"), text(only(root, "head"), "title")) == (
        "opml",
        "2.0",
        site,
    )
    assert attributes(only(root, "body"), "outline") == [
        outline(site, "/feeds/atom.xml", "/"),
        outline(f"{site}: Двор", "/feeds/category/dvor/atom.xml", "/category/dvor/"),
        outline(f"{site}: Спорт & <b>", "/feeds/category/sport-b/atom.xml", "/category/sport-b/"),
    ]
