"""The Jinja environment of the pages: one for each language, with its filters and globals."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from feedsvc import urls
from feedsvc.feeds import FOR_READERS
from feedsvc.feeds.common import gallery, pictures
from feedsvc.i18n import (
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
    MEDIUM,
    SMALL,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail_size,
)
from feedsvc.media.types import kind
from feedsvc.model import Attachment, Entry
from feedsvc.pages import theme
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
    "status",
)


def render(template: str, settings: Settings, **variables: object) -> bytes:
    """Render a template in the site's language, as UTF-8."""
    loaded = _environment(settings.language).get_template(template)
    return loaded.render(settings=settings, **(dict.fromkeys(_OPTIONAL) | variables)).encode()


def reducible_pictures(entry: Entry) -> list[Attachment]:
    """Return the pictures of an entry that have thumbnails."""
    return [file for file in pictures(entry) if has_thumbnail(file)]


@lru_cache(maxsize=1)
def letter_icon(title: str, colour: str) -> str:
    """Return the icon of a site that has none: the first letter of its title, on its colour.

    It is a `data:` URL (RFC 2397), so browsers need no request for it.
    """
    letter = next((character for character in title if character.isalnum()), "•").upper()
    template = _environment("en").get_template("icon.svg")
    svg = template.render(letter=letter, **theme.readable(colour)).strip()
    return f"data:image/svg+xml,{quote(svg, safe='=:/')}"


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
    # The extension adds this method when it is loaded, so its class does not declare it.
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= _filters(language)
    environment.globals |= {
        "feeds": FOR_READERS,
        "urls": urls,
        "letter_icon": letter_icon,
        "gallery": gallery,
        "pictures": reducible_pictures,
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
        "month_name": lambda month: month_name(
            datetime.strptime(month, "%Y-%m"),  # noqa: DTZ007 - a month, not a moment
            language,
        ),
        "file_kind": lambda file: translations(language).gettext(kind(file.name)),
        "file_size": lambda length: file_size(length, language),
        "locale": locale_of,
        "thumbnail_size": thumbnail_size,
    }
