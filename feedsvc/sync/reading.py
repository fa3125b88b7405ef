"""Read one entry file. What runs here runs in a reader, which may die of it (`readers`)."""

import os
from dataclasses import replace
from hashlib import blake2b
from io import FileIO
from pathlib import Path

import msgspec

from feedsvc import parsing
from feedsvc.isolation import Answer
from feedsvc.model import Problem, Reading
from feedsvc.settings import ParseSettings
from feedsvc.storage.updates import FileUpdate, prepare
from feedsvc.sync.scanner import TRY_AGAIN, FoundFile, fingerprint, unreadable, with_other_files

# SQLite's integers have a sign.
_INTEGER = 2**63 - 1
# Requests and replies of a reader: files to read, and what they gave, None for each that is
# gone or has changed since it was found.
Request = tuple[FoundFile, ...]
Reply = tuple[FileUpdate | None, ...]
encode = msgspec.msgpack.encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def answer(root: Path, settings: ParseSettings) -> Answer:
    """Return the function with which a reader answers."""
    return lambda request: encode(
        tuple(_update(root, found, settings) for found in decode_request(request))
    )


def _update(root: Path, found: FoundFile, settings: ParseSettings) -> FileUpdate | None:
    try:
        result = read_file(root, found, settings)
    except MemoryError:
        raise  # a limit of the process
    except Exception as error:  # noqa: BLE001 - a fault of ours or a library's stops no other file
        result = found.fingerprint, failed(found, type(error).__name__)
    return result and prepare(found.path, *result, found.changed)


def failed(found: FoundFile, name: str) -> Reading:
    """Return the reading of a file at which the program failed; `name` is of the fault."""
    return Reading(None, (Problem(found.path, 0, "reading-failed", (("name", name),)),))


def read_file(root: Path, found: FoundFile, settings: ParseSettings) -> tuple[str, Reading] | None:
    """Read a file that was found.

    Return the fingerprint to store and the reading, or None if the file is gone or
    has changed since.
    """
    if found.problem:
        return found.fingerprint, Reading(None, (found.problem,))
    limit = parsing.max_size(found.path)
    try:
        # A pipe that takes the file's place must not make us wait for a writer.
        descriptor = os.open(f"{root}/{found.path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:
            # One byte more than there were: whoever is told nothing of a size gets all there is.
            # Memory for the largest file that may be would take a tenth of the whole reading.
            size = os.fstat(descriptor).st_size
            data = _all_of(file, min(size or limit, limit) + 1)
            status = os.fstat(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return TRY_AGAIN, Reading(None, (unreadable(found.path, error),))
    if fingerprint(status) != found.own:
        return None
    if len(data) > limit:
        code = parsing.too_large(found.path)
        problem = Problem(found.path, 0, code, (("size", str(status.st_size)),))
        return found.fingerprint, Reading(None, (problem,))
    reading = parsing.read(data, found.path, settings, root, found.siblings, kept=found.kept)
    reading = replace(reading, content=_content(data), inode=status.st_ino & _INTEGER)
    if reading.named_files:
        found = with_other_files(found, str(root), found.siblings, reading.named_files)
    return found.fingerprint, reading


def _all_of(file: FileIO, most: int) -> bytes:
    """Return the bytes of a file, at most so many."""
    data = file.read(most) or b""
    while len(data) < most and (more := file.read(most - len(data))):
        data += more
    return data


def _content(data: bytes) -> bytes:
    """Return a digest that is the same if another program saved the same text anew."""
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").strip()
    return blake2b(text, digest_size=16).digest()
