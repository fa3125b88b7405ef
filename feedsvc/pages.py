"""HTML pages for people. Pure, like the feeds: an edition in, bytes out."""

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedsvc import feeds, markup
from feedsvc.edition import Edition, Gone
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.texts import clock_time, long_date, translations


def home(edition: Edition, settings: Settings) -> bytes:
    """Render the list of the newest news."""
    return _render("home.html", settings, path="/", entries=edition.newest(settings.feed_size))


def entry(item: Entry, settings: Settings) -> bytes:
    """Render the permanent page of an entry."""
    return _render(
        "entry.html",
        settings,
        path=settings.page(item.id),
        entry=item,
        body=Markup(markup.place(item.html, "")),  # noqa: S704 - sanitized where it was parsed
    )


def gone(item: Gone, settings: Settings) -> bytes:
    """Render what stands where a withdrawn or removed entry was."""
    return _render("gone.html", settings, entry=item)


def error(status: int, settings: Settings) -> bytes:
    """Render the page of an error status."""
    return _render("error.html", settings, status=status)


def _render(template: str, settings: Settings, **values: object) -> bytes:
    page = _environment(settings.language).get_template(template)
    return page.render(
        settings=settings, feeds=feeds.FEEDS, feed_path=feeds.path, **values
    ).encode()


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
    return environment
