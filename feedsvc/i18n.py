"""Internationalization: messages, dates and numbers in the site's language.

English is the language of the source. The `.po` catalogues of the others are compiled when
they are first used, so there is no compiled copy that could be out of date.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from math import log

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.units import format_unit

LANGUAGES = ("en", "ru")


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark a text for extraction into the catalogues, and return it untranslated."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above
    """Mark a text that has a plural for extraction, and return both forms untranslated."""
    return one, many


@lru_cache
def translations(language: str) -> NullTranslations:
    """Return the translations into a language, one of `LANGUAGES`."""
    if language == "en":
        return NullTranslations()
    source = files("feedsvc") / "locale" / language / "LC_MESSAGES" / "feedsvc.po"
    compiled = BytesIO()
    with source.open("rb") as po:
        write_mo(compiled, read_po(po, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Message:
    """A text that can be translated later: a template, and the values to fill in."""

    template: str
    values: Mapping[str, object] | None = None

    def text(self, language: str = "en") -> str:
        """Return it in a language, one of `LANGUAGES`, including messages among its values."""
        values = {
            name: value.text(language) if isinstance(value, Message) else value
            for name, value in (self.values or {}).items()
        }
        return translations(language).gettext(self.template).format_map(values)


_REASONS = {
    errno.EACCES: N_("access is denied"),
    errno.EPERM: N_("access is denied"),
    errno.ENOENT: N_("there is no such file or folder"),
    errno.ENOTDIR: N_("it is not a folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EROFS: N_("the disk is read-only"),
    errno.EIO: N_("the disk reports an error"),
    errno.EADDRINUSE: N_("it is used by another program"),
    errno.EADDRNOTAVAIL: N_("this machine does not have that address"),
    errno.ECONNREFUSED: N_("the connection is refused"),
    errno.ECONNRESET: N_("the connection was cut"),
    errno.EHOSTUNREACH: N_("no way leads to that host"),
    errno.ENETUNREACH: N_("no way leads to that host"),
}


def reason(error: OSError) -> Message:
    """Return why the operating system refused: in words, or else its name for the error."""
    name = errno.errorcode.get(error.errno or 0, str(error))
    return Message(_REASONS.get(error.errno or 0, "{name}"), {"name": name})


def long_date(moment: datetime, language: str) -> str:
    """Return the day, in the moment's zone: 13 августа 2014 г."""
    return _formatted_date(moment.date(), "long", language)


def full_date(moment: datetime, language: str) -> str:
    """Return the day with its weekday, in the moment's zone: среда, 13 августа 2014 г."""
    return _formatted_date(moment.date(), "full", language)


# Each takes 30 microseconds, a tenth of a page, and a list shows the same ones again and again;
# a search, those of ten years.
@lru_cache(maxsize=4096)
def _formatted_date(day: date, form: str, language: str) -> str:
    return format_date(day, format=form, locale=language)


@lru_cache(maxsize=1440)
def _formatted_time(moment: time, language: str) -> str:
    return format_time(moment, format="short", locale=language)


def locale_of(language: str) -> str:
    """Return a language tag in OpenGraph's form, with a country: `ru_RU` for `ru`.

    If the tag names no country, it is the most likely one (CLDR, likely subtags).
    """
    parts = language.replace("-", "_").split("_")
    if len(parts) > 1 and len(parts[-1]) == 2:
        return f"{parts[0].lower()}_{parts[-1].upper()}"
    likely = get_global("likely_subtags").get(parts[0].lower(), parts[0])
    return f"{parts[0].lower()}_{likely.rpartition('_')[2]}" if "_" in likely else parts[0].lower()


@lru_cache
def language_name(tag: str) -> str:
    """Return what the speakers of a language call it (English, Русский), or else its tag."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name() or tag
    except (ValueError, UnknownLocaleError):
        return tag
    return name[:1].upper() + name[1:]


def in_language(tag: str) -> str:
    """Return the words in a language that lead to a text in it: In English, По-русски."""
    return {"en": "In English", "ru": "По-русски"}.get(tag, language_name(tag))


def month_name(moment: datetime, language: str) -> str:
    """Return the month: август 2014."""
    return _formatted_date(moment.date().replace(day=1), "LLLL y", language)


def month_alone(moment: datetime, language: str) -> str:
    """Return the month without its year: август."""
    return _formatted_date(moment.date().replace(day=1), "LLLL", language)


def file_size(length: int, language: str) -> str:
    """Return a number of bytes as a size: 1,2 МБ."""
    power = min(int(log(max(length, 1), 1000)), 2)
    unit = ("byte", "kilobyte", "megabyte")[power]
    return format_unit(round(length / 1000**power, 1), f"digital-{unit}", "short", locale=language)


def last_day(moment: datetime, language: str) -> str:
    """Return until when something holds: the day that ends then, or the day and the time."""
    if moment.time() == time.min:
        return long_date(moment - timedelta(days=1), language)
    return f"{long_date(moment, language)}, {clock_time(moment, language)}"


def clock_time(moment: datetime, language: str) -> str:
    """Return the time of day, in the moment's zone: 15:30."""
    return _formatted_time(time(moment.hour, moment.minute), language)
