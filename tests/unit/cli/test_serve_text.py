"""What `serve` says when it starts, and what it does where nothing is set up."""

import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.cli.serve_text import describe, prepare
from feedsvc.settings import Settings, load
from tests.support.newsroom import Newsroom, item


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in ("FEEDSVC_ENTRIES", "FEEDSVC_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        yield opened


def test_in_an_empty_folder_the_entries_folder_is_made(folder: Path) -> None:
    assert prepare(load())
    assert [each.name for each in folder.iterdir()] == ["entries"]
    # Until there is something.
    assert prepare(load())
    (folder / "entries" / "a.txt").write_text("x", encoding="utf-8")
    assert not prepare(load())


def test_an_entries_folder_that_is_gone_is_not_a_new_site(folder: Path) -> None:
    (folder / "entries").mkdir()
    newsroom = Newsroom(load())
    newsroom.publish({"a.md": item()})
    newsroom.writer.close()
    # Empty, as a share that is not mounted.
    assert not prepare(load())
    shutil.rmtree(folder / "entries")
    assert not prepare(load())
    assert not (folder / "entries").exists()


@pytest.mark.parametrize("chosen", ["file", "variable"])
def test_an_entries_folder_that_somebody_has_chosen_is_not_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    if chosen == "file":
        (folder / "feedsvc.toml").write_text('title = "x"', encoding="utf-8")
    else:
        monkeypatch.setenv("FEEDSVC_ENTRIES", "news")
    assert not prepare(load())
    assert not (folder / "entries").exists()
    assert not (folder / "news").exists()


def test_a_place_where_no_folder_can_be_made_is_not_new(folder: Path) -> None:
    settings = replace(load(), entries=folder / "a" / "entries")
    assert not prepare(settings)


def test_it_says_which_settings_it_has_read_and_where_it_listens(
    folder: Path, listening: socket.socket
) -> None:
    port = listening.getsockname()[1]
    settings = Settings(language="ru", serve=replace(Settings().serve, port=port))
    file = folder / "feedsvc.toml"
    missing = f"Файла настроек {file} нет: все настройки по умолчанию"
    serving = f"Новости доступны по адресу http://127.0.0.1:{port}/"
    assert list(describe(settings, listening, is_new=False)) == [missing, serving]
    file.write_text("", encoding="utf-8")
    public = replace(settings, base_url="https://news.example")
    assert list(describe(public, listening, is_new=False)) == [
        f"Настройки: {file}",
        (
            "Новости доступны по адресу https://news.example/, служба ждёт запросов на"
            f" http://127.0.0.1:{port}/"
        ),
    ]


def test_it_says_how_to_begin_in_both_languages_if_none_was_chosen(
    listening: socket.socket,
) -> None:
    english = "\n".join(describe(Settings(), listening, is_new=True))
    assert "feedsvc init" in english
    assert "По-русски" in english
    russian = list(describe(Settings(language="ru"), listening, is_new=True))
    assert "наберите feedsvc init" in russian[-1]
    assert "По-русски" not in "\n".join(russian)


def test_other_kinds_of_sockets_have_addresses_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6) as opened:
        opened.bind(("::1", 0))
        port = opened.getsockname()[1]
        assert f"http://[::1]:{port}/" in "\n".join(describe(Settings(), opened, is_new=False))
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "socket"))
        assert str(tmp_path / "socket") in "\n".join(describe(Settings(), opened, is_new=False))
