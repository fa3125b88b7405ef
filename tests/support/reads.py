"""Read entry files as the service does, and record which are read."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from feedsvc.settings import Settings
from feedsvc.storage.updates import FileUpdate
from feedsvc.sync.readers import Readers
from feedsvc.sync.scanner import FoundFile


def read_all(files: Sequence[FoundFile], settings: Settings) -> list[FileUpdate]:
    """Return what is to be stored of files."""
    with closing(Readers(settings, lambda _death: None)) as readers:
        return list(readers.read(files))


def record_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the path of each entry file that is read will be added."""
    paths: list[str] = []
    really = Readers.read

    def read(self: Readers, files: Sequence[FoundFile]) -> Iterator[FileUpdate]:
        paths.extend(file.path for file in files)
        return really(self, files)

    monkeypatch.setattr(Readers, "read", read)
    return paths
