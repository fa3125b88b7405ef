"""Texts: every one is translated, and every problem says something a person can use."""

import errno
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from feedsvc.i18n import LANGUAGES, Message, clock_time, long_date, reason, translations
from feedsvc.model import Problem
from feedsvc.problems import KINDS, advice, as_json, sentence, severity, what

ROOT = Path(__file__).parent.parent
# Every name that a problem's texts fill in, with a value that can be recognized.
VALUES = {
    name: f"<{name}>"
    for name in "name size encoding id value key near other guid label taken".split()
}


def extracted() -> set[str]:
    """The texts in the source, found as `make texts` finds them."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = configuration["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        ROOT,
        method_map=[(mapping["pattern"], mapping["method"]) for mapping in mappings],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)},
    )
    return {text for message in found for text in _forms(message[2])}


def _forms(text: object) -> tuple[str, ...]:
    """Give the texts of a message: two where it counts something."""
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
            translated = _forms(message.string)
            # What stands for one, and for many: the others lie between them.
            yield from zip(_forms(message.id), (translated[0], translated[-1]), strict=False)


def test_the_russian_catalogue_holds_the_texts_of_the_source_and_no_others() -> None:
    catalogue = {english for english, _ in pairs()}
    source = extracted()

    assert (sorted(source - catalogue), sorted(catalogue - source)) == ([], [])


def test_texts_are_found_in_code_and_in_templates() -> None:
    # Otherwise the test above would compare nothing with nothing.
    assert {"there is no title", "access is denied", "must not be empty", "Newest news"} <= (
        extracted()
    )


def test_every_text_is_translated_and_none_is_fuzzy_or_obsolete() -> None:
    catalogue = russian()

    assert [
        message.id for message in catalogue if message.id and not all(_forms(message.string))
    ] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []


def test_a_translation_fills_in_what_the_text_does() -> None:
    different = [english for english, translated in pairs() if names(english) != names(translated)]

    assert different == []


def test_a_translation_is_not_the_english_text() -> None:
    assert [english for english, translated in pairs() if english == translated] == []


# --- problems


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", KINDS)
def test_every_problem_says_what_is_wrong_and_what_to_do(code: str, language: str) -> None:
    kind = KINDS[code]
    problem = Problem("a.md", 3, code, tuple(VALUES.items()))

    for said, template in ((what(problem, language), kind.what),
                           (advice(problem, language), kind.advice)):  # fmt: skip
        translated = translations(language).gettext(template)
        expected = translated
        for name in names(template):
            expected = expected.replace("{" + name + "}", VALUES[name])
        assert said == expected
        assert said.strip("«»") != ""
        assert (translated == template) == (language == "en")


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_a_severity(code: str) -> None:
    assert severity(Problem("a.md", 0, code)) == KINDS[code].severity


def test_only_these_problems_are_mere_warnings() -> None:
    # Whatever else is wrong keeps a file from being published.
    assert {code for code in KINDS if KINDS[code].severity == "warning"} == {
        "link-folder",
        "encoding-other",
        "characters-removed",
        "id-from-name",
        "unknown-key",
        "unknown-key-near",
        "bad-lang",
        "bad-address",
        "bad-category",
        "updated-early",
        "bad-image",
        "media-broken",
        "media-large",
        "media-many",
        "media-missing",
        "media-no-picture",
        "media-type",
    }


@pytest.mark.parametrize(
    ("problem", "language", "line"),
    [
        (
            Problem("2014/a.md", 3, "bad-date", (("value", "10"),)),
            "en",
            (
                "2014/a.md:3: «10» is not a date with day, month and year: write it like"
                " 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"
            ),
        ),
        (
            Problem("2014/a.md", 3, "bad-date", (("value", "10"),)),
            "ru",
            (
                "2014/a.md:3: «10» — не дата с днём, месяцем и годом: напишите так:"
                " 13.08.2014, 13.08.2014 15:30 или 13 августа 2014"
            ),
        ),
        (
            Problem("Новость.txt", 0, "encoding"),
            "en",
            (
                "Новость.txt: the text cannot be read: it is in no known encoding:"
                " save the file as plain text in UTF-8"
            ),
        ),
        (
            Problem("a\nb\x1b[31m\u202e\ud800\x7f.md", 0, "encoding"),
            "en",
            (
                "a?b?[31m???.md: the text cannot be read: it is in no known encoding:"
                " save the file as plain text in UTF-8"
            ),
        ),
        (
            Problem("a.md", 1, "unknown-key", (("key", "{path}\r\t"),)),
            "en",
            (
                "a.md:1: «{path}??» is not known and was passed over:"
                " remove the line, or check the spelling"
            ),
        ),
    ],
    ids=["English", "Russian", "no line", "unprintable path", "unprintable value"],
)
def test_a_problem_is_said_in_one_line(problem: Problem, language: str, line: str) -> None:
    assert sentence(problem, language) == line


def test_a_problem_is_given_as_plain_values() -> None:
    problem = Problem("a.md", 4, "unknown-key-near", (("key", "titel"), ("near", "title")))

    assert as_json(problem, "ru") == {
        "path": "a.md",
        "line": 4,
        "severity": "warning",
        "code": "unknown-key-near",
        "what": "«titel» — неизвестное имя, строка пропущена",
        "advice": "возможно, имелось в виду «title»?",
    }


def test_a_problem_of_the_whole_file_has_no_line() -> None:
    assert as_json(Problem("a.md", 0, "encoding"), "en") == {
        "path": "a.md",
        "line": None,
        "severity": "error",
        "code": "encoding",
        "what": "the text cannot be read: it is in no known encoding",
        "advice": "save the file as plain text in UTF-8",
    }


# --- messages


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "cannot be read: access is denied"),
        ("ru", "не читается: доступ запрещён"),
    ],
)
def test_a_message_among_the_values_is_said_in_the_same_language(language: str, said: str) -> None:
    inner = Message("access is denied")

    assert Message("cannot be read: {reason}", {"reason": inner}).text(language) == said


def test_a_message_without_values_is_said_as_it_is() -> None:
    assert (Message("access is denied").text(), Message("not in a catalogue").text("ru")) == (
        "access is denied",
        "not in a catalogue",
    )


@pytest.mark.parametrize(
    ("number", "english", "translated"),
    [
        (errno.EACCES, "access is denied", "доступ запрещён"),
        (errno.EPERM, "access is denied", "доступ запрещён"),
        (errno.ENOENT, "there is nothing of that name", "такого нет"),
        (errno.ENOTDIR, "it is not a folder", "это не папка"),
        (errno.EISDIR, "it is a folder", "это папка"),
        (errno.ENOSPC, "the disk is full", "на диске нет места"),
        (errno.EROFS, "the disk can only be read", "диск доступен только для чтения"),
        (errno.EIO, "the disk reports a fault", "диск сообщает об ошибке"),
        (errno.EADDRINUSE, "another program is using it", "его занимает другая программа"),
        (errno.EADDRNOTAVAIL, "this machine does not have that address",
         "у этой машины нет такого адреса"),
        (errno.ESTALE, "ESTALE", "ESTALE"),
    ],
)  # fmt: skip
def test_the_systems_refusal_is_said_in_words(number: int, english: str, translated: str) -> None:
    error = OSError(number, "whatever the C library says")

    assert (reason(error).text("en"), reason(error).text("ru")) == (english, translated)


def test_a_refusal_without_a_number_says_what_it_says() -> None:
    assert reason(OSError("a {strange} one")).text("ru") == "a {strange} one"


# --- dates


@pytest.mark.parametrize(
    ("moment", "language", "said"),
    [
        (datetime(2014, 8, 13, tzinfo=UTC), "ru", "13 августа 2014\u202fг."),
        (datetime(2014, 8, 13, tzinfo=UTC), "en", "August 13, 2014"),
        # The day is that of the zone which the moment carries.
        (datetime(2014, 8, 13, 1, tzinfo=timezone(timedelta(hours=4))), "en", "August 13, 2014"),
        (datetime(2014, 8, 13, 23, 59, tzinfo=UTC), "en", "August 13, 2014"),
    ],
)
def test_a_day_is_written_as_people_do(moment: datetime, language: str, said: str) -> None:
    assert long_date(moment, language) == said


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "15:05"), ("en", "3:05\u202fPM")]
)  # fmt: skip
def test_a_time_is_written_as_people_do(language: str, said: str) -> None:
    moment = datetime(2014, 8, 13, 15, 5, tzinfo=timezone(timedelta(hours=4)))

    assert clock_time(moment, language) == said
