"""Reading entry files: one that changes meanwhile, one that cannot be read, and many."""

import logging
from dataclasses import replace

import pytest

from feedsvc.model import Problem
from feedsvc.parsing import MAX_SIZE
from feedsvc.settings import Settings
from feedsvc.sync import readers
from feedsvc.sync.reading import read_file
from feedsvc.sync.scanner import TRY_AGAIN, Scan
from tests.support.folder import old, running, titles
from tests.support.newsroom import item
from tests.support.rights import as_nobody


def problems(settings: Settings) -> tuple[Problem, ...]:
    """Read the only file there is, and return its problems."""
    (file,) = Scan(settings.entries)
    result = read_file(settings.entries, file, settings.parsing)
    assert result is not None
    assert result[0] == file.fingerprint
    return result[1].problems


def test_a_link_inside_the_folder_is_read_as_its_file(settings: Settings) -> None:
    (settings.entries / "a.txt").write_bytes(b"Title\n13.08.2014\nText")
    (settings.entries / "b.txt").symlink_to("a.txt")
    files = {file.path: file for file in Scan(settings.entries)}
    assert {path: file.problem for path, file in files.items()} == {"a.txt": None, "b.txt": None}
    result = read_file(settings.entries, files["b.txt"], settings.parsing)
    assert result is not None
    assert result[1].entry is not None


def test_a_file_that_changes_while_it_is_read_is_left_for_later(settings: Settings) -> None:
    path = settings.entries / "a.txt"
    path.write_bytes(item())
    (file,) = Scan(settings.entries)
    path.write_bytes(item("Longer title"))
    assert read_file(settings.entries, file, settings.parsing) is None
    path.unlink()
    assert read_file(settings.entries, file, settings.parsing) is None


def test_a_file_over_one_mebibyte_is_refused_without_reading_it_all(settings: Settings) -> None:
    (settings.entries / "a.txt").write_bytes(b"x" * (MAX_SIZE * 3))
    (problem,) = problems(settings)
    assert (problem.code, problem.values) == ("too-large", (("size", str(MAX_SIZE * 3)),))


def test_an_obstacle_is_read_as_its_problem(settings: Settings) -> None:
    (settings.entries / "x.txt").mkdir()
    (file,) = Scan(settings.entries)
    assert problems(settings) == (file.problem,)


def test_a_file_that_may_not_be_read_is_a_problem_and_is_tried_again(settings: Settings) -> None:
    path = settings.entries / "a.txt"
    path.write_bytes(item())
    path.chmod(0)
    printed = as_nobody(
        settings.entries,
        "from feedsvc.settings import Settings\n"
        "from feedsvc.sync.reading import read_file\n"
        "from feedsvc.sync.scanner import Scan",
        "fingerprint, reading = read_file(root, next(iter(Scan(root))), Settings().parsing)\n"
        "print(fingerprint, reading.problems[0].code)",
    )
    assert printed == f"{TRY_AGAIN} no-access"


def test_many_files_are_read_on_all_cores_and_in_their_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readers, "MANY", 50)
    monkeypatch.setattr(readers, "BATCH", 30)
    caplog.set_level(logging.INFO)
    for number in range(100):
        old(settings.entries / f"{number:03}.md", item(f"T{number}", id=f"i{number // 2}"))
    with running(replace(settings, rescan=3600)):
        # Of each two that claim the same id, the first by its path has it.
        assert titles(settings) == {f"T{number}" for number in range(0, 100, 2)}
    tenths = [record.getMessage() for record in caplog.records if "%" in record.getMessage()]
    assert len(tenths) == 10
