"""The Jinja environment of the pages: one for each language, with its filters and globals."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedsvc import urls
from feedsvc.feeds import FOR_READERS, MAIN_FEED
from feedsvc.feeds.common import gallery, pictures
from feedsvc.i18n import (
    N_,
    clock_time,
    file_size,
    full_date,
    in_language,
    language_name,
    last_day,
    locale_of,
    long_date,
    month_alone,
    month_name,
    translations,
)
from feedsvc.media.thumbnails import (
    LARGE,
    MEDIUM,
    SMALL,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail_size,
)
from feedsvc.media.types import kind
from feedsvc.model import Attachment, Entry
from feedsvc.pages import qr, readers, theme
from feedsvc.pages.sharing import share_links
from feedsvc.pages.typography import unbroken, unbroken_html
from feedsvc.search.query import MAX_LENGTH
from feedsvc.settings import Settings

# Variables of the base template that most pages leave unset. Any other undefined variable
# is an error.
_OPTIONAL = (
    "slug",
    "path",
    "structured_data",
    "title",
    "description",
    "lang",
    "picture",
    "pinned",
    "status",
    "tag",
    "topic",
)

# A picture may lose this part of its width or height to fill a frame of 16 by 9; one of fewer
# pixels would be blurred.
_FRAME = 16 / 9
_MAX_CUT = 0.34
_MIN_WIDTH = 480
# What the head of every page leads to.
SECTIONS = {urls.HOME: N_("News"), urls.ARCHIVE: N_("Archive"), urls.SUBSCRIBE: N_("Subscribe")}
# How many categories stand beside the date of an entry; others follow its text.
FACTS_CATEGORIES = 3


def render(template: str, settings: Settings, **variables: object) -> bytes:
    """Render a template in the site's language, as UTF-8."""
    loaded = environment(settings.language).get_template(template)
    return loaded.render(settings=settings, **(dict.fromkeys(_OPTIONAL) | variables)).encode()


def render_text(template: str) -> bytes:
    """Render a template that has no variables."""
    return environment("en").get_template(template).render().encode()


def picture_of(entry: Entry) -> Attachment | None:
    """Return the first picture of an entry that has thumbnails, None if none has."""
    return next((file for file in pictures(entry) if has_thumbnail(file)), None)


def fills_frame(picture: Attachment) -> bool:
    """Return whether a picture looks right if it fills a wide frame; others are shown whole."""
    width, height = picture.width or 1, picture.height or 1
    kept = width / height / _FRAME
    return width >= _MIN_WIDTH and 1 - min(kept, 1 / kept) <= _MAX_CUT


def fragment(template: str, settings: Settings, path: str | None = None) -> Markup:
    """Return a part of the page that is the same on many, rendered once.

    Of the paths only those of the sections make a difference.
    """
    return _fragment(template, settings, path if path in SECTIONS else None)


@lru_cache(maxsize=32)
def _fragment(template: str, settings: Settings, path: str | None) -> Markup:
    loaded = environment(settings.language).get_template(template)
    # Rendered by the same rules as the page it becomes a part of.
    return Markup(loaded.render(settings=settings, path=path).rstrip())  # noqa: S704


@lru_cache(maxsize=1)
def letter_icon(title: str, colour: str) -> str:
    """Return the icon of a site that has none: the first letter of its title, on its colour.

    It is a `data:` URL (RFC 2397), so browsers need no request for it.
    """
    letter = next((character for character in title if character.isalnum()), "•").upper()
    template = environment("en").get_template("icon.svg")
    svg = template.render(letter=letter, **theme.readable(colour)).strip()
    return f"data:image/svg+xml,{quote(svg, safe='=:/')}"


@lru_cache
def environment(language: str, package: str = "feedsvc.pages") -> Environment:
    """Return the environment for the templates of a package, in a language."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The extension adds this method when it is loaded, so its class does not declare it.
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= _filters(language)
    _ = translations(language).gettext
    environment.globals |= {
        "feeds": FOR_READERS,
        "MAIN_FEED": MAIN_FEED,
        "fragment": fragment,
        "SECTIONS": {path: _(name) for path, name in SECTIONS.items()},
        "urls": urls,
        "letter_icon": letter_icon,
        "gallery": gallery,
        "qr": qr,
        "readers": readers,
        "picture_of": picture_of,
        "fills_frame": fills_frame,
        "share_links": share_links,
        "FACTS_CATEGORIES": FACTS_CATEGORIES,
        "picture_path": picture_path,
        "picture_variants": picture_variants,
        "SMALL": SMALL,
        "MEDIUM": MEDIUM,
        "LARGE": LARGE,
        "MAX_QUERY_LENGTH": MAX_LENGTH,
    }
    return environment


def _filters(language: str) -> dict[str, Callable[..., object]]:
    return {
        "long_date": lambda moment: long_date(moment, language),
        "full_date": lambda moment: full_date(moment, language),
        "clock_time": lambda moment: clock_time(moment, language),
        "month_name": lambda month: month_name(_first_day(month), language),
        "month_alone": lambda month: month_alone(_first_day(month), language),
        "file_kind": lambda file: translations(language).gettext(kind(file.name)),
        "file_size": lambda length: file_size(length, language),
        "last_day": lambda moment: last_day(moment, language),
        "in_language": in_language,
        "language_name": language_name,
        "locale": locale_of,
        "thumbnail_size": thumbnail_size,
        "unbroken": unbroken,
        "unbroken_html": lambda html: Markup(unbroken_html(html)),  # noqa: S704 - as safe as it was
        "telephone_link": telephone_link,
    }


def _first_day(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - a month, not a moment


def telephone_link(number: str) -> str:
    """Return the address that dials a number (RFC 3966), without what only people read."""
    return "tel:" + "".join(each for each in number if each in "+0123456789")
