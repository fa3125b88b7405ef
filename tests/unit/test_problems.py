"""Every problem says something that a person can use."""

from string import Formatter

import pytest

from feedsvc.i18n import LANGUAGES, translations
from feedsvc.model import Problem
from feedsvc.problems import KINDS, advice, as_json, sentence, severity, what

# Every placeholder in the texts of problems, with a value that can be recognized.
VALUES = {
    name: f"<{name}>"
    for name in (
        "name size encoding id value key near other guid label taken count limit title full last"
        " month right ending names width"
    ).split()
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", KINDS)
def test_every_problem_says_what_is_wrong_and_what_to_do(code: str, language: str) -> None:
    kind = KINDS[code]
    problem = Problem("a.md", 3, code, tuple(VALUES.items()))

    for text, template in (
        (what(problem, language), kind.what),
        (advice(problem, language), kind.advice),
    ):
        translated = translations(language).gettext(template)
        expected = translated
        for _, name, _, _ in Formatter().parse(template):
            if name is not None:
                expected = expected.replace("{" + name + "}", VALUES[name])
        assert text == expected
        assert text.strip("«»") != ""
        assert (translated == template) == (language == "en")


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_a_severity(code: str) -> None:
    assert severity(Problem("a.md", 0, code)) == KINDS[code].severity


def test_only_these_problems_are_warnings() -> None:
    # Everything else that is wrong keeps a file from being published.
    assert {code for code in KINDS if KINDS[code].severity == "warning"} == {
        "link-folder",
        "word-tracked",
        "word-hidden",
        "word-text-boxes",
        "word-drawings",
        "word-objects",
        "word-equations",
        "word-comments",
        "word-picture",
        "word-picture-linked",
        "encoding-other",
        "characters-removed",
        "id-from-name",
        "title-from-name",
        "template",
        "bad-alias",
        "dzen-narrow",
        "picture-nowhere",
        "media-film",
        "media-heic",
        "alt-missing",
        "picture-place",
        "captions-large",
        "captions-unreadable",
        "caption-no-picture",
        "caption-twice",
        "caption-unclear",
        "caption-long",
        "unknown-key",
        "unknown-key-near",
        "bad-lang",
        "date-weekday",
        "bad-address",
        "bad-category",
        "categories-many",
        "marks-many",
        "problems-more",
        "renamed",
        "unread-alone",
        "unread-archive",
        "unread-document",
        "unread-ending",
        "unread-markup",
        "unread-more",
        "unread-no-ending",
        "unread-office",
        "unread-picture",
        "unread-recording",
        "updated-early",
        "bad-image",
        "media-broken",
        "media-large",
        "media-many",
        "media-missing",
        "media-no-picture",
        "media-type",
        "translation-same",
        "translation-unknown",
    }


@pytest.mark.parametrize(
    ("problem", "language", "line"),
    [
        (
            Problem("2014/a.md", 3, "bad-date", (("value", "10"),)),
            "en",
            (
                "2014/a.md:3: «10» is not a date: write day, month and year, like"
                " 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"
            ),
        ),
        (
            Problem("2014/a.md", 3, "bad-date", (("value", "10"),)),
            "ru",
            (
                "2014/a.md:3: «10» — не дата: напишите день, месяц и год, например"
                " 13.08.2014, 13.08.2014 15:30 или 13 августа 2014"
            ),
        ),
        (
            Problem("Новость.txt", 0, "encoding"),
            "en",
            (
                "Новость.txt: the text cannot be read, as its encoding is unknown:"
                " save the file as plain text in UTF-8"
            ),
        ),
        (
            Problem("a\nb\x1b[31m\u202e\ud800\x7f.md", 0, "encoding"),
            "en",
            (
                "a?b?[31m???.md: the text cannot be read, as its encoding is unknown:"
                " save the file as plain text in UTF-8"
            ),
        ),
        (
            Problem("a.md", 1, "unknown-key", (("key", "{path}\r\t"),)),
            "en",
            (
                "a.md:1: «{path}??» is unknown and was ignored:"
                " remove the line, or check the spelling"
            ),
        ),
    ],
    ids=["English", "Russian", "no line", "unprintable path", "unprintable value"],
)
def test_a_problem_is_one_line_of_text(problem: Problem, language: str, line: str) -> None:
    assert sentence(problem, language) == line


def test_a_problem_is_values_for_json() -> None:
    problem = Problem("a.md", 4, "unknown-key-near", (("key", "titel"), ("near", "title")))

    assert as_json(problem, "ru") == {
        "path": "a.md",
        "line": 4,
        "severity": "warning",
        "code": "unknown-key-near",
        "what": "«titel» — неизвестное имя, строка пропущена",
        "advice": "может быть, вы имели в виду «title»?",
    }


def test_a_problem_of_a_file_as_a_whole_has_no_line() -> None:
    assert as_json(Problem("a.md", 0, "encoding"), "en") == {
        "path": "a.md",
        "line": None,
        "severity": "error",
        "code": "encoding",
        "what": "the text cannot be read, as its encoding is unknown",
        "advice": "save the file as plain text in UTF-8",
    }
