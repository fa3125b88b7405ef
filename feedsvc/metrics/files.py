"""Files in which serving processes publish their counts, and the sum of all of them.

A process holds a lock on its file for as long as it lives, however it ends. The counts of those
that have ended are added to a total, and their files removed, by whoever looks next: so what is
summed up never goes backwards, and no more files are there than processes.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message, reason
from feedsvc.metrics.counts import Counts, Key, Samples, add, is_known

FOLDER = "metrics"
# In seconds, between two publications: what a process that is killed may lose.
PUBLISH_EVERY = 1.0
_SUFFIX, _UNFINISHED = ".counts", ".tmp"
_TOTAL, _LOCK = "total", "lock"
# In bytes; all series together take less than half of it.
_LONGEST = 256 * 1024


class _Total(msgspec.Struct):
    """The counts of processes that have ended, and the files of those that were added last."""

    samples: list[tuple[Key, float]]
    added: list[str]


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(list[tuple[Key, float]]).decode
_decode_total = msgspec.json.Decoder(_Total).decode


class CountsFile:
    """The file of this process; of each process that is forked from it, another one."""

    def __init__(self, instance: Path, counts: Counts, language: str) -> None:
        self._folder = instance / FOLDER
        self._counts = counts
        self._fault_log = FaultLog(language)
        self._begin()
        os.register_at_fork(after_in_child=self._begin_after_fork)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._path = self._folder / (secrets.token_hex(12) + _SUFFIX)
        self._descriptor: int | None = None
        self._published = b""

    def _begin_after_fork(self) -> None:
        # That closes a copy; the parent keeps its lock.
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._counts.clear()
        self._begin()

    def publish(self) -> None:
        """Write the counts if they have changed; log a failure once."""
        if self._process != os.getpid():  # some servers fork silently, before they count
            self._begin_after_fork()
        samples = self._counts.samples()
        content = _encode(list(samples.items()))
        if not samples or (content == self._published and self._path.exists()):
            return
        try:
            if self._descriptor is None:
                tidy_up(self._folder)  # if nobody else does
            self._write(content)
        except OSError as error:
            text = N_("requests cannot be counted in {folder}: {reason}")
            self._fault_log.log(Message(text, {"folder": self._folder, "reason": reason(error)}))
        else:
            self._fault_log.clear()

    def _write(self, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(_UNFINISHED)
        descriptor = os.open(
            unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            unfinished.replace(self._path)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                unfinished.unlink()
            raise
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = descriptor
        self._published = content


def tidy_up(folder: Path) -> None:
    """Add up what ended processes have left, unless somebody does so now. Raises OSError."""
    with suppress(BlockingIOError):
        _collect(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)


def collect(folder: Path) -> Samples:
    """Return the sum of all counts in a folder, and tidy it up. Raises OSError."""
    return _collect(folder, fcntl.LOCK_EX)


def _collect(folder: Path, operation: int) -> Samples:
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / _LOCK, operation):
        total, added = _read_total(folder / _TOTAL)
        ended: dict[Path, Samples] = {}
        summed: Samples = {}
        for path in sorted(folder.iterdir()):
            if path.name in added or (path.suffix == _UNFINISHED and _read(path)[1]):
                path.unlink(missing_ok=True)
            elif path.suffix == _SUFFIX:
                samples, is_ended = _read(path)
                add(summed, samples)
                if is_ended:
                    ended[path] = samples
        if ended:
            _fold(folder / _TOTAL, total, ended)
    add(summed, total)
    return summed


def _fold(path: Path, total: Samples, ended: dict[Path, Samples]) -> None:
    """Add the counts of processes that have ended to the total, and remove their files.

    If that is broken off, they are either all in the total, which names their files, or none.
    """
    new = total.copy()
    for samples in ended.values():
        add(new, samples)
    unfinished = path.with_suffix(_UNFINISHED)
    with suppress(OSError):  # the disk may be full; then they stay for the next time
        unfinished.write_bytes(_encode(_Total([*new.items()], [each.name for each in ended])))
        unfinished.replace(path)
        for each in ended:
            each.unlink()


@contextmanager
def _locked(path: Path, operation: int) -> Iterator[None]:
    with path.open("ab") as lock:
        fcntl.flock(lock, operation)
        yield


def _read(path: Path) -> tuple[Samples, bool]:
    """Return the counts in a file, and whether the process that wrote it has ended."""
    while True:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return {}, False
        with file:
            is_ended = True
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                is_ended = False
            with suppress(FileNotFoundError):
                # Otherwise it was replaced just now.
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return _samples(file.read(_LONGEST)), is_ended


def _samples(content: bytes) -> Samples:
    try:
        return _known(_decode(content))
    except msgspec.MsgspecError:  # a power cut
        return {}


def _read_total(path: Path) -> tuple[Samples, frozenset[str]]:
    try:
        total = _decode_total(path.read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}, frozenset()
    return _known(total.samples), frozenset(total.added)


def _known(samples: list[tuple[Key, float]]) -> Samples:
    """Return what this version counts; another one may have written the file."""
    return {key: value for key, value in samples if is_known(key) and value >= 0}
