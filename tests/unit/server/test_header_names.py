"""The table of granian's in which underscores are made unreadable."""

import subprocess
import sys

import pytest

from feedsvc.server import header_names
from feedsvc.server.header_names import TABLE

CODE = """
from feedsvc.server import header_names
assert len(header_names._find(header_names.TABLE)) == 1
assert header_names.ignore_underscores()
assert header_names._find(header_names.TABLE) == []
assert header_names.ignore_underscores()
"""


def test_the_table_maps_names_to_small_letters() -> None:
    assert len(TABLE) == 256
    assert bytes(TABLE[byte] for byte in b"Accept_Encoding-1~") == b"accept_encoding-1~"
    assert {TABLE[byte] for byte in b' \t\r\n:;,/()<>@"[]{}=?\\\0\x7f\x80\xff'} == {0}


def test_the_installed_granian_has_the_table_and_it_is_changed_once() -> None:
    # In another process: this one keeps its own.
    subprocess.run([sys.executable, "-c", CODE], check=True, timeout=30)


@pytest.mark.parametrize("places", [[], [1, 2]])
def test_nothing_is_changed_if_there_is_no_such_table_or_several(
    places: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_names, "_find", lambda _table: places)
    assert not header_names.ignore_underscores()


def test_memory_that_may_not_be_changed_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def mprotect(self, *_arguments: object) -> int:
            return -1

    monkeypatch.setattr(header_names, "_libc", Refusing())
    monkeypatch.setattr(header_names, "_find", lambda _table: [4096])
    assert not header_names.ignore_underscores()
