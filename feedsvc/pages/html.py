"""HTML pages for people. Pure, like the feeds: an edition in, bytes out."""

from collections.abc import Sequence
from datetime import time, timedelta
from itertools import groupby

from markupsafe import Markup

from feedsvc import urls
from feedsvc.edition import Edition, GoneEntry
from feedsvc.feeds import FEEDS, common
from feedsvc.feeds.channel import category_label, in_language, languages
from feedsvc.i18n import Message, language_name, month_name, translations
from feedsvc.media.thumbnails import LARGE, picture_path
from feedsvc.model import Entry
from feedsvc.pages import jsonld, theme
from feedsvc.pages.environment import reducible_pictures, render
from feedsvc.search.query import MAX_LENGTH
from feedsvc.search.results import Results, SearchForm
from feedsvc.settings import Settings
from feedsvc.text import place

# A list with more entries shows titles only: it is quicker to look through, and has a tenth
# of the bytes.
MAX_WITH_SUMMARIES = 40
# How many months the home page links to; the archive page has the rest.
HOME_MONTHS = 12
# How many pinned entries come first on the home page: more would hide the news.
MAX_PINNED = 3
_TABLE_START = '<div class="wide" role="group" tabindex="0" aria-label="{label}"><table>'


def home(edition: Edition, settings: Settings) -> bytes:
    """Render the home page, the list of the newest entries; those that are pinned come first."""
    pinned = edition.pinned(MAX_PINNED)
    entries = edition.newest(settings.feed_size)
    if pinned:
        first = {entry.id for entry in pinned}
        entries = tuple(entry for entry in entries if entry.id not in first)
    return render(
        "home.html",
        settings,
        path=urls.HOME,
        **_entry_list(entries),
        pinned=pinned,
        languages=languages(edition, settings),
        categories=edition.categories(),
        months=edition.months()[:HOME_MONTHS],
        structured_data=jsonld.website(settings),
    )


def archive(edition: Edition, settings: Settings) -> bytes:
    """Render the list of all months that have entries, by year."""
    years = groupby(edition.months(), key=lambda row: row[0][:4])
    return render(
        "archive.html",
        settings,
        path=urls.ARCHIVE,
        years=[(year, list(months)) for year, months in years],
        categories=edition.categories(),
    )


def category(edition: Edition, settings: Settings, slug: str) -> bytes | None:
    """Render the list of the newest entries of a category; None if it has none."""
    entries = edition.for_category(slug, settings.feed_size)
    if not entries:
        return None
    label = category_label(slug, entries)
    return render(
        "list.html",
        settings,
        path=urls.category_path(slug),
        **_entry_list(entries),
        title=label,
        slug=slug,
        label=label,
        months=edition.months_for_category(slug),
        neighbours=(None, None),
    )


def language(edition: Edition, settings: Settings, tag: str) -> bytes | None:
    """Render the list of the newest entries in a language; None if there are none."""
    entries = in_language(edition, settings, tag)
    if not entries:
        return None
    name = language_name(tag)
    return render(
        "list.html",
        settings,
        path=urls.language_path(tag),
        **_entry_list(entries),
        title=name,
        tag=tag,
        label=name,
        months=(),
        neighbours=(None, None),
    )


def month(
    edition: Edition, settings: Settings, month: str, slug: str | None = None
) -> bytes | None:
    """Render the list of all entries of a month, or those of a category; None if there are none."""
    entries = edition.for_month(month) if slug is None else edition.for_category_month(slug, month)
    if not entries:
        return None
    title = month_name(entries[0].published, settings.language)
    label = None if slug is None else category_label(slug, entries)
    return render(
        "list.html",
        settings,
        path=urls.month_path(month, slug),
        **_entry_list(entries),
        title=title if label is None else f"{label}: {title}",
        slug=slug,
        label=label,
        months=(),
        neighbours=_neighbouring_months(edition, month, slug),
    )


def empty_month(edition: Edition, settings: Settings, month: str, slug: str | None) -> bytes | None:
    """Render the page of a month without entries; None if no other month has entries either."""
    neighbours = _neighbouring_months(edition, month, slug)
    if neighbours == (None, None):
        return None
    return render("empty_month.html", settings, month=month, neighbours=neighbours, slug=slug)


def subscribe(edition: Edition, settings: Settings) -> bytes:
    """Render the page that explains feeds and lists their addresses."""
    return render(
        "feeds.html",
        settings,
        path=urls.SUBSCRIBE,
        categories=edition.categories(),
        languages=languages(edition, settings),
        all_feeds=FEEDS,
    )


def entry(item: Entry, neighbours: tuple[Entry | None, Entry | None], settings: Settings) -> bytes:
    """Render the permanent page of an entry, with links to the entries before and after it."""
    first_paragraph, rest = _content(item, settings)
    return render(
        "entry.html",
        settings,
        path=item.page,
        entry=item,
        first_paragraph=first_paragraph,
        rest=rest,
        picture=next(iter(reducible_pictures(item)), None),
        neighbours=neighbours,
        versions=common.versions(item, settings),
        structured_data=jsonld.news_article(item, settings),
    )


def search(form: SearchForm, results: Results, edition: Edition, settings: Settings) -> bytes:
    """Render the search form, and a page of results."""
    query = results.query
    fields = {
        "q": form.words[:MAX_LENGTH],
        "category": query.category,
        "from": query.since and query.since.date(),
        "to": query.until and (query.until - timedelta(days=1)).date(),
    }
    filled = {name: value for name, value in fields.items() if value}
    notes = (Message(text, {"value": value}) for text, value in results.notes)
    return render(
        "search.html",
        settings,
        fields=fields,
        results=results,
        notes=[note.text(settings.language) for note in notes],
        categories=edition.categories(),
        page_path=lambda page: urls.search_path(**filled, page=page),
    )


def search_unavailable(settings: Settings) -> bytes:
    """Render the search page for as long as there is no index to search."""
    fields = dict.fromkeys(("q", "category", "from", "to"), "")
    return render("search.html", settings, fields=fields, results=None, notes=[], categories=[])


def gone(item: GoneEntry, settings: Settings) -> bytes:
    """Render the page of a withdrawn or removed entry."""
    return render("gone.html", settings, entry=item)


def style(settings: Settings) -> bytes:
    """Render the style sheet of the pages, in the site's colour."""
    return render("style.css", settings, **theme.readable(settings.colour))


def feed_style(settings: Settings) -> bytes:
    """Render the style sheet for feeds opened in a browser."""
    return render("feed.css", settings, **theme.readable(settings.colour))


def error(status: int, settings: Settings) -> bytes:
    """Render the page of an error status."""
    return render("error.html", settings, status=status)


def page_order(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries, newest first, as pages list them: those without a time above their day's.

    A date without a time is its midnight, although the text may have been written later.
    """
    return [
        entry
        for _, day in groupby(entries, key=lambda entry: entry.published.date())
        for entry in sorted(day, key=lambda entry: entry.published.time() != time.min)
    ]


def _entry_list(entries: Sequence[Entry]) -> dict[str, object]:
    """Return the variables of a list of entries, newest first, grouped by day of publication."""
    entries = page_order(entries)
    groups = [list(day) for _, day in groupby(entries, key=lambda entry: entry.published.date())]
    return {
        "days": [(group[0].published, group) for group in groups],
        "titles_only": len(entries) > MAX_WITH_SUMMARIES,
    }


def _neighbouring_months(
    edition: Edition, month: str, slug: str | None
) -> tuple[str | None, str | None]:
    """Return the nearest months before and after one that have entries, of all or a category."""
    if slug is None:
        return edition.month_before(month), edition.month_after(month)
    months = [other for other, _ in edition.months_for_category(slug)]
    return (
        max((other for other in months if other < month), default=None),
        min((other for other in months if other > month), default=None),
    )


def _content(item: Entry, settings: Settings) -> tuple[Markup, Markup]:
    """Return an entry's text in two parts: its first paragraph, and the rest.

    The picture stands between them, so that the text begins at the top. Pictures in the text
    become thumbnails, and tables become scrollable.
    """
    html = place(item.html, "")
    for file in item.inline:
        if file.width:
            original = urls.media_path(item.id, file.name)
            thumbnail = picture_path(item.id, file, LARGE)
            html = html.replace(f'src="{original}"', f'src="{thumbnail}"')
    if "<table>" in html:
        label = translations(settings.language).gettext("Table")
        html = html.replace("<table>", _TABLE_START.format(label=label))
        html = html.replace("</table>", "</table></div>")
    end = html.find("</p>") + len("</p>") if html.startswith("<p>") else 0
    # The parser has sanitized it.
    return Markup(html[:end]), Markup(html[end:])  # noqa: S704
