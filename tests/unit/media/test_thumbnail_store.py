"""The thumbnail store: what is kept, for how long, and what happens where nothing can be."""

import os
import threading
import time
from pathlib import Path

import pytest

from feedsvc.media.thumbnail_store import FOLDER, ThumbnailStore

MEBIBYTE = 1024 * 1024


def store(instance: Path, limit: int = MEBIBYTE) -> ThumbnailStore:
    return ThumbnailStore(instance, limit, "en")


def size(instance: Path) -> int:
    return sum(path.stat().st_size for path in (instance / FOLDER).iterdir())


def test_a_thumbnail_is_kept_for_every_process(tmp_path: Path) -> None:
    one, other = store(tmp_path), store(tmp_path)
    assert one.get("a") is None
    one.put("a", b"thumbnail")
    one.put("b", b"")
    for each in (one, other, store(tmp_path)):
        assert (each.get("a"), each.get("b"), each.get("c")) == (b"thumbnail", b"", None)


@pytest.mark.parametrize("change", ["cut", "empty", "damaged"])
def test_a_file_that_is_not_whole_is_not_used(tmp_path: Path, change: str) -> None:
    kept = store(tmp_path)
    kept.put("a", b"thumbnail")
    path = tmp_path / FOLDER / "a"
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-1], "empty": b"", "damaged": data[:-1] + b"?"}[change])
    assert kept.get("a") is None
    kept.put("a", b"thumbnail")
    assert kept.get("a") == b"thumbnail"


def test_those_that_are_not_used_for_longest_are_removed(tmp_path: Path) -> None:
    kept = store(tmp_path)
    long_ago = time.time() - 100 * 86400
    for number in range(20):
        kept.put(str(number), bytes(40_000))
        os.utime(tmp_path / FOLDER / str(number), (long_ago + number,) * 2)
    assert kept.get("0") is not None  # now it is the one that was used last
    for number in range(20, 30):
        kept.put(str(number), bytes(40_000))
        assert size(tmp_path) < MEBIBYTE
    assert kept.get("0") is not None
    assert kept.get("29") is not None
    assert kept.get("1") is None
    assert size(tmp_path) > MEBIBYTE // 2


def test_the_bound_holds_for_all_processes_together(tmp_path: Path) -> None:
    stores = [store(tmp_path, 4 * MEBIBYTE) for _ in range(4)]

    def fill(number: int) -> None:
        for each in range(100):
            stores[number].put(f"{number}-{each}", bytes(30_000))

    threads = [threading.Thread(target=fill, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 * MEBIBYTE < size(tmp_path) < 4 * MEBIBYTE


def test_there_are_not_more_failures_than_blocks_of_the_disk(tmp_path: Path) -> None:
    kept = store(tmp_path)
    for number in range(1_000):
        kept.put(str(number), b"")
    assert len(list((tmp_path / FOLDER).iterdir())) <= MEBIBYTE // 4096


def test_a_use_is_noted_once_an_hour(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put("a", b"thumbnail")
    path = tmp_path / FOLDER / "a"
    for age, is_noted in ((1_000, False), (4_000, True)):
        moment = time.time() - age
        os.utime(path, (moment, moment))
        kept.get("a")
        assert (path.stat().st_mtime - moment > 100) is is_noted


def test_what_was_left_half_written_is_removed(tmp_path: Path) -> None:
    store(tmp_path).put("a", b"thumbnail")
    left, being_written = tmp_path / FOLDER / "b.1.tmp", tmp_path / FOLDER / "c.2.tmp"
    left.write_bytes(b"x")
    os.utime(left, (1, 1))
    being_written.write_bytes(b"x")
    store(tmp_path).put("d", b"thumbnail")
    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == {"a", "c.2.tmp", "d"}


def test_without_a_bound_on_disk_a_few_are_kept_in_memory(tmp_path: Path) -> None:
    kept = store(tmp_path, 0)
    for number in range(10):
        kept.put(str(number), bytes(MEBIBYTE))
    assert kept.get("9") == bytes(MEBIBYTE)
    assert kept.get("0") is None
    assert list(tmp_path.iterdir()) == []


def test_a_thumbnail_that_takes_much_of_the_bound_is_not_kept_on_disk(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put("a", bytes(MEBIBYTE // 4))
    assert kept.get("a") == bytes(MEBIBYTE // 4)
    assert not (tmp_path / FOLDER).exists()


def test_where_nothing_can_be_written_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FOLDER).write_bytes(b"")
    kept = store(tmp_path)
    for number in range(5):
        kept.put(str(number), b"thumbnail")
        assert kept.get(str(number)) == b"thumbnail"
    assert len(caplog.messages) == 1
    assert f"{tmp_path / FOLDER}: thumbnails cannot be kept" in caplog.messages[0]
    (tmp_path / FOLDER).unlink()
    kept.put("5", b"thumbnail")
    (tmp_path / FOLDER / "5").unlink()
    (tmp_path / FOLDER).rmdir()
    (tmp_path / FOLDER).write_bytes(b"")
    kept.put("6", b"thumbnail")
    assert len(caplog.messages) == 2


def test_an_instance_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    kept = store(tmp_path / "instance")
    kept.put("a", b"thumbnail")
    assert kept.get("a") == b"thumbnail"
    assert not (tmp_path / "instance").exists()
