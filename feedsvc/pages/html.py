"""HTML pages for people. Pure, like the feeds: an edition in, bytes out."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from hashlib import sha256
from itertools import groupby

from markupsafe import Markup

from feedsvc import urls
from feedsvc.edition import Edition, GoneEntry, Related
from feedsvc.feeds import FOR_READERS, MAIN_FEED, common, offered
from feedsvc.feeds.channel import category_label, in_language, languages
from feedsvc.i18n import N_, Message, language_name, month_name, translations
from feedsvc.media.thumbnails import LARGE, picture_path
from feedsvc.model import Entry
from feedsvc.pages import jsonld, qr, theme
from feedsvc.pages.environment import picture_of, render, render_text
from feedsvc.pages.typography import unbroken_html
from feedsvc.search.query import MAX_LENGTH, Query
from feedsvc.search.results import Results, SearchForm
from feedsvc.settings import Settings
from feedsvc.text import place

# A list with more entries shows titles only: it is quicker to look through, and has a tenth
# of the bytes.
MAX_WITH_SUMMARIES = 40
# With more categories, the page of feeds only links to the page of each.
MAX_CATEGORIES = 40
# How many months the home page links to; the archive page has the rest.
HOME_MONTHS = 12
# How many pinned entries come first on the home page: more would hide the news.
MAX_PINNED = 3
NOTHING_RELATED = Related()
_TABLE_START = '<div class="wide" role="group" tabindex="0" aria-label="{label}"><table>'


def home(edition: Edition, settings: Settings) -> bytes:
    """Render the home page: what is pinned, then the newest entries; the first as the lead.

    While there is no news, nor an address for readers, the site is new: it says how to begin.
    """
    is_empty = not edition.months() and not edition.withdrawn(common.EPOCH)
    if is_empty and not settings.base_url:
        return render("start.html", settings, path=urls.HOME, folder=settings.entries.name)
    pinned = edition.pinned(MAX_PINNED)
    newest = page_order(edition.newest(settings.feed_size))
    others = [entry for entry in newest if entry not in pinned]
    return render(
        "home.html",
        settings,
        path=urls.HOME,
        entries=(*pinned, *others),
        **_entry_list(others, without=0 if pinned else 1),
        # The first is the lead.
        topic=urls.feed_path(MAIN_FEED),
        pinned=pinned[1:],
        marked={entry.id for entry in pinned},
        languages=languages(edition, settings),
        categories=edition.categories(),
        months=edition.months()[:HOME_MONTHS],
        structured_data=jsonld.website(settings),
    )


def archive(edition: Edition, settings: Settings) -> bytes:
    """Render the list of all months that have entries, by year."""
    months = groupby(edition.months(), key=lambda row: row[0][:4])
    return render(
        "archive.html",
        settings,
        path=urls.ARCHIVE,
        years=[(year, _twelve(year, dict(counts))) for year, counts in months],
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
        topic=urls.feed_path(MAIN_FEED, slug),
        **_entry_list(entries),
        title=label,
        slug=slug,
        label=label,
        months=edition.months_for_category(slug),
        categories=(),
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
        topic=urls.language_feed_path(MAIN_FEED, tag),
        **_entry_list(entries),
        title=name,
        tag=tag,
        label=name,
        months=(),
        categories=(),
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
        categories=() if slug else edition.categories(),
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
        MAX_CATEGORIES=MAX_CATEGORIES,
        all_feeds=offered(settings),
    )


def subscribe_to_category(edition: Edition, settings: Settings, slug: str) -> bytes | None:
    """Render the page about subscribing to a category; None if it has no entries."""
    label = dict(edition.categories()).get(slug)
    if label is None:
        return None
    return render(
        "feed.html",
        settings,
        path=urls.subscribe_path(slug),
        heading=N_("Subscribe to «%(label)s»"),
        label=label,
        page=urls.category_path(slug),
        feed_paths={name: urls.feed_path(name, slug) for name in FOR_READERS},
    )


def subscribe_to_search(query: Query, settings: Settings) -> bytes:
    """Render the page about subscribing to a search."""
    return render(
        "feed.html",
        settings,
        path=urls.search_subscribe_path(query.text),
        heading=N_("Subscribe to news about «%(words)s»"),
        label=query.text,
        page=urls.search_path(q=query.text),
        feed_paths={name: urls.search_feed_path(name, query.text) for name in FOR_READERS},
    )


def feed_qr_code(_edition: Edition, settings: Settings) -> bytes | None:
    """Render the QR code of the address of the feed of all news; None if it is too long."""
    return qr.svg(settings.site + urls.feed_path(MAIN_FEED))


def category_qr_code(edition: Edition, settings: Settings, slug: str) -> bytes | None:
    """Render the QR code of the address of a category's feed; None if there is none."""
    if slug not in dict(edition.categories()):
        return None
    return qr.svg(settings.site + urls.feed_path(MAIN_FEED, slug))


def copy_script_hash() -> str:
    """Return the hash of the script of the pages about subscribing, as in a policy (CSP 3)."""
    script = render_text("copy.js")
    return f"sha256-{b64encode(sha256(script).digest()).decode()}"


def entry(
    item: Entry,
    neighbours: tuple[Entry | None, Entry | None],
    settings: Settings,
    *,
    related: Related = NOTHING_RELATED,
) -> bytes:
    """Render the permanent page of an entry, with links to those next to it and related ones."""
    first_paragraph, rest = _content(item, settings)
    return render(
        "entry.html",
        settings,
        path=item.page,
        entry=item,
        first_paragraph=first_paragraph,
        rest=rest,
        picture=picture_of(item),
        neighbours=neighbours,
        versions=common.versions(item, settings),
        related=related,
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
        offer_path=urls.search_path(**{**filled, "q": results.offer}),
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
    return render("style.css", settings, **theme.colours(settings.colour, settings.theme))


def feed_style(settings: Settings) -> bytes:
    """Render the style sheet for feeds opened in a browser."""
    return render("feed.css", settings, **theme.colours(settings.colour, settings.theme))


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


def _entry_list(entries: Sequence[Entry], *, without: int = 0) -> dict[str, object]:
    """Return the variables of a list of entries, newest first, grouped by day of publication.

    The first ones can be left `without`: they are shown in another way.
    """
    listed = page_order(entries[without:])
    groups = [list(day) for _, day in groupby(listed, key=lambda entry: entry.published.date())]
    return {
        "days": [(group[0].published, group) for group in groups],
        "titles_only": len(entries) > MAX_WITH_SUMMARIES,
    }


def _twelve(year: str, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the months of a year with their numbers of entries, 0 for those without any."""
    months = [f"{year}-{number:02}" for number in range(1, 13)]
    return [(month, counts.get(month, 0)) for month in months]


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
    html = unbroken_html(place(item.html, ""))
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
