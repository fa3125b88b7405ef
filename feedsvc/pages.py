"""HTML pages for people. Pure, like the feeds: an edition in, bytes out."""

from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedsvc import markup
from feedsvc.edition import Edition, Gone
from feedsvc.feeds import FEEDS, FOR_READERS
from feedsvc.feeds import channel as channels
from feedsvc.feeds.channel import Channel
from feedsvc.feeds.content import figure
from feedsvc.model import Attachment, Entry
from feedsvc.query import LONGEST
from feedsvc.results import Asked, Results
from feedsvc.settings import Settings
from feedsvc.texts import Message, clock_time, file_size, long_date, month_name, translations


def home(edition: Edition, settings: Settings) -> bytes:
    """Render the list of the newest news."""
    news = channels.newest(edition, settings, "atom.xml")
    return _render(
        "home.html",
        settings,
        path="/",
        entries=news.entries,
        categories=edition.categories(),
        months=edition.months(),
    )


def category(news: Channel, settings: Settings, slug: str) -> bytes:
    """Render the list of a category's newest news."""
    label = channels.label_of(slug, news.entries)
    return _render(
        "list.html", settings, path=news.page, title=label, entries=news.entries, slug=slug
    )


def month(news: Channel, settings: Settings) -> bytes:
    """Render the list of a month's news."""
    beside = {relation.removesuffix("-archive"): path for relation, path in news.links}
    return _render(
        "list.html",
        settings,
        path=news.page,
        title=month_name(news.entries[0].published, settings.language),
        entries=news.entries,
        beside={
            relation: path.removeprefix("/feeds").removesuffix("atom.xml")
            for relation, path in beside.items()
            if relation != "current"
        },
    )


def subscribe(edition: Edition, settings: Settings) -> bytes:
    """Render the page that says what a feed is, with the address of each."""
    return _render(
        "feeds.html", settings, path="/feeds/", categories=edition.categories(), all_feeds=FEEDS
    )


def entry(item: Entry, settings: Settings) -> bytes:
    """Render the permanent page of an entry."""
    return _render(
        "entry.html",
        settings,
        path=settings.page(item.id),
        entry=item,
        body=Markup(markup.place(item.html, "")),  # noqa: S704 - sanitized where it was parsed
    )


def search(asked: Asked, found: Results, edition: Edition, settings: Settings) -> bytes:
    """Render the form of the search, and a page of what was found."""
    fields = {
        "q": asked.words[:LONGEST],
        "category": found.query.category,
        "from": found.query.since and found.query.since.date(),
        "to": found.query.until and (found.query.until - timedelta(days=1)).date(),
    }
    filled = {name: value for name, value in fields.items() if value}
    notes = (Message(text, {"value": value}) for text, value in found.notes)
    return _render(
        "search.html",
        settings,
        fields=fields,
        found=found,
        notes=[note.text(settings.language) for note in notes],
        categories=edition.categories(),
        page_path=lambda page: f"/search?{urlencode(filled | {'page': page})}",
        search_path=channels.search_path,
    )


def no_search(settings: Settings) -> bytes:
    """Render what is answered while nothing can be searched for."""
    fields = dict.fromkeys(("q", "category", "from", "to"), "")
    return _render("search.html", settings, fields=fields, found=None, notes=[], categories=[])


def gone(item: Gone, settings: Settings) -> bytes:
    """Render what stands where a withdrawn or removed entry was."""
    return _render("gone.html", settings, entry=item)


def style(settings: Settings) -> bytes:
    """Render the style sheet of the pages, in the site's colour."""
    return _render("style.css", settings)


def feed_style(settings: Settings) -> bytes:
    """Render the style sheet of feeds that are opened in a browser."""
    return _render("feed.css", settings)


def error(status: int, settings: Settings) -> bytes:
    """Render the page of an error status."""
    return _render("error.html", settings, status=status)


def _render(template: str, settings: Settings, **values: object) -> bytes:
    page = _environment(settings.language).get_template(template)
    values = {"slug": None, "beside": None, **values}
    return page.render(
        settings=settings,
        feeds=FOR_READERS,
        feed_path=channels.feed_path,
        category_page=channels.category_page,
        month_page=channels.month_page,
        media_path=markup.media_path,
        **values,
    ).encode()


def _figure(picture: Attachment, path: str) -> Markup:
    return Markup(figure(picture, path))  # noqa: S704 - it escapes what it is given


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("feedsvc"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["long_date"] = lambda moment: long_date(moment, language)
    environment.filters["clock_time"] = lambda moment: clock_time(moment, language)
    environment.filters["month_name"] = lambda month: month_name(
        datetime.strptime(month, "%Y-%m"),  # noqa: DTZ007 - a month, not a moment
        language,
    )
    environment.filters["figure"] = _figure
    environment.filters["size"] = lambda length: file_size(length, language)
    return environment
