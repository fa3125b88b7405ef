"""The lines of access logs: plain, compressed or from standard input; never a whole one in memory.

A log may be torn, still being written, or hold anything. Bytes are not decoded here.
"""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from feedsvc.errors import FeedsvcError
from feedsvc.i18n import N_, Message, reason

STANDARD_INPUT = "-"
# Web servers refuse heads of requests that would make longer lines.
MAX_LINE = 65_536
_BLOCK = 1 << 20
# By how a file begins, as rotated logs are given any name.
_OPENERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),  # type: ignore[dict-item,return-value]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError)


class LogUnavailable(FeedsvcError):
    """A log cannot be read, or not to its end. What was read before counts."""

    def __init__(self, name: str, why: Message) -> None:
        super().__init__(f"{name}: {why.text()}")
        self.name = name
        self.why = why


def lines(name: str) -> Iterator[list[bytes]]:
    """Yield the lines of a log, many at a time, without their ends.

    `name` is a path, or `-` for standard input. Of a line that is longer than `MAX_LINE` only an
    empty one is left. Raises LogUnavailable.
    """
    try:
        with ExitStack() as stack:
            raw: IO[bytes]
            if name == STANDARD_INPUT:
                raw = sys.stdin.buffer
            else:
                raw = stack.enter_context(Path(name).open("rb"))
            yield from _split(_opened(name, raw))
    except _DAMAGE as error:
        text = N_("the compressed file is damaged, or not complete: {fault}")
        raise LogUnavailable(name, Message(text, {"fault": error})) from error
    except OSError as error:
        # gzip and bz2 raise their own without a number.
        fault = reason(error) if error.errno else Message(N_("the compressed file is damaged"))
        text = N_("cannot be read: {reason}")
        raise LogUnavailable(name, Message(text, {"reason": fault})) from error


def _opened(name: str, raw: IO[bytes]) -> IO[bytes]:
    """Return a stream of what is in a file that may be compressed."""
    head: bytes = raw.peek(8)[:8]  # type: ignore[attr-defined]  # both kinds are buffered
    if head.startswith(_ZSTANDARD):
        text = N_(
            "this is compressed by zstd, which is not read here: zstdcat FILE | feedsvc audience -"
        )
        raise LogUnavailable(name, Message(text))
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            return opener(raw)
    return raw


def _split(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines of a stream by blocks, holding no more than a block and a line."""
    rest = b""
    is_too_long = False
    while block := stream.read(_BLOCK):
        found = (rest + block).split(b"\n")
        rest = found.pop()
        if found and is_too_long:
            found[0] = b""
            is_too_long = False
        if len(rest) > MAX_LINE:
            # Only that there was a line is remembered.
            rest, is_too_long = b"", True
        yield [line if len(line) <= MAX_LINE else b"" for line in found]
    if rest or is_too_long:
        yield [b"" if is_too_long else rest]
