"""The catalogue as its readers open it."""

import gc
import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from feedsvc.errors import CatalogueUnavailable
from feedsvc.settings import Settings
from feedsvc.storage import catalogue
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.sqlite import open_for_reading
from feedsvc.storage.writer import Writer
from tests.support.catalogue import titles
from tests.support.newsroom import NOW, Newsroom, item


def test_a_catalogue_that_does_not_exist_is_unavailable(settings: Settings) -> None:
    with (
        pytest.raises(CatalogueUnavailable, match="there is no finished catalogue"),
        Catalogue(settings.instance).snapshot(),
    ):
        pass


def test_a_catalogue_that_is_not_complete_is_not_served(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with pytest.raises(CatalogueUnavailable), reader.snapshot():
        pass
    newsroom.writer.finish_first_index()
    newsroom.writer.finish_first_index()
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


def test_a_snapshot_does_not_change_and_the_next_one_is_new(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with reader.snapshot() as snapshot:
        newsroom.apply({"a.md": item("Two")})
        assert [entry.title for entry in snapshot.newest(NOW, 10)] == ["One"]
    assert titles(reader) == ["Two"]


def test_a_deleted_catalogue_is_served_as_it_last_was(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    titles(reader)
    shutil.rmtree(newsroom.settings.instance)
    for _ in range(2):
        assert titles(reader) == ["One"]


def test_a_new_catalogue_is_served_once_it_is_complete(
    settings: Settings, newsroom: Newsroom
) -> None:
    newsroom.publish({"a.md": item("Old")})
    reader = Catalogue(settings.instance)
    titles(reader)
    newsroom.writer.close()
    shutil.rmtree(settings.instance)
    newsroom.writer = Writer(settings.instance)
    newsroom.apply({"a.md": item("New")})
    assert titles(reader) == ["Old"]
    newsroom.writer.finish_first_index()
    assert titles(reader) == ["New"]


def test_damage_found_while_reading_is_reported_and_the_catalogue_opened_again(
    newsroom: Newsroom,
) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    with pytest.raises(CatalogueUnavailable), reader.snapshot() as snapshot:
        snapshot.one_row("SELECT * FROM nowhere")  # stands for a damaged page
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


def test_threads_read_at_the_same_time(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    meeting = threading.Barrier(4, timeout=10)
    revisions = []

    def read() -> None:
        with reader.snapshot() as snapshot:
            meeting.wait()
            revisions.append(snapshot.revision)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert revisions == [1, 1, 1, 1]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_after_a_fork_the_child_opens_its_own(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    titles(reader)
    # SQLite's connections must not even be closed on the other side of a fork.
    of_parent = weakref.ref(reader._idle[0].connection)  # noqa: SLF001
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with patch.object(catalogue, "open_for_reading", wraps=open_for_reading) as opens:
                for _ in range(2):
                    assert titles(reader) == ["One"]
            gc.collect()  # a connection and its cache hold each other
            status = 0 if opens.call_count == 1 and of_parent() is not None else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1


@contextmanager
def unprivileged() -> Iterator[None]:
    """Act as a user who is bound by file modes."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def read_only_room() -> Iterator[Newsroom]:
    """A newsroom whose catalogue everyone may read, and only its owner write."""
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        instance = Path(folder) / "instance"
        room = Newsroom(Settings(instance=instance))
        room.publish({"a.md": item("One")})
        instance.chmod(0o555)
        yield room
        room.writer.close()
        instance.chmod(0o755)


def test_a_reader_without_write_access_sees_what_a_running_writer_writes(
    read_only_room: Newsroom,
) -> None:
    reader = Catalogue(read_only_room.settings.instance)
    for title in ("One", "Two"):
        read_only_room.apply({"a.md": item(title)})
        with unprivileged():
            assert titles(reader) == [title]


def test_a_reader_without_write_access_reads_what_a_writer_has_left(
    read_only_room: Newsroom,
) -> None:
    read_only_room.settings.instance.chmod(0o755)
    read_only_room.writer.close()
    read_only_room.settings.instance.chmod(0o555)
    with unprivileged():
        assert titles(read_only_room.settings.instance) == ["One"]


def test_a_reader_of_what_a_writer_has_left_sees_the_next_writer(read_only_room: Newsroom) -> None:
    instance = read_only_room.settings.instance
    reader = Catalogue(instance)
    instance.chmod(0o755)
    read_only_room.writer.close()
    instance.chmod(0o555)
    with unprivileged(), reader.snapshot():
        pass
    instance.chmod(0o755)
    read_only_room.writer = Writer(instance)
    instance.chmod(0o555)
    read_only_room.apply({"a.md": item("Two")})
    with unprivileged():
        assert titles(reader) == ["Two"]


def test_a_connection_of_another_process_is_kept_and_not_used(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    titles(reader)
    token = reader.data_version()
    (before,), source = reader._idle, reader._version_source  # noqa: SLF001
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    with reader.snapshot() as snapshot:
        assert snapshot.revision == 1
    assert reader.data_version() != token
    assert reader._inherited == ([before], source)  # noqa: SLF001
    assert before not in reader._idle  # noqa: SLF001
    assert reader._version_source is not source  # noqa: SLF001


def test_the_data_version_changes_with_the_data_and_with_the_files(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    first = reader.data_version()
    assert reader.data_version() == first
    newsroom.apply({"a.md": item("Two")})
    second = reader.data_version()
    assert second != first
    newsroom.writer.close()
    shutil.rmtree(newsroom.settings.instance)
    newsroom.writer = Writer(newsroom.settings.instance)
    newsroom.publish({"a.md": item("Three")})
    assert reader.data_version() not in {first, second}


def test_after_a_fault_the_data_version_comes_from_a_new_connection(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)
    reader.data_version()
    assert reader._version_source  # noqa: SLF001
    reader._version_source.connection.close()  # noqa: SLF001 - stands for a fault of the disk
    with pytest.raises(CatalogueUnavailable):
        reader.data_version()
    assert reader.data_version()


def test_every_thread_reads_the_last_good_state_of_a_deleted_catalogue(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)

    def read() -> int:
        reader.data_version()
        with reader.snapshot() as snapshot:
            return int(snapshot.revision)

    read()
    for file in newsroom.settings.instance.iterdir():
        file.unlink()
    with ThreadPoolExecutor(8) as threads:
        assert {future.result() for future in [threads.submit(read) for _ in range(64)]} == {1}
        # While the only connection is in use, others wait for it.
        with reader.snapshot():
            waiting = threads.submit(read)
            assert not wait([waiting], 0.2).done
        assert waiting.result(5) == 1


def test_a_reader_that_fails_leaves_no_other_waiting(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("One")})
    reader = Catalogue(newsroom.settings.instance)

    def fail(threads: ThreadPoolExecutor) -> Future[object]:
        with suppress(CatalogueUnavailable), reader.snapshot():
            for file in newsroom.settings.instance.iterdir():
                file.unlink()
            waiting: Future[object] = threads.submit(reader.snapshot().__enter__)
            assert not wait([waiting], 0.2).done
            raise sqlite3.DatabaseError
        return waiting

    with ThreadPoolExecutor(1) as threads:
        waiting = fail(threads)
    assert isinstance(waiting.exception(1), CatalogueUnavailable)
