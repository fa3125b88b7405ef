"""Coordination: one writer among all processes, started again whenever there is none."""

import os
import subprocess
from pathlib import Path

import pytest

from feedsvc.errors import CatalogueUnavailable
from feedsvc.settings import Settings
from feedsvc.sync.coordination import (
    LOCK,
    WriterSupervisor,
    holds_lock,
    take_lock,
    writer_is_alive,
)
from tests.support.folder import old, titles, wait_for
from tests.support.newsroom import item


def test_only_one_process_holds_the_lock_until_it_ends(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    assert not writer_is_alive(instance)
    lock = take_lock(instance)
    assert lock is not None
    assert take_lock(instance) is None
    assert writer_is_alive(instance)
    os.close(lock)
    assert not writer_is_alive(instance)


def test_a_lock_whose_file_was_deleted_or_replaced_is_not_held(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    assert lock is not None
    assert holds_lock(lock, tmp_path)
    (tmp_path / LOCK).unlink()
    assert not holds_lock(lock, tmp_path)
    other = take_lock(tmp_path)
    assert other is not None
    assert not holds_lock(lock, tmp_path)
    assert holds_lock(other, tmp_path)
    os.close(lock)
    os.close(other)


def test_an_instance_folder_that_cannot_be_written_has_no_writer(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.instance.write_bytes(b"")
    with pytest.raises(OSError, match="exists"):
        take_lock(settings.instance)
    assert not writer_is_alive(settings.instance)
    supervisor = WriterSupervisor(settings)
    for _ in range(3):
        supervisor.ensure_writer()
    assert [record.getMessage() for record in caplog.records] == [f"{settings.instance}: EEXIST"]


def test_a_supervisor_starts_a_writer_which_ends_with_its_lock_or_its_parent(
    settings: Settings,
) -> None:
    old(settings.entries / "a.md", item("A"))
    first, second = WriterSupervisor(settings), WriterSupervisor(settings)
    try:
        first.ensure_writer()
        second.ensure_writer()
        assert second._child is None  # noqa: SLF001 - it has no other way to say so
        writer = child_of(first)
        wait_for(lambda: is_public(settings, "A"))
        (settings.instance / LOCK).unlink()
        assert writer.wait(30) == 0
        second.ensure_writer()
        writer = child_of(second)
        # As if the process that started it had ended, however it did.
        assert writer.stdin is not None
        writer.stdin.close()
        assert writer.wait(30) == 0
        assert not writer_is_alive(settings.instance)
    finally:
        for each in (first, second):
            if each._child is not None:  # noqa: SLF001 - to end it
                with each._child as child:  # noqa: SLF001
                    child.kill()


def child_of(supervisor: WriterSupervisor) -> subprocess.Popen[bytes]:
    child = supervisor._child  # noqa: SLF001 - to end it
    assert child is not None
    return child


def is_public(settings: Settings, title: str) -> bool:
    try:
        return title in titles(settings)
    except CatalogueUnavailable:
        return False
