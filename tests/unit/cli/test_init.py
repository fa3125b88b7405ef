"""The command `init`."""

import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import clock, parsing
from feedsvc.cli import init_site
from feedsvc.cli.new_files import settings_text
from feedsvc.setting_values import Unusable
from feedsvc.settings import FILE_VARIABLE, load, validated
from tests.support.commands import run
from tests.support.newsroom import NOW, SetClock

FLAGS = (
    *("--title", "Южное «сегодня»", "--author", "Управа", "--timezone", "Asia/Tomsk"),
    *("--base-url", "https://www.press.example/", "--contact", "a@press.example"),
)
KEYS = ("title", "author", "timezone", "base_url", "authority", "contact")


@pytest.fixture(autouse=True)
def at_now(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(NOW)
    monkeypatch.setenv("TZ", "Asia/Omsk")


def settings(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "feedsvc.toml").read_text(encoding="utf-8"))


def test_flags_answer_every_question(tmp_path: Path) -> None:
    done = run(tmp_path, "init", "--language", "ru", "--authority", "press.example,2014", *FLAGS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert settings(tmp_path) == {
        "title": "Южное «сегодня»",
        "description": "Последние новости: Южное «сегодня»",
        "language": "ru",
        "timezone": "Asia/Tomsk",
        "authority": "press.example,2014",
        "author": "Управа",
        "base_url": "https://www.press.example",
        "contact": "a@press.example",
    }
    assert done.stdout.splitlines() == [
        "",
        "Записано: feedsvc.toml",
        "Записано: entries/primer.md",
        "Что дальше:",
        "  feedsvc serve — запустит сайт",
        '  feedsvc new "Наш сайт открылся" — создаст файл для новости',
    ]


def test_yes_asks_nothing_and_says_what_is_not_set(tmp_path: Path) -> None:
    done = run(tmp_path, "init", "site", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert settings(tmp_path / "site") == {
        "title": "Новости",
        "description": "Последние новости: Новости",
        "language": "ru",
        "timezone": "Asia/Omsk",
        "author": "Пресс-служба",
    }
    lines = done.stdout.splitlines()
    assert lines[3].startswith("base_url пока не задан")
    assert lines[4].startswith("authority пока не задан")
    assert "  cd site" in lines


@pytest.mark.parametrize(
    ("base_url", "authority"),
    [
        ("https://www.press.example:8443", "press.example,2014"),
        ("http://192.0.2.1", ""),
        ("http://[2001:db8::1]:80", ""),
        ("http://localhost:8000", ""),
        ("", ""),
    ],
)
def test_only_a_domain_makes_an_authority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base_url: str, authority: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1_400_000_000_000_000)
    assert run(tmp_path, "init", "--yes", "--base-url", base_url).exit_code == 0
    assert settings(tmp_path).get("authority", "") == authority


def test_every_fault_of_the_flags_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *("init", "--timezone", "Moscow", "--base-url", "press.example", "--contact", "x"),
        *("--title", " ", "--authority", "press.example"),
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "--title: не должно быть пустым",
        "--timezone: нужно название часового пояса, например Europe/Moscow",
        "--base-url: нужен адрес сайта без пути, например https://news.example",
        "--authority: нужны домен и год, когда он был вашим, например news.example,2014",
        "--contact: нужен адрес электронной почты или пустая строка",
    ]
    assert list(tmp_path.iterdir()) == []


def asked(folder: Path, typed: str, *arguments: str, **variables: str) -> Result:
    """Run `init` with what somebody types."""
    from feedsvc import cli  # noqa: PLC0415 - `run` reloads it

    environ = {"LANG": "ru_RU.UTF-8", "LC_ALL": None, "FEEDSVC_LANGUAGE": None, **variables}
    here = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(cli.main, ["init", *arguments], input=typed, env=environ)
    finally:
        os.chdir(here)


def test_a_fault_is_told_at_once_and_the_question_asked_again(tmp_path: Path) -> None:
    typed = "de\nen\nThe “Site”\n\nMoscow\nEurope/Moscow\nsite\nhttps://press.example\n\n@\n\n"
    done = asked(tmp_path, typed)
    assert done.exit_code == 0, done.output
    assert settings(tmp_path) == {
        "title": "The “Site”",
        "description": "The newest news: The “Site”",
        "language": "en",
        "timezone": "Europe/Moscow",
        "authority": "press.example,2026",
        "author": "Press office",
        "base_url": "https://press.example",
    }
    for fault in (
        "нужно одно из: en, ru",
        "must be the name of a time zone, such as Europe/Moscow",
        "must be the site's address with no path, such as https://news.example",
        "must be an email address, or empty",
    ):
        assert done.stderr.splitlines().count(fault) == 1


def test_who_ends_the_questions_gets_nothing(tmp_path: Path) -> None:
    done = asked(tmp_path, "ru\nИмя\n")
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_the_first_question_is_in_the_language_of_the_machine(tmp_path: Path) -> None:
    assert "Язык сайта (en, ru) [ru]: " in asked(tmp_path, "").stdout
    assert "Language of the site (en, ru) [en]: " in asked(tmp_path, "", LANG="de_DE").stdout


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_settings_that_exist_are_not_touched(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "feedsvc.toml"
    if kind == "file":
        path.write_text('title = "x"', encoding="utf-8")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    done = run(tmp_path, "init", ".", "--yes", **{FILE_VARIABLE: ""})
    assert (done.exit_code, done.stdout) == (2, "")
    assert "feedsvc.toml" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["feedsvc.toml"]


def test_entries_that_exist_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "a.txt").write_text("x", encoding="utf-8")
    assert run(tmp_path, "init", "--yes").exit_code == 0
    assert [each.name for each in (tmp_path / "entries").iterdir()] == ["a.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(tmp_path, "init", "file", "--yes")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "не удалось записать file/entries: это не папка\n"


def test_the_example_is_a_draft_without_problems(tmp_path: Path) -> None:
    for language, name in (("ru", "primer.md"), ("en", "example.md")):
        folder = tmp_path / language
        run(tmp_path, "init", str(folder), "--yes", "--language", language)
        loaded = load({FILE_VARIABLE: str(folder / "feedsvc.toml")})
        data = (folder / "entries" / name).read_bytes()
        reading = parsing.read(data, name, loaded.parsing, folder / "entries")
        assert reading.problems == ()
        assert reading.entry is not None
        assert reading.entry.status == "draft"
        # As all editors of Windows show it.
        assert data.count(b"\n") == data.count(b"\r\n") > 10


@pytest.mark.parametrize(
    ("zone", "language", "expected"),
    [
        ("Europe/Berlin", "en", "Europe/Berlin"),
        (":Europe/Berlin", "en", "Europe/Berlin"),
        ("UTC", "ru", "Europe/Moscow"),
        ("UTC", "en", "UTC"),
        ("MSK-3", "en", "UTC"),
    ],
)
def test_the_zone_is_that_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, zone: str, language: str, expected: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    assert init_site._zone(language) == expected  # noqa: SLF001 - it has no other way in


@given(answers=st.fixed_dictionaries({key: st.text() for key in KEYS}))
def test_whatever_is_answered_the_file_holds_exactly_that(answers: dict[str, str]) -> None:
    valid = {"language": "ru"}
    for key, answer in answers.items():
        try:
            valid[key] = str(validated(key, answer))
        except Unusable:
            valid[key] = {"title": 'a "b" \\ c', "author": "x", "timezone": "UTC"}.get(key, "")
    found = tomllib.loads(settings_text(valid))
    del found["description"]
    assert found == {key: value for key, value in valid.items() if value}
