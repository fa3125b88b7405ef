import json
import re
import socket
from pathlib import Path

import pytest

from feedsvc import __version__, cli
from tests.support.commands import run
from tests.support.newsroom import ROOT, item

COMMANDS = ("serve", "check", "status", "sync", "mail")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir()
    return tmp_path


def test_check_is_silent_and_exits_with_0_if_nothing_is_wrong(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item())
    done = run(folder, "check")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_the_shipped_entries_have_no_problems() -> None:
    done = run(ROOT, "check", "--strict", FEEDSVC_ENTRIES=str(ROOT / "entries"))
    assert (done.exit_code, done.stdout) == (0, "")


def test_check_shows_where_and_what_is_wrong_and_what_to_do_and_exits_with_1(
    folder: Path,
) -> None:
    (folder / "entries" / "b.txt").write_text("Заголовок\nзавтра\nТекст", encoding="utf-8")
    (folder / "entries" / "a.md").write_bytes(item("A"))
    (folder / "entries" / "c.md").write_bytes(item("C", id="a"))
    done = run(folder, "check")
    assert done.stdout == (
        "Ошибки:\n"
        "b.txt:2: «завтра» — не дата: напишите день, месяц и год, например"
        " 13.08.2014, 13.08.2014 15:30 или 13 августа 2014\n"
        "c.md: id «a» уже занят файлом a.md: дайте этому файлу другой id или другое имя"
        " либо удалите один из двух файлов\n"
        "Файлов: 3; не опубликовано: 2; ошибок: 2; предупреждений: 0\n"
    )
    assert (done.exit_code, done.stderr) == (1, "")


def test_check_shows_errors_first_says_once_what_repeats_and_ends_with_totals(
    folder: Path,
) -> None:
    for number in range(1043):
        (folder / "entries" / f"{number:04}.md").write_bytes(item(str(number), laiout="post"))
    (folder / "entries" / "9999.md").write_bytes(b"---\ntitle: T\n---\nText\n")
    for name in ("a.rst", "letter.wps"):
        (folder / "entries" / name).write_bytes(b"x")
    done = run(folder, "check", FEEDSVC_LANGUAGE="en")
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "Errors:",
        (
            "9999.md:1: there is no date: write the day, month and year, like 13.08.2014, below"
            " the title or after «date:»"
        ),
        "Warnings:",
    ]
    assert lines[3].startswith("0000.md:4: «laiout» is unknown")
    assert lines[3].endswith("(and 1042 more like this)")
    assert [line.partition(":")[0] for line in lines[4:]] == [
        "a.rst",
        "letter.wps",
        "Files",
    ]
    assert lines[-1] == "Files: 1044; kept back: 1; errors: 1; warnings: 1045"


def test_check_exits_with_0_on_warnings_and_with_1_if_strict(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item(titel="x"))
    assert run(folder, "check").exit_code == 0
    assert run(folder, "check", "--strict").exit_code == 1


def test_check_writes_json_for_programs(folder: Path) -> None:
    (folder / "entries" / "a.md").write_bytes(item(titel="x"))
    done = run(folder, "check", "--format", "json", FEEDSVC_LANGUAGE="en")
    assert json.loads(done.stdout) == [
        {
            "path": "a.md",
            "line": 4,
            "severity": "warning",
            "code": "unknown-key-near",
            "what": "«titel» is unknown and was ignored",
            "advice": "did you mean «title»?",
        }
    ]


@pytest.mark.parametrize("command", ["check", "serve"])
def test_without_an_entries_folder_there_is_one_line_and_exit_status_2(
    folder: Path, command: str
) -> None:
    (folder / "entries").rmdir()
    done = run(folder, command)
    assert done.stderr == (
        f"не удалось открыть папку с новостями {folder / 'entries'}: нет такого файла или папки\n"
    )
    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_fault_of_the_settings_is_listed_with_exit_status_2(
    folder: Path, command: str
) -> None:
    done = run(folder, command, FEEDSVC_FEED_SIZE="x", FEEDSVC_TITEL="y")
    assert done.stderr == (
        "feed_size = 'x': нужно целое число от 1 до 500\ntitel: такой настройки нет\n"
    )
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_port_that_is_in_use_is_one_line_and_exit_status_2(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(folder, "serve", "--port", port)
    assert done.stderr == (
        f"не удалось занять порт {port} по адресу 127.0.0.1: он занят другой программой;"
        " выберите другие: --host или --port\n"
    )
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_host_that_is_not_this_machine_is_one_line_and_exit_status_2(folder: Path) -> None:
    done = run(folder, "serve", "--host", "192.0.2.1")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_status_without_a_catalogue_is_one_line_and_exit_status_2(folder: Path) -> None:
    done = run(folder, "status")
    assert (done.exit_code, done.stderr) == (2, "каталог ещё не готов\n")
    assert not (folder / "instance").exists()


def test_check_shows_ten_warnings_of_a_kind_and_all_errors(folder: Path) -> None:
    for number in range(30):
        body = f"![](missing-{number}.png)"
        (folder / "entries" / f"{number:02}.md").write_bytes(item(body=body))
        (folder / "entries" / f"x{number:02}.md").write_bytes(item(date=f"never {number}"))
    lines = run(folder, "check", FEEDSVC_LANGUAGE="en").stdout.splitlines()
    assert len([line for line in lines if "is not a date" in line]) == 30
    assert len([line for line in lines if "there is no file" in line]) == 10
    assert "… and 20 more of this kind; all: feedsvc check --format json" in lines


def test_status_describes_the_catalogue_that_sync_has_updated(folder: Path) -> None:
    entries = folder / "entries"
    for number in range(25):
        (entries / f"{number:02}.md").write_bytes(item(f"N{number}"))
    (entries / "draft.md").write_bytes(item(status="draft"))
    (entries / "withdrawn.md").write_bytes(item(status="withdrawn", reason="r"))
    (entries / "later.md").write_bytes(item("Позже", date="2999-01-01 10:00"))
    (entries / "bad.txt").write_text("x", encoding="utf-8")
    assert run(folder, "sync").exit_code == 0
    done = run(folder, "status")
    lines = [re.sub(r"\d+ с назад", "N с назад", line) for line in done.stdout.splitlines()]
    assert lines == [
        "Новости:",
        "  опубликовано: 25",
        "  запланировано: 1",
        "  черновики: 1",
        "  отозвано: 1",
        "  с истёкшим сроком: 0",
        "  удалено: 0",
        "    1 января 2999\u202fг. 10:00: later «Позже»",
        "Замечания к файлам:",
        "  ошибки: 1",
        "  предупреждения: 0",
        "Версия каталога: 1",
        "Последний успешный просмотр папки: N с назад",
        "ПРОЦЕСС, КОТОРЫЙ ВЕДЁТ КАТАЛОГ, НЕ РАБОТАЕТ",
    ]
    assert done.exit_code == 1


def test_many_removals_must_be_accepted(folder: Path) -> None:
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
    assert (gone["entries"]["published"], gone["entries"]["removed"]) == (15, 10)
    assert gone["degraded"] is None


def test_an_instance_folder_that_cannot_be_made_is_one_line_and_exit_status_2(
    folder: Path,
) -> None:
    (folder / "instance").write_bytes(b"")
    done = run(folder, "sync")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_the_version_is_shown(folder: Path) -> None:
    done = run(folder, "--version")
    assert (done.exit_code, done.stdout) == (0, f"feedsvc {__version__}\n")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_both_options_for_help_show_the_same(folder: Path, command: str) -> None:
    long, short = (run(folder, *filter(None, (command, name))) for name in ("--help", "-h"))
    assert "--help" in long.stdout
    assert (long.exit_code, short.exit_code, short.stdout) == (0, 0, long.stdout)


def test_help_is_shown_even_if_the_settings_are_wrong(folder: Path) -> None:
    done = run(folder, "--help", FEEDSVC_FEED_SIZE="many")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "папку" in done.stdout


@pytest.mark.parametrize("form", [["--config", "other.toml"], ["--config=other.toml"]])
def test_another_settings_file_can_be_named(folder: Path, form: list[str]) -> None:
    (folder / "other.toml").write_text(
        'language = "en"\n[desk]\nport = 8001\nkey = "%s"\n' % ("k" * 20)
    )
    unset = {"FEEDSVC_LANGUAGE": None}
    done = run(folder, *form, "desk", **unset)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith(f"/{'k' * 20}/\n")
    assert "Show the link" in run(folder, *form, "desk", "-h", **unset).stdout


def test_a_settings_file_that_does_not_exist_is_told(folder: Path) -> None:
    done = run(folder, "--config", "none.toml", "check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("none.toml: ")
    assert run(folder, "--config").exit_code == 2


@pytest.mark.parametrize("command", sorted(cli.main.commands))
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(folder: Path, command: str, option: str) -> None:
    done = run(folder, command, option, FEEDSVC_LANGUAGE="en")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: feedsvc {command} ")


def test_the_shell_can_complete_commands_and_options(folder: Path) -> None:
    """As docs/operator.md describes: bash asks the program itself."""
    words = {"feedsvc sta": "status", "feedsvc check --st": "--strict", "feedsvc aud": "audience"}
    for typed, wanted in words.items():
        done = run(
            folder,
            _FEEDSVC_COMPLETE="bash_complete",
            COMP_WORDS=typed,
            COMP_CWORD=str(len(typed.split()) - 1),
        )
        assert wanted in done.stdout
