"""The commands, run as people run them: in a process of their own."""

import json
import os
import re
import socket
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from feedsvc.cli import click_texts
from tests.support.newsroom import ROOT, item

COMMAND = [sys.executable, "-m", "feedsvc"]


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with entries and instance in a folder, in Russian."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FEEDSVC_")},
        "FEEDSVC_LANGUAGE": "ru",
        "FEEDSVC_TIMEZONE": "Europe/Moscow",
        "FEEDSVC_ENTRIES": str(folder / "entries"),
        "FEEDSVC_INSTANCE": str(folder / "instance"),
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    return subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environ,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir()
    return tmp_path


def test_check_is_silent_and_exits_0_where_all_is_well(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item())
    done = run(folder, "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_shipped_entries_are_clean() -> None:
    done = run(ROOT, "check", "--strict", FEEDSVC_ENTRIES=str(ROOT / "entries"))
    assert (done.returncode, done.stdout) == (0, "")


def test_check_says_path_line_what_is_wrong_and_what_to_do_and_exits_1(folder: Path) -> None:
    (folder / "entries" / "b.txt").write_text("Заголовок\nзавтра\nТекст", encoding="utf-8")
    (folder / "entries" / "a.md").write_bytes(item("A"))
    (folder / "entries" / "c.md").write_bytes(item("C", id="a"))
    done = run(folder, "check")
    assert done.stdout == (
        "b.txt:2: «завтра» — не дата с днём, месяцем и годом: напишите так:"
        " 13.08.2014, 13.08.2014 15:30 или 13 августа 2014\n"
        "c.md: id «a» уже занят файлом a.md: дайте этому файлу другой id или другое имя"
        " или удалите один из двух файлов\n"
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_check_exits_0_with_warnings_alone_and_1_if_it_is_strict(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item(titel="x"))
    assert run(folder, "check").returncode == 0
    assert run(folder, "check", "--strict").returncode == 1


def test_check_gives_json_for_programs(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item(titel="x"))
    done = run(folder, "check", "--format", "json", FEEDSVC_LANGUAGE="en")
    assert json.loads(done.stdout) == [
        {
            "path": "a.md",
            "line": 4,
            "severity": "warning",
            "code": "unknown-key-near",
            "what": "«titel» is not known and was passed over",
            "advice": "did you mean «title»?",
        }
    ]


@pytest.mark.parametrize("command", ["check", "serve"])
def test_without_entries_there_is_one_line_and_exit_2(folder: Path, command: str) -> None:
    (folder / "entries").rmdir()
    done = run(folder, command)
    assert (f"папка с новостями {folder / 'entries'} не открывается: такого нет\n") == done.stderr
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("command", ["check", "serve", "status", "sync"])
def test_bad_settings_are_all_listed_and_exit_2(folder: Path, command: str) -> None:
    done = run(folder, command, FEEDSVC_FEED_SIZE="x", FEEDSVC_TITEL="y")
    assert done.stderr == (
        "feed_size = 'x': должно быть целое число от 1 до 500\ntitel: такой настройки нет\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_a_taken_port_is_one_line_and_exit_2(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(folder, "serve", "--port", port)
    assert (
        f"нельзя занять порт {port} на 127.0.0.1: его занимает другая программа;"
        " выберите другой: --port\n"
    ) == done.stderr
    assert (done.returncode, done.stdout) == (2, "")


def test_a_host_that_is_not_ours_is_one_line_and_exit_2(folder: Path) -> None:
    done = run(folder, "serve", "--host", "192.0.2.1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_status_says_that_there_is_no_catalogue_yet(folder: Path) -> None:
    done = run(folder, "status")
    assert (done.returncode, done.stderr) == (2, "готового каталога ещё нет\n")
    assert not (folder / "instance").exists()


def test_sync_brings_the_catalogue_up_to_date_and_status_sums_it_up(folder: Path) -> None:
    entries = folder / "entries"
    for number in range(25):
        (entries / f"{number:02}.md").write_bytes(item(f"N{number}"))
    (entries / "draft.md").write_bytes(item(status="draft"))
    (entries / "withdrawn.md").write_bytes(item(status="withdrawn", reason="r"))
    (entries / "later.md").write_bytes(item("Позже", date="2999-01-01 10:00"))
    (entries / "bad.txt").write_text("x", encoding="utf-8")
    assert run(folder, "sync").returncode == 0
    done = run(folder, "status")
    lines = [re.sub(r"\d+ с назад", "N с назад", line) for line in done.stdout.splitlines()]
    assert lines == [
        "Новости:",
        "  опубликовано: 25",
        "  ждут своего времени: 1",
        "  черновики: 1",
        "  отозвано: 1",
        "  удалено: 0",
        "    1 января 2999\u202fг. 10:00: later «Позже»",
        "Замечания к файлам:",
        "  ошибки: 1",
        "  предупреждения: 0",
        "Ревизия: 1",
        "Папка была в порядке N с назад",
        "КАТАЛОГ НИКТО НЕ ВЕДЁТ",
    ]
    assert done.returncode == 1


def test_removals_must_be_accepted_where_they_are_many(folder: Path) -> None:
    for number in range(25):
        (folder / "entries" / f"{number:02}.md").write_bytes(item(f"N{number}"))
    run(folder, "sync")
    for number in range(10):
        (folder / "entries" / f"{number:02}.md").unlink()
    run(folder, "sync")
    kept = json.loads(run(folder, "status", "--format", "json").stdout)
    assert (kept["entries"]["published"], kept["degraded"]) == (25, "vanished")
    run(folder, "sync", "--accept-removals")
    gone = json.loads(run(folder, "status", "--format", "json").stdout)
    assert (
        gone["entries"]["published"],
        gone["entries"]["removed"],
        gone["degraded"],
    ) == (15, 10, None)


def test_an_instance_that_cannot_be_made_is_one_line_and_exit_2(folder: Path) -> None:
    (folder / "instance").write_bytes(b"")
    done = run(folder, "sync")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


COMMANDS = ("serve", "check", "status", "sync")


def words_of(line: str) -> set[str]:
    """The words in Latin letters of a line, but for the names of options."""
    return set(re.findall(r"(?<![-\w])[A-Za-z]+", line))


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_in_the_site_s_language(folder: Path, command: str) -> None:
    words = [*([command] if command else []), "--help"]
    russian = run(folder, *words)
    english = run(folder, *words, FEEDSVC_LANGUAGE="en")
    assert (russian.returncode, english.returncode) == (0, 0)
    assert re.search("[а-яё]", english.stdout) is None
    for line in filter(str.strip, russian.stdout.splitlines()):
        assert re.search("[А-Яа-яё]", line), line
        assert words_of(line) <= {"python", "feedsvc", "text", "json", "x", *COMMANDS}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("chek", "Нет команды 'chek'. Может быть, 'check'?"),
        ("check --strikt", "Нет ключа '--strikt'. Может быть, '--strict'?"),
        ("check --strict=1", "У ключа '--strict' нет значения."),
        ("check entries", "Лишнее слово: entries"),
        ("check a b", "Лишние слова: a b"),
        ("check --format xml", "Негодное значение '--format': 'xml' не из 'text', 'json'."),
        ("serve --port", "Ключу '--port' нужно значение."),
        ("serve --port http", "Негодное значение '--port': 'http' — не число."),
        ("serve --port 0", "Негодное значение '--port': 0 не в пределах 1<=x<=65535."),
    ],
)
def test_a_wrong_command_line_is_answered_in_the_site_s_language(
    folder: Path, words: str, says: str
) -> None:
    done = run(folder, *words.split())
    # Of an option without its value click shows no usage.
    *more, error = filter(None, done.stderr.splitlines())
    assert (done.returncode, done.stdout, error) == (2, "", f"Ошибка: {says}")
    assert [line.partition(":")[0] for line in more] in (["Вызов", "Справка"], [])
    assert words_of("".join(more)) <= {"python", "feedsvc", *COMMANDS}


def test_click_says_what_is_in_the_catalogues() -> None:
    source = "".join(Path(str(module.__file__)).read_text() for module in click_texts.MODULES)
    for text in (*click_texts.SAID, *chain.from_iterable(click_texts.COUNTED)):
        assert f'"{text}"' in source


def test_help_is_given_whatever_is_wrong_with_the_settings(folder: Path) -> None:
    done = run(folder, "--help", FEEDSVC_FEED_SIZE="many")
    assert (done.returncode, done.stderr) == (0, "")
    assert "папку" in done.stdout
