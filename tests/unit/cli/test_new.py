"""The command `new`."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import parsing
from feedsvc.cli.new_entry import NewFailed, write_new
from feedsvc.settings import Settings, load
from feedsvc.text import clean, visible
from tests.support.commands import run
from tests.support.newsroom import NOW, Newsroom, SetClock, item

TITLE = 'Субботник: «где» и "когда"'
NAME = "subbotnik-gde-i-kogda"


@pytest.fixture
def folder(settings: Settings, set_clock: SetClock) -> Path:
    set_clock(NOW)
    return settings.entries.parent


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in (folder / "entries").iterdir())


def test_a_file_is_written_with_a_header_and_the_next_steps_are_said(folder: Path) -> None:
    done = run(folder, "new", TITLE)
    path = folder / "entries" / f"{NAME}.md"
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"Записано: {path}\n"
        "Откройте его, напишите текст и уберите строку «status: draft»: до этого новость —"
        " черновик, её никто не видит.\n"
    )
    assert path.read_bytes().decode().splitlines() == [
        "---",
        r'title: "Субботник: «где» и \"когда\""',
        "date: 01.07.2026 15:00",
        "# Черновик не публикуется. Когда текст готов, уберите следующую строку.",
        "status: draft",
        "# Если нужны рубрики или автор, уберите # в начале строки:",
        "# categories: [Объявления]",
        "# author: Имя",
        "---",
        "",
        "Напишите здесь текст.",
    ]


def test_plain_text_waits_under_a_name_that_is_passed_over(folder: Path) -> None:
    done = run(folder, "new", TITLE, "--kind", "txt")
    assert names(folder) == [f"_{NAME}.txt"]
    assert f"переименуйте в {NAME}.txt" in done.stdout
    assert (folder / "entries" / f"_{NAME}.txt").read_bytes().decode() == (
        f"{TITLE}\r\n\r\n01.07.2026 15:00\r\n\r\nНапишите здесь текст.\r\n"
    )
    assert run(folder, "check", "--strict").exit_code == 0


def test_a_file_that_was_not_filled_in_is_not_published(folder: Path) -> None:
    for kind in ("md", "txt"):
        run(folder, "new", TITLE, "--kind", kind)
    assert run(folder, "sync").exit_code == 0
    assert "опубликовано: 0" in run(folder, "status").stdout


def test_what_exists_is_never_overwritten(folder: Path) -> None:
    entries = folder / "entries"
    (entries / "2026").mkdir()
    (entries / "2026" / f"{NAME}.TXT").write_text("x", encoding="utf-8")
    (entries / f"{NAME}-2").mkdir()
    (entries / f"_{NAME}-3.md").write_text("x", encoding="utf-8")
    (entries / f"{NAME}-4.jpg").write_text("x", encoding="utf-8")
    (entries / f"{NAME}-5.md").symlink_to("nowhere")
    before = set(names(folder))
    for number in (6, 7):
        assert run(folder, "new", TITLE).exit_code == 0
        assert set(names(folder)) - before == {f"{NAME}-{each}.md" for each in range(6, number + 1)}


def test_an_id_that_an_entry_has_or_had_is_not_given_again(
    folder: Path, newsroom: Newsroom
) -> None:
    newsroom.publish({"a.md": item(id=NAME), "b.md": item(id=f"{NAME}-2")})
    newsroom.apply({}, ("b.md",))
    run(folder, "new", TITLE)
    assert names(folder) == [f"{NAME}-3.md"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "zagolovok-novosti"),
        ("  Много \n строк ", "mnogo-strok"),
        ("Con", "con-2"),
        ("日本", "riben"),
        ("№ 142/1", "no-142-1"),
        ("2026-11-29 Итоги.es", "2026-11-29-itogi-es"),
        ("../../etc/passwd", "etc-passwd"),
        ("ж" * 500, "zh" * 30),
    ],
)
def test_the_name_is_made_of_the_title(folder: Path, title: str, name: str) -> None:
    done = run(folder, "new", "--", title)
    assert (done.exit_code, done.stderr) == (0, "")
    (made,) = names(folder)
    assert made == f"{name}.md"
    assert run(folder, "check", "--strict").stdout == ""


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("а" * 501, "в заголовке не больше 500 знаков, а здесь 501"),
        ("{{ page.title }}", "в заголовке не может быть кода шаблонов вроде {{"),
        ("«---»", "в заголовке нужны буквы или цифры"),
    ],
)
def test_a_title_that_cannot_be_one_is_told(folder: Path, title: str, said: str) -> None:
    done = run(folder, "new", "--", title)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{said}\n")
    assert names(folder) == []


def test_without_an_entries_folder_nothing_is_written(folder: Path) -> None:
    (folder / "entries").rmdir()
    done = run(folder, "new", TITLE)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    # Not even root makes a file there.
    done = run(folder, "new", TITLE, FEEDSVC_ENTRIES="/proc/self/fdinfo")
    assert done.stderr == (
        f"не удалось записать /proc/self/fdinfo/{NAME}.md: нет такого файла или папки\n"
    )
    assert (done.exit_code, done.stdout) == (2, "")


@given(title=st.text(min_size=1, max_size=100).filter(lambda text: "{" not in text))
def test_any_title_is_read_as_it_was_given_or_refused(title: str) -> None:
    settings: Settings = load({"FEEDSVC_LANGUAGE": "ru"})
    # The service brings every text into this form.
    expected = normalize("NFC", " ".join(visible(clean(title)).split()))
    if not clean(title).split():
        return  # as without one
    for kind, status in (("md", "draft"), ("txt", "published")):
        with TemporaryDirectory() as name:
            folder = Path(name)
            try:
                write_new(replace(settings, entries=folder, instance=folder / "i"), title, kind)
            except NewFailed:
                assert not list(folder.iterdir())
                continue
            (file,) = folder.iterdir()
            written = file.read_bytes()
        reading = parsing.read(written, f"a.{kind}", settings.parsing, Path("/nowhere"))
        assert reading.entry is not None, reading.problems
        assert (reading.entry.title or "", reading.entry.status) == (expected, status)


@pytest.mark.parametrize("title", ["ЧЕРНОВИК", "Статус: черновик"])
def test_a_title_that_means_something_else_is_refused(folder: Path, title: str) -> None:
    done = run(folder, "new", title, "--kind", "txt")
    assert (done.exit_code, names(folder)) == (2, [])
    assert "этот заголовок будет понят как что-то другое" in done.stderr
