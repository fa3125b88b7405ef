"""Which entry files are read."""

from pathlib import Path

import pytest

from feedsvc.model import Reading
from feedsvc.settings import ParseSettings
from feedsvc.sync import reading
from feedsvc.sync.scanner import FoundFile


def record_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the path of each entry file read in this process will be added."""
    paths: list[str] = []
    really = reading.read_file

    def read_file(
        root: Path, found: FoundFile, settings: ParseSettings
    ) -> tuple[str, Reading] | None:
        paths.append(found.path)
        return really(root, found, settings)

    monkeypatch.setattr(reading, "read_file", read_file)
    return paths
