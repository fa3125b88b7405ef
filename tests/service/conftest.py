"""What the tests of whole services share."""

import os
from pathlib import Path

import pytest

from tests.support.changed_granian import Change, copy_granian, rename
from tests.support.newsroom import ROOT


@pytest.fixture
def change_granian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Let services find a copy of granian in which one name is another, and return it."""

    def change(name: str) -> Path:
        copy = copy_granian(tmp_path / "changed")
        rename(copy, name)
        monkeypatch.setenv("PYTHONPATH", f"{copy.parent}{os.pathsep}{ROOT}")
        return copy

    return change
