"""Every text is translated; dates and reasons are written as people write them."""

import errno
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from feedsvc.i18n import Message, clock_time, file_size, full_date, locale_of, long_date, reason
from tests.support.newsroom import ROOT


@cache
def extracted() -> set[str]:
    """Return the texts in the source, found as `make texts` finds them."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = configuration["tool"]["babel"]["mappings"]
    # Only the package: its folders are all that the patterns name.
    patterns = [
        (mapping["pattern"].removeprefix("feedsvc/"), mapping["method"]) for mapping in mappings
    ]
    found = extract_from_dir(
        ROOT / "feedsvc",
        method_map=patterns,
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)},
    )
    return {text for message in found for text in forms(message[2])}


def forms(text: object) -> tuple[str, ...]:
    """Return the texts of a message: several if it has a plural."""
    return text if isinstance(text, tuple) else (str(text),)


def russian() -> Catalog:
    path = ROOT / "feedsvc" / "locale" / "ru" / "LC_MESSAGES" / "feedsvc.po"
    with path.open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def names(template: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name is not None})


def pairs() -> Iterator[tuple[str, str]]:
    for message in russian():
        if message.id:
            translated = forms(message.string)
            # The forms for one and for many; the others are between them.
            yield from zip(forms(message.id), (translated[0], translated[-1]), strict=False)


def test_the_russian_catalogue_has_the_texts_of_the_source_and_no_others() -> None:
    catalogue = {english for english, _ in pairs()}
    source = extracted()

    assert (sorted(source - catalogue), sorted(catalogue - source)) == ([], [])


def test_texts_are_found_in_code_and_in_templates() -> None:
    # Otherwise the test above would compare nothing with nothing.
    assert {"there is no title", "access is denied", "must not be empty", "Latest news"} <= (
        extracted()
    )


def test_every_text_is_translated_and_none_is_fuzzy_or_obsolete() -> None:
    catalogue = russian()

    assert [
        message.id for message in catalogue if message.id and not all(forms(message.string))
    ] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []


def test_a_translation_has_the_same_placeholders_as_the_text() -> None:
    different = [english for english, translated in pairs() if names(english) != names(translated)]

    assert different == []


def test_a_translation_is_not_the_english_text() -> None:
    assert [english for english, translated in pairs() if english == translated] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "cannot be read: access is denied"),
        ("ru", "не удалось прочитать: доступ запрещён"),
    ],
)
def test_a_message_among_the_values_is_in_the_same_language(language: str, text: str) -> None:
    inner = Message("access is denied")

    assert Message("cannot be read: {reason}", {"reason": inner}).text(language) == text


def test_a_message_without_translation_is_returned_as_it_is() -> None:
    assert (Message("access is denied").text(), Message("not in a catalogue").text("ru")) == (
        "access is denied",
        "not in a catalogue",
    )


@pytest.mark.parametrize(
    ("number", "english", "translated"),
    [
        (errno.EACCES, "access is denied", "доступ запрещён"),
        (errno.EPERM, "access is denied", "доступ запрещён"),
        (errno.ENOENT, "there is no such file or folder", "нет такого файла или папки"),
        (errno.ENOTDIR, "it is not a folder", "это не папка"),
        (errno.EISDIR, "it is a folder", "это папка"),
        (errno.ENOSPC, "the disk is full", "на диске нет места"),
        (errno.EROFS, "the disk is read-only", "диск доступен только для чтения"),
        (errno.EIO, "the disk reports an error", "диск сообщает об ошибке"),
        (errno.EADDRINUSE, "it is used by another program", "он занят другой программой"),
        (errno.EADDRNOTAVAIL, "this machine does not have that address",
         "у этого компьютера нет такого адреса"),
        (errno.ESTALE, "ESTALE", "ESTALE"),
    ],
)  # fmt: skip
def test_the_reason_for_a_system_error_is_in_words(
    number: int, english: str, translated: str
) -> None:
    error = OSError(number, "whatever the C library says")

    assert (reason(error).text("en"), reason(error).text("ru")) == (english, translated)


def test_the_reason_for_an_error_without_a_number_is_its_own_text() -> None:
    assert reason(OSError("a {strange} one")).text("ru") == "a {strange} one"


@pytest.mark.parametrize(
    ("moment", "language", "text"),
    [
        (datetime(2014, 8, 13, tzinfo=UTC), "ru", "13 августа 2014\u202fг."),
        (datetime(2014, 8, 13, tzinfo=UTC), "en", "August 13, 2014"),
        # The day is that of the zone which the moment carries.
        (datetime(2014, 8, 13, 1, tzinfo=timezone(timedelta(hours=4))), "en", "August 13, 2014"),
        (datetime(2014, 8, 13, 23, 59, tzinfo=UTC), "en", "August 13, 2014"),
    ],
)
def test_a_day_is_written_as_people_do(moment: datetime, language: str, text: str) -> None:
    assert long_date(moment, language) == text


def test_a_day_is_written_with_its_weekday() -> None:
    moment = datetime(2014, 8, 13, tzinfo=UTC)
    assert full_date(moment, "ru") == "среда, 13 августа 2014\u202fг."


@pytest.mark.parametrize(("language", "text"), [("ru", "15:05"), ("en", "3:05\u202fPM")])
def test_a_time_is_written_as_people_do(language: str, text: str) -> None:
    moment = datetime(2014, 8, 13, 15, 5, tzinfo=timezone(timedelta(hours=4)))

    assert clock_time(moment, language) == text


@pytest.mark.parametrize(
    ("length", "text"), [(0, "0 Б"), (999, "999 Б"), (1000, "1 кБ"), (1_234_567, "1,2 МБ")]
)
def test_a_size_is_written_as_people_do(length: int, text: str) -> None:
    assert file_size(length, "ru").replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("ru", "ru_RU"), ("en", "en_US"), ("en-gb", "en_GB"), ("xx", "xx")],
)
def test_a_language_without_a_country_gets_its_likeliest(tag: str, locale: str) -> None:
    assert locale_of(tag) == locale
