"""The text file: for Notepad, whole at any moment, and never through somebody's link."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from feedsvc.telling.problems_file import file_name, render, write
from feedsvc.telling.store import Part
from feedsvc.telling.teller import FileKeeper
from tests.support.newsroom import item
from tests.support.telling import BAD, Office

CONTENT = "\ufeffТекст\r\n".encode()
NAME = "ПРОБЛЕМЫ.txt"


def content(office: Office) -> str:
    data = render(office.teller._store.lasting(), office.settings)  # noqa: SLF001 - as it does
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    assert text.count("\n") == text.count("\r\n")
    return text.replace("\r\n", "\n")


def test_it_says_what_is_wrong_with_each_file_and_since_when(office: Office) -> None:
    office.put("b.md", item(laiout="x"))
    office.put("a.txt", BAD)
    assert content(office) == (
        "Пресс-центр района Чертаново Южное: файлы с новостями\n"
        "\n"
        "Замечания есть, случаев: 2\n"
        "Этот текст меняется сам, как только файл исправлен и сохранён.\n"
        "\n"
        "Не опубликовано: a.txt\n"
        "    Строка 2: «завтра» — не дата\n"
        "    Что сделать: напишите день, месяц и год, например 13.08.2014, 13.08.2014 15:30 или"
        " 13 августа 2014\n"
        "    С 1 июля 2026\u202fг. 15:00\n"
        "\n"
        "Есть замечания: b.md\n"
        "    Строка 4: «laiout» — неизвестное имя, строка пропущена\n"
        "    Что сделать: уберите строку или проверьте написание\n"
        "    Опубликовано: https://news.example/presscenter/news/detail/b.html\n"
        "    С 1 июля 2026\u202fг. 15:00\n"
    )


def test_it_says_that_all_is_well(office: Office) -> None:
    assert content(office) == (
        "Пресс-центр района Чертаново Южное: файлы с новостями\n"
        "\n"
        "Всё в порядке: замечаний к файлам нет.\n"
    )


def test_the_rest_of_very_many_is_counted(office: Office) -> None:
    office.put("a.txt", BAD)
    named = office.teller._store.lasting().named * 3  # noqa: SLF001 - as it does
    data = render(Part(named, 5000), office.settings).decode()
    assert "Замечания есть, случаев: 5000" in data
    assert data.endswith("… и ещё 4997, здесь они не названы.\r\n")


def test_it_is_named_in_the_language_of_the_site() -> None:
    assert (file_name("ru"), file_name("en")) == (NAME, "PROBLEMS.txt")


def test_it_is_written_for_everybody_and_only_if_it_changes(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        write(tmp_path, NAME, CONTENT)
        first = (tmp_path / NAME).stat()
        write(tmp_path, NAME, CONTENT)
        same = (tmp_path / NAME).stat()
        write(tmp_path, NAME, CONTENT.replace(b"\r\n", b"!\n"))
        other = (tmp_path / NAME).stat()
    finally:
        os.umask(old)
    assert first.st_mode & 0o777 == 0o644
    assert (first.st_ino, first.st_mtime_ns) == (same.st_ino, same.st_mtime_ns)
    assert other.st_ino != same.st_ino
    assert os.listdir(tmp_path) == [NAME]


def test_what_was_changed_or_deleted_by_hand_is_put_right(tmp_path: Path) -> None:
    write(tmp_path, NAME, CONTENT)
    (tmp_path / NAME).write_bytes(CONTENT[::-1])
    write(tmp_path, NAME, CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT
    (tmp_path / NAME).unlink()
    write(tmp_path, NAME, CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("name", [NAME, ".feedsvc-problems.tmp"])
def test_a_link_that_somebody_put_there_is_not_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(CONTENT)
    folder = tmp_path / "share"
    folder.mkdir()
    (folder / name).symlink_to(victim)
    write(folder, NAME, b"other")
    assert victim.read_bytes() == CONTENT
    assert (folder / NAME).read_bytes() == b"other"
    assert not (folder / NAME).is_symlink()


def test_a_link_that_is_put_there_at_the_last_moment_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(CONTENT)
    folder = tmp_path / "share"
    folder.mkdir()

    def put_link(name: str, **_: int) -> None:
        (folder / name).symlink_to(victim)

    monkeypatch.setattr(os, "unlink", put_link)
    with pytest.raises(FileExistsError):
        write(folder, NAME, b"other")
    assert victim.read_bytes() == CONTENT


def test_what_is_left_of_a_process_that_was_killed_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".feedsvc-problems.tmp").write_bytes(b"half")
    write(tmp_path, NAME, CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_pipe_of_its_name_is_replaced_and_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    write(tmp_path, NAME, CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_said_once_and_tried_again(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "share"
    keeper = FileKeeper(replace(settings, problems_folder=folder))
    assert [keeper.keep(CONTENT) for _ in range(3)] == [False] * 3
    (folder / NAME).mkdir(parents=True)
    assert not keeper.keep(CONTENT)
    (folder / NAME).rmdir()
    assert keeper.keep(CONTENT)
    assert (folder / NAME).read_bytes() == CONTENT
    text = f"{folder}: не удаётся записать файл с замечаниями: "
    assert [record.getMessage() for record in caplog.records] == [
        f"{text}нет такого файла или папки",
        f"{text}это папка",
    ]


def test_nothing_is_written_where_nothing_is_wanted_or_known(
    settings: Settings, tmp_path: Path
) -> None:
    assert FileKeeper(settings).keep(CONTENT)
    assert FileKeeper(replace(settings, problems_folder=tmp_path / "none")).keep(b"")
