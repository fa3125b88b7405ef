import bz2
import gzip
import io
import lzma
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from feedsvc.audience import logs
from feedsvc.audience.logs import MAX_LINE, LogUnavailable, lines

TEXT = b"one\ntwo\n\xff\nthree"


def read(path: Path) -> list[bytes]:
    return [line for block in lines(str(path)) for line in block]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_logs_are_read_plain_and_compressed_whatever_their_names(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(compress(TEXT))
    assert read(path) == TEXT.split(b"\n")


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(gzip.compress(TEXT))))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert [line for block in lines("-") for line in block] == TEXT.split(b"\n")


def test_an_empty_log_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    assert read(tmp_path / "log") == []


def test_lines_that_cross_blocks_stay_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_BLOCK", 7)
    written = [b"x" * length for length in range(30)]
    (tmp_path / "log").write_bytes(b"\n".join(written) + b"\n")
    assert read(tmp_path / "log") == written


@pytest.mark.parametrize("length", [MAX_LINE + 1, 3_000_000])
def test_of_a_line_that_is_too_long_only_that_it_was_is_left(tmp_path: Path, length: int) -> None:
    (tmp_path / "log").write_bytes(b"one\n" + b"x" * length + b"\ntwo\n" + b"y" * length)
    assert read(tmp_path / "log") == [b"one", b"", b"two", b""]


def test_a_line_of_many_megabytes_takes_no_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log", "wb", compresslevel=1) as log:
        for _ in range(100):
            log.write(b"x" * 1_000_000)
    tracemalloc.start()
    try:
        assert read(tmp_path / "log") == [b""]
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_what_was_read_before_a_torn_end_counts(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b"%d\n" % number for number in range(1_000_000)))
    (tmp_path / "log").write_bytes(whole[:-1000])
    found: list[bytes] = []
    with pytest.raises(LogUnavailable, match="damaged, or not complete"):
        found.extend(line for block in lines(str(tmp_path / "log")) for line in block)
    assert found[:2] == [b"0", b"1"]
    assert len(found) > 100_000


DAMAGED = {
    "gzip": (gzip.compress(TEXT, mtime=0)[:12] + b"\xff" * 50, "damaged"),
    "bzip2": (bz2.compress(TEXT)[:20] + b"\xff" * 50, "damaged"),
    "xz": (lzma.compress(TEXT)[:20] + b"\xff" * 50, "damaged"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"\0" * 20, "zstdcat"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_damaged_or_of_a_kind_unknown_is_told(tmp_path: Path, kind: str) -> None:
    content, why = DAMAGED[kind]
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(LogUnavailable, match=why):
        read(tmp_path / "log")


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(LogUnavailable, match="no such file"):
        read(tmp_path / "none")
