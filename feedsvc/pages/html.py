"""HTML pages for people. Pure, like the feeds: an edition in, bytes out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedsvc import urls
from feedsvc.edition import Edition, GoneEntry
from feedsvc.feeds import FEEDS, FOR_READERS
from feedsvc.feeds.channel import label_of
from feedsvc.feeds.common import pictures
from feedsvc.i18n import (
    Message,
    clock_time,
    file_size,
    full_date,
    locale_of,
    long_date,
    month_name,
    translations,
)
from feedsvc.media.thumbnails import (
    LARGE,
    SMALL,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail_size,
)
from feedsvc.media.types import kind
from feedsvc.model import Attachment, Entry
from feedsvc.pages import jsonld, theme
from feedsvc.search.query import MAX_LENGTH
from feedsvc.search.results import Results, SearchForm
from feedsvc.settings import Settings
from feedsvc.text import place

# A list that is longer gives titles alone: quicker to look through, and a tenth of the bytes.
LONG = 40
# So many months the home page links itself; the rest are in the archive.
MONTHS = 12
_TABLE = '<div class="wide" role="group" tabindex="0" aria-label="{label}"><table>'


def home(edition: Edition, settings: Settings) -> bytes:
    """Render the list of the newest news."""
    entries = edition.newest(settings.feed_size)
    return _render(
        "home.html",
        settings,
        path=urls.HOME,
        days=_days(entries),
        brief=len(entries) > LONG,
        categories=edition.categories(),
        months=edition.months()[:MONTHS],
        data=jsonld.of_site(settings),
    )


def archive(edition: Edition, settings: Settings) -> bytes:
    """Render the list of all months with news, by year."""
    years = groupby(edition.months(), key=lambda row: row[0][:4])
    return _render(
        "archive.html",
        settings,
        path=urls.ARCHIVE,
        years=[(year, list(months)) for year, months in years],
        categories=edition.categories(),
    )


def category(edition: Edition, settings: Settings, slug: str) -> bytes | None:
    """Render the list of a category's newest news; None where it has none."""
    entries = edition.for_category(slug, settings.feed_size)
    if not entries:
        return None
    return _list(
        settings,
        entries,
        path=urls.category_path(slug),
        title=label_of(slug, entries),
        slug=slug,
        months=edition.months_for_category(slug),
    )


def month(
    edition: Edition, settings: Settings, month: str, slug: str | None = None
) -> bytes | None:
    """Render the list of a month's news, of all or of a category; None where there is none."""
    entries = edition.for_month(month) if slug is None else edition.for_category_month(slug, month)
    if not entries:
        return None
    title = month_name(entries[0].published, settings.language)
    label = None if slug is None else label_of(slug, entries)
    return _list(
        settings,
        entries,
        path=urls.month_path(month, slug),
        title=title if label is None else f"{label}: {title}",
        slug=slug,
        label=label,
        beside=_months_beside(edition, month, slug),
    )


def no_news(edition: Edition, settings: Settings, month: str, slug: str | None) -> bytes | None:
    """Render what stands for a month without news; None where there is none around it either."""
    beside = _months_beside(edition, month, slug)
    if beside == (None, None):
        return None
    return _render("no_news.html", settings, month=month, beside=beside, slug=slug)


def subscribe(edition: Edition, settings: Settings) -> bytes:
    """Render the page that says what a feed is, with the address of each."""
    return _render(
        "feeds.html",
        settings,
        path=urls.SUBSCRIBE,
        categories=edition.categories(),
        all_feeds=FEEDS,
    )


def entry(item: Entry, beside: tuple[Entry | None, Entry | None], settings: Settings) -> bytes:
    """Render the permanent page of an entry, with the ways to those before and after it."""
    return _render(
        "entry.html",
        settings,
        path=urls.entry_path(item.id, settings),
        entry=item,
        body=_body(item, settings),
        picture=next(iter(_shown(item)), None),
        beside=beside,
        data=jsonld.of_entry(item, settings),
    )


def search(asked: SearchForm, found: Results, edition: Edition, settings: Settings) -> bytes:
    """Render the form of the search, and a page of what was found."""
    fields = {
        "q": asked.words[:MAX_LENGTH],
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
        page_path=lambda page: urls.search_path(**filled, page=page),
    )


def no_search(settings: Settings) -> bytes:
    """Render what is answered while nothing can be searched for."""
    fields = dict.fromkeys(("q", "category", "from", "to"), "")
    return _render("search.html", settings, fields=fields, found=None, notes=[], categories=[])


def gone(item: GoneEntry, settings: Settings) -> bytes:
    """Render what stands where a withdrawn or removed entry was."""
    return _render("gone.html", settings, entry=item)


def style(settings: Settings) -> bytes:
    """Render the style sheet of the pages, in the site's colour."""
    return _render("style.css", settings, **theme.readable(settings.colour))


def feed_style(settings: Settings) -> bytes:
    """Render the style sheet of feeds that are opened in a browser."""
    return _render("feed.css", settings, **theme.readable(settings.colour))


def error(status: int, settings: Settings) -> bytes:
    """Render the page of an error status."""
    return _render("error.html", settings, status=status)


@lru_cache(maxsize=1)
def own_icon(title: str, colour: str) -> str:
    """Draw the picture for browsers' tabs of a site that has none: its letter, in its colour.

    It stands in the page itself, as a `data:` URL (RFC 2397), so that none is asked for.
    """
    letter = next((sign for sign in title if sign.isalnum()), "•").upper()
    template = _environment("en").get_template("icon.svg")
    made = template.render(letter=letter, **theme.readable(colour))
    return f"data:image/svg+xml,{quote(made.strip(), safe='=:/')}"


def _list(settings: Settings, entries: Sequence[Entry], **values: object) -> bytes:
    values = {"months": (), "beside": (None, None), "label": None, **values}
    days = _days(entries)
    return _render("list.html", settings, days=days, brief=len(entries) > LONG, **values)


def _days(entries: Sequence[Entry]) -> list[tuple[datetime, list[Entry]]]:
    """Put entries, newest first, together by the day of their publication."""
    days = [list(day) for _, day in groupby(entries, key=lambda entry: entry.published.date())]
    return [(day[0].published, day) for day in days]


def _months_beside(edition: Edition, month: str, slug: str | None) -> tuple[str | None, str | None]:
    """Give the nearest months with news before and after one, of all or of a category."""
    if slug is None:
        return edition.month_before(month), edition.month_after(month)
    months = [other for other, _ in edition.months_for_category(slug)]
    return (
        max((other for other in months if other < month), default=None),
        min((other for other in months if other > month), default=None),
    )


def _shown(item: Entry) -> list[Attachment]:
    """Give the pictures of an entry that pages show in small forms."""
    return [file for file in pictures(item) if has_thumbnail(file)]


def _body(item: Entry, settings: Settings) -> tuple[Markup, Markup]:
    """Give an entry's text, its first paragraph apart: what is seen first must not be a picture.

    Pictures are no larger than they are shown, tables can be moved.
    """
    html = place(item.html, "")
    for file in item.inline:
        if file.width:
            shown = picture_path(item.id, file, LARGE)
            html = html.replace(f'src="{urls.media_path(item.id, file.name)}"', f'src="{shown}"')
    if "<table>" in html:
        label = translations(settings.language).gettext("Table")
        html = html.replace("<table>", _TABLE.format(label=label))
        html = html.replace("</table>", "</table></div>")
    begins = html.find("</p>") + len("</p>") if html.startswith("<p>") else 0
    # Sanitized where it was parsed.
    return Markup(html[:begins]), Markup(html[begins:])  # noqa: S704


def _render(template: str, settings: Settings, **values: object) -> bytes:
    page = _environment(settings.language).get_template(template)
    names = ("slug", "path", "data", "title", "description", "lang", "picture", "status")
    values = dict.fromkeys(names) | values
    return page.render(
        settings=settings,
        feeds=FOR_READERS,
        urls=urls,
        own_icon=own_icon(settings.title, settings.colour),
        picture_path=picture_path,
        pictures=_shown,
        SMALL=SMALL,
        LARGE=LARGE,
        picture_variants=picture_variants,
        **values,
    ).encode()


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("feedsvc.pages"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {
        "long_date": lambda moment: long_date(moment, language),
        "full_date": lambda moment: full_date(moment, language),
        "clock_time": lambda moment: clock_time(moment, language),
        "month_name": lambda month: month_name(
            datetime.strptime(month, "%Y-%m"),  # noqa: DTZ007 - a month, not a moment
            language,
        ),
        "kind": lambda file: translations(language).gettext(kind(file.name)),
        "locale": locale_of,
        "size_at": thumbnail_size,
        "size": lambda length: file_size(length, language),
    }
    return environment
