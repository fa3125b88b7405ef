"""The list of every document the service can answer with.

Routes, sitemaps and tests read it. A page or a dialect that is not on it has no address.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS, FOR_READERS, MAIN_FEED, atom, channel, offered, opml
from feedsvc.feeds.common import media
from feedsvc.media.thumbnails import WIDTHS, has_thumbnail
from feedsvc.model import Attachment, Entry
from feedsvc.pages import html, qr, sitemaps
from feedsvc.settings import Settings

Variables = Mapping[str, object]


def _single(_edition: Edition, _settings: Settings) -> Iterator[Variables]:
    yield {}


def _unlisted(_edition: Edition, _settings: Settings) -> Iterator[Variables]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The documents of one URL rule.

    `render` takes an edition, the settings and the variables of the rule, and returns the
    bytes, or None if there is no such document; without it, a view of `web` answers.
    `variables` yields the values for which there is one: none for documents without end
    (searches) and for those that are not about the news (`/healthz`). Documents with
    `is_page` are in the sitemap of pages; those with `is_static` need no edition, which is
    None then. Those with `has_copy_script` contain the one script that there is, and permit it.
    """

    name: str
    rule: str
    media_type: str = "text/html"
    render: Callable[..., bytes | None] | None = None
    variables: Callable[[Edition, Settings], Iterable[Variables]] = _single
    is_page: bool = False
    is_static: bool = False
    has_copy_script: bool = False

    def rules(self, settings: Settings) -> list[str]:
        """Return the rule as a list; those of entries' pages, and a key's file, are settings."""
        if self.rule == urls.INDEXNOW_KEY:
            return [self.path(values) for values in _indexnow_key(None, settings)]
        return [self.rule] if self.rule else urls.permalink_rules(settings)

    def paths(self, edition: Edition, settings: Settings) -> Iterator[str]:
        """Yield the path of each document."""
        for values in self.variables(edition, settings):
            yield self.path(values)

    def path(self, values: Variables) -> str:
        """Return the path of the document with these variables."""
        # Without a rule, the whole path is the only variable.
        return urls.fill(self.rule, **values) if self.rule else str(values["path"])


def _indexnow_key(_edition: Edition | None, settings: Settings) -> Iterator[Variables]:
    if settings.indexnow.key:
        yield {"key": settings.indexnow.key}


def _if_offered(name: str, _edition: Edition, settings: Settings) -> Iterator[Variables]:
    if name in offered(settings):
        yield {}


def _months(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for month, _ in edition.months():
        yield {"year": month[:4], "month": month[5:]}


def _categories(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for slug, _ in edition.categories():
        yield {"slug": slug}


def _languages(edition: Edition, settings: Settings) -> Iterator[Variables]:
    for tag in channel.languages(edition, settings):
        yield {"tag": tag}


def _code(_edition: Edition, settings: Settings) -> Iterator[Variables]:
    if qr.fits(settings.site + urls.feed_path(MAIN_FEED)):
        yield {}


def _category_codes(edition: Edition, settings: Settings) -> Iterator[Variables]:
    for slug, _ in edition.categories():
        if qr.fits(settings.site + urls.feed_path(MAIN_FEED, slug)):
            yield {"slug": slug}


def _category_months(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for slug, _ in edition.categories():
        for month, _ in edition.months_for_category(slug):
            yield {"slug": slug, "year": month[:4], "month": month[5:]}


def _entries(edition: Edition) -> Iterator[Entry]:
    for month, _ in edition.months():
        yield from edition.for_month(month)


def _entry_pages(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for entry in _entries(edition):
        yield {"path": entry.page}


def _entry_files(edition: Edition) -> Iterator[tuple[Entry, Attachment]]:
    for entry in _entries(edition):
        for file in media(entry):
            yield entry, file


def _files(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for entry, file in _entry_files(edition):
        yield {"entry_id": entry.id, "name": file.name}


def _thumbnails(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for entry, file in _entry_files(edition):
        for width in WIDTHS if has_thumbnail(file) else ():
            yield {"width": width, "entry_id": entry.id, "name": file.name}


def entry_paths(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the documents of a public entry: the name in the list of documents, and the path."""
    for file in media(entry):
        yield "media", urls.media_path(entry.id, file.name)
        for width in WIDTHS if has_thumbnail(file) else ():
            yield "thumbnail", urls.thumbnail_path(width, entry.id, file.name)
    yield "entry", entry.page


def _logos(_edition: Edition, settings: Settings) -> Iterator[Variables]:
    for name in settings.logos():
        yield {"name": name}


def _sitemap_parts(edition: Edition, _settings: Settings) -> Iterator[Variables]:
    for year, part in sitemaps.parts(edition):
        yield {"year": year, "part": part}


def _month_page(edition: Edition, settings: Settings, **values: str) -> bytes | None:
    month = f"{values['year']}-{values['month']}"
    return html.month(edition, settings, month, values.get("slug"))


def _archive_feed(edition: Edition, settings: Settings, year: str, month: str) -> bytes | None:
    selected = channel.for_month(edition, settings, f"{year}-{month}")
    return None if selected is None else atom.render(selected, settings)


def _sitemap_of_pages(edition: Edition, settings: Settings) -> bytes:
    pages = (document for document in DOCUMENTS if document.is_page)
    paths = [path for document in pages for path in document.paths(edition, settings)]
    return sitemaps.of_pages(paths, settings)


def _feeds() -> Iterator[Document]:
    for name, feed in FEEDS.items():
        yield Document(
            name=f"feed {name}",
            rule=urls.feed_path(name),
            media_type=feed.served_as,
            variables=partial(_if_offered, name),
        )
    for name, feed in FOR_READERS.items():
        yield Document(
            name=f"category feed {name}",
            rule=urls.CATEGORY_FEED.replace("<name>", name),
            media_type=feed.served_as,
            variables=_categories,
        )
        yield Document(
            name=f"language feed {name}",
            rule=urls.LANGUAGE_FEED.replace("<name>", name),
            media_type=feed.served_as,
            variables=_languages,
        )
        yield Document(
            name=f"search feed {name}",
            rule=urls.SEARCH_FEED.replace("<name>", name),
            media_type=feed.served_as,
            variables=_unlisted,
        )


_XML = "application/xml"
_SVG = "image/svg+xml"
_FILE = "application/octet-stream"
DOCUMENTS = (
    Document(name="home", rule=urls.HOME, render=html.home, is_page=True),
    Document(
        name="subscribe",
        rule=urls.SUBSCRIBE,
        render=html.subscribe,
        is_page=True,
        has_copy_script=True,
    ),
    Document(
        name="category subscription",
        rule=urls.CATEGORY_SUBSCRIBE,
        render=html.subscribe_to_category,
        variables=_categories,
        has_copy_script=True,
    ),
    Document(name="search subscription", rule=urls.SEARCH_SUBSCRIBE, variables=_unlisted),
    Document(name="archive", rule=urls.ARCHIVE, render=html.archive, is_page=True),
    Document(name="month", rule=urls.MONTH, render=_month_page, variables=_months, is_page=True),
    Document(
        name="category",
        rule=urls.CATEGORY,
        render=html.category,
        variables=_categories,
        is_page=True,
    ),
    Document(
        name="category month",
        rule=urls.CATEGORY_MONTH,
        render=_month_page,
        variables=_category_months,
    ),
    Document(
        name="language",
        rule=urls.LANGUAGE,
        render=html.language,
        variables=_languages,
        is_page=True,
    ),
    # The rule is the setting `permalink`; search engines find it in the sitemap of its year.
    Document(name="entry", rule="", variables=_entry_pages),
    Document(name="search", rule=urls.SEARCH, variables=_unlisted),
    *_feeds(),
    Document(
        name="archive feed",
        rule=urls.ARCHIVE_FEED,
        media_type=FEEDS["atom.xml"].served_as,
        render=_archive_feed,
        variables=_months,
    ),
    Document(
        name="qr code",
        rule=urls.QR_CODE,
        media_type=_SVG,
        render=html.feed_qr_code,
        variables=_code,
    ),
    Document(
        name="category qr code",
        rule=urls.CATEGORY_QR_CODE,
        media_type=_SVG,
        render=html.category_qr_code,
        variables=_category_codes,
    ),
    Document(name="opml", rule=urls.OPML, media_type="text/x-opml", render=opml.render),
    Document(name="sitemap index", rule=urls.SITEMAP_INDEX, media_type=_XML, render=sitemaps.index),
    Document(
        name="sitemap of pages",
        rule=urls.SITEMAP_PAGES,
        media_type=_XML,
        render=_sitemap_of_pages,
    ),
    Document(
        name="sitemap of a year",
        rule=urls.SITEMAP_YEAR,
        media_type=_XML,
        render=sitemaps.of_year,
        variables=_sitemap_parts,
    ),
    Document(
        name="sitemap of news", rule=urls.SITEMAP_NEWS, media_type=_XML, render=sitemaps.of_news
    ),
    Document(
        name="robots",
        rule=urls.ROBOTS,
        media_type="text/plain",
        render=lambda _edition, settings: sitemaps.robots(settings),
    ),
    Document(
        name="indexnow key",
        rule=urls.INDEXNOW_KEY,
        media_type="text/plain",
        render=lambda _edition, settings: settings.indexnow.key.encode(),
        variables=_indexnow_key,
        is_static=True,
    ),
    Document(
        name="style",
        rule=urls.STYLE,
        media_type="text/css",
        render=lambda _edition, settings: html.style(settings),
        is_static=True,
    ),
    Document(
        name="feed style",
        rule=urls.FEED_STYLE,
        media_type="text/css",
        render=lambda _edition, settings: html.feed_style(settings),
        is_static=True,
    ),
    Document(name="media", rule=urls.MEDIA, media_type=_FILE, variables=_files),
    Document(name="thumbnail", rule=urls.THUMBNAIL, media_type="image/jpeg", variables=_thumbnails),
    Document(name="logo", rule=urls.LOGO, media_type=_FILE, variables=_logos),
    Document(name="health", rule=urls.HEALTH, media_type="text/plain", variables=_unlisted),
    Document(name="ready", rule=urls.READY, media_type="application/json", variables=_unlisted),
)
