"""The key of the desk: made once, kept to the owner, and never guessed from a preview."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.desk.keys import FILE, Keys, load_key
from feedsvc.settings import Settings


def test_a_key_is_made_once_and_only_its_owner_can_read_it(settings: Settings) -> None:
    key = load_key(settings)
    assert len(key) == 32
    assert load_key(settings) == key
    assert stat.S_IMODE((settings.instance / FILE).stat().st_mode) == 0o600
    assert os.listdir(settings.instance) == [FILE]


def test_processes_that_make_the_key_at_once_have_the_same(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(settings), range(8)))
    assert len(keys) == 1


def test_a_key_whose_file_is_empty_is_made_anew(settings: Settings) -> None:
    settings.instance.mkdir()
    (settings.instance / FILE).touch()
    assert len(load_key(settings)) == 32


def test_the_key_of_the_settings_comes_first(settings: Settings) -> None:
    load_key(settings)
    desk = replace(settings.desk, key="k" * 20)
    assert load_key(replace(settings, desk=desk)) == "k" * 20


def test_an_instance_folder_that_is_none_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        load_key(replace(settings, instance=tmp_path / "file"))


def test_a_token_opens_one_preview_and_nothing_else() -> None:
    keys = Keys("k" * 20)
    token = keys.preview_token("a")
    assert keys.opens_preview(token, "a")
    assert not keys.opens_preview(token, "b")
    assert not keys.opens_desk(token)
    assert not keys.opens_preview("k" * 20, "a")
    assert not Keys("l" * 20).opens_preview(token, "a")


def test_any_characters_may_be_presented() -> None:
    keys = Keys("k" * 20)
    for presented in ("", "ключ", "k" * 19, "k" * 21, "\udcff"):
        assert not keys.opens_desk(presented)
        assert not keys.opens_preview(presented, presented)
