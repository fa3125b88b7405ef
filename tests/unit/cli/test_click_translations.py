"""The command line in the site's language."""

import re
from itertools import chain
from pathlib import Path

import pytest

from feedsvc.cli import click_translations
from tests.support.commands import run

COMMANDS = (
    *("desk", "serve", "check", "status", "sync", "import", "init", "new", "mail", "export"),
    *("audience", "hub"),
)
# What stands in the help besides, and has no other name in Russian.
NAMES = frozenset(
    "feedsvc text json x WordPress post wordpress feed pages folder en ru md txt test s html"
    " toml Prometheus WebSub".split()
)


def latin_words(line: str) -> set[str]:
    """Return the words of a line in Latin letters, except the names of options."""
    return set(re.findall(r"(?<![-\w])[A-Za-z]+", line))


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_in_the_language_of_the_site(tmp_path: Path, command: str) -> None:
    arguments = [*([command] if command else []), "--help"]
    russian = run(tmp_path, *arguments)
    english = run(tmp_path, *arguments, FEEDSVC_LANGUAGE="en")
    assert (russian.exit_code, english.exit_code) == (0, 0)
    assert re.search("[а-яё]", english.stdout) is None
    for line in filter(str.strip, russian.stdout.splitlines()):
        assert re.search("[А-Яа-яё]", line), line
        assert latin_words(line) <= {*NAMES, *COMMANDS}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("chek", "Команды 'chek' нет. Может быть, 'check'?"),
        ("check --strikt", "Параметра '--strikt' нет. Может быть, '--strict'?"),
        ("check --strict=1", "Параметр '--strict' указывают без значения."),
        ("check entries", "Лишнее слово: entries"),
        ("check a b", "Лишние слова: a b"),
        (
            "check --format xml",
            "Неверное значение параметра '--format': вместо 'xml' возможны 'text', 'json'.",
        ),
        ("serve --port", "После параметра '--port' нужно значение."),
        ("serve --port http", "Неверное значение параметра '--port': 'http' — не число."),
        (
            "serve --port 0",
            "Неверное значение параметра '--port': 0 не входит в диапазон 1<=x<=65535.",
        ),
    ],
)
def test_a_mistake_in_a_command_is_explained_in_the_language_of_the_site(
    tmp_path: Path, arguments: str, message: str
) -> None:
    done = run(tmp_path, *arguments.split())
    # click shows no usage if an option lacks its value.
    *usage, error = filter(None, done.stderr.splitlines())
    assert (done.exit_code, done.stdout, error) == (2, "", f"Ошибка: {message}")
    assert [line.partition(":")[0] for line in usage] in (["Использование", "Справка"], [])
    assert latin_words("".join(usage)) <= {"feedsvc", *COMMANDS}


def test_the_translated_texts_are_those_of_click() -> None:
    source = "".join(
        Path(str(module.__file__)).read_text("utf-8") for module in click_translations.MODULES
    )
    for text in (*click_translations.TEXTS, *chain.from_iterable(click_translations.PLURALS)):
        assert f'"{text}"' in source
