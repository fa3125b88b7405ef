"""Readers: child processes that read the entry files, as many as cores if there are many.

A reader has little time and memory for a file. If a file exceeds that, or makes the reader
crash, the kernel ends the reader; the file gets a problem with its fingerprint, so that it is
not tried again until it changes, and the next reader goes on with the other files.
"""

import errno
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait

from feedsvc.errors import ReadersUnavailable
from feedsvc.i18n import reason
from feedsvc.isolation import Child, ChildDied, Limits, fork
from feedsvc.model import Problem, Reading
from feedsvc.parsing import is_document_name
from feedsvc.settings import Settings
from feedsvc.storage.updates import FileUpdate, prepare
from feedsvc.sync.progress import reported
from feedsvc.sync.reading import Reply, answer, decode_reply, encode, failed
from feedsvc.sync.scanner import TRY_AGAIN, FoundFile, unreadable

# For each file, or for each chunk of files that are read at once.
LIMITS = Limits(processor=2.0, memory=512 * 1024 * 1024)
# In seconds: how long a reply may take, however slow the disk and busy the machine.
TIMEOUT = 20.0
# In seconds: how long a reader stays that has nothing to do. It holds 15 MB; a new one is there
# within milliseconds.
KEPT = 10.0
# Numbers of files: in one transaction; that are worth all cores; in one request.
BATCH = 1000
MANY = 500
CHUNK = 50
# In bytes: a request that its connection surely holds while the reader is busy.
_SMALL = 32 * 1024
# How many requests a reader gets at a time, and by how many results it may outrun another.
_QUEUED = 2
_AHEAD = 40
# How often a file is tried whose reader was ended from outside.
_ATTEMPTS = 3


class Readers:
    """The reading processes of one writer. One of them stays for a while, for the next change.

    `on_death` is called with each death of a reader.
    """

    def __init__(self, settings: Settings, on_death: Callable[[ChildDied], None]) -> None:
        self._settings = settings
        self._answer = answer(settings.entries, settings.parsing)
        self._on_death = on_death
        self._spare: Child | None = None
        self._kept_until = 0.0

    def close(self) -> None:
        """End the reader that is left."""
        if self._spare is not None:
            self._spare.end()
            self._spare = None

    def check(self) -> None:
        """Notice the death of the reader that has nothing to do, or end it after a while."""
        if self._spare is None:
            return
        if self._spare.connection.poll():
            child, self._spare = self._spare, None
            self._on_death(ChildDied(child.end()))
        elif time.monotonic() > self._kept_until:
            self.close()

    def read(self, files: Sequence[FoundFile]) -> Iterator[FileUpdate]:
        """Read files, on all cores if there are many; yield the results in the same order.

        Files that are gone, or have changed since they were found, yield nothing.
        """
        if len(files) < MANY:
            yield from self._read(files, 1)
        else:
            done = self._read(files, os.cpu_count() or 1)
            yield from reported(done, len(files), self._settings.language)

    def _read(self, files: Sequence[FoundFile], count: int) -> Iterator[FileUpdate]:
        chunks = deque(_Chunk(number, group) for number, group in enumerate(_groups(files)))
        total = len(chunks)
        done: dict[int, Reply] = {}
        readers = [_Reader(self._take()) for _ in range(min(count, len(chunks)))]
        try:
            for number in range(total):
                while number not in done:
                    for reader in readers:
                        while chunks and chunks[0].number < number + _AHEAD and reader.has_room():
                            reader.send(chunks.popleft())
                    done.update(self._receive(readers))
                yield from filter(None, done.pop(number))
        finally:
            for reader in readers:
                self._release(reader)

    def _receive(self, readers: "list[_Reader]") -> Iterator[tuple[int, Reply]]:
        """Wait for replies; yield those that have come, with the numbers of their chunks."""
        ready = wait([each.child.connection for each in readers if each.sent], TIMEOUT)
        for reader in readers:
            if reader.sent and (not ready or reader.child.connection in ready):
                try:
                    reply = decode_reply(reader.child.receive(0))
                    chunk = reader.sent.popleft()
                except (ChildDied, TimeoutError) as error:
                    chunk = reader.sent.popleft()
                    reply = self._read_again(chunk.files, error)
                    reader.go_on(self._take())
                yield chunk.number, reply

    def _read_again(self, files: tuple[FoundFile, ...], error: ChildDied | TimeoutError) -> Reply:
        """Read the files of a chunk, of which one ended the reader, each for itself."""
        self._note(error)
        if len(files) == 1 and not _is_killed(error):
            return (_failure(files[0], error),)
        return tuple(self._read_alone(file) for file in files)

    def _read_alone(self, file: FoundFile) -> FileUpdate | None:
        for _ in range(_ATTEMPTS):
            child = self._take()
            try:
                (update,) = decode_reply(child.call(encode((file,)), TIMEOUT))
            except (ChildDied, TimeoutError) as error:
                self._note(error)
                failure = _failure(file, error)
                if not _is_killed(error):
                    break
            else:
                self._keep(child)
                return update
        return failure

    def _take(self) -> Child:
        child, self._spare = self._spare, None
        try:
            return child or fork(self._answer, LIMITS)
        except OSError as error:
            raise ReadersUnavailable(reason(error)) from error

    def _release(self, reader: "_Reader") -> None:
        if reader.sent:  # nobody waits for the replies any more
            reader.child.kill()
        elif self._spare is None:
            self._keep(reader.child)
        else:
            reader.child.end()

    def _keep(self, child: Child) -> None:
        self._spare, self._kept_until = child, time.monotonic() + KEPT

    def _note(self, error: ChildDied | TimeoutError) -> None:
        if isinstance(error, ChildDied):
            self._on_death(error)


class _Chunk:
    """Files that are read by one request; `number` is their place among all chunks."""

    def __init__(self, number: int, files: tuple[FoundFile, ...]) -> None:
        self.number = number
        self.files = files
        self.request = encode(files)


class _Reader:
    """A child and the chunks that it has not answered, oldest first."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.sent: deque[_Chunk] = deque()

    def has_room(self) -> bool:
        """Return whether one more request can be sent without waiting for replies.

        Both sides would wait for each other if a request did not fit into the connection.
        """
        size = sum(len(chunk.request) for chunk in self.sent)
        return not self.sent or (len(self.sent) < _QUEUED and size < _SMALL)

    def send(self, chunk: _Chunk) -> None:
        """Send the child a request."""
        self.sent.append(chunk)
        self.child.send(chunk.request)

    def go_on(self, child: Child) -> None:
        """Send what is not answered to another child."""
        self.child = child
        for chunk in self.sent:
            child.send(chunk.request)


def _groups(files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, ...]]:
    """Yield the files that are read by one request: of documents, each is worth one."""
    group: list[FoundFile] = []
    for file in files:
        is_document = is_document_name(file.path)
        if group and (is_document or len(group) == CHUNK):
            yield tuple(group)
            group = []
        if is_document:
            yield (file,)
        else:
            group.append(file)
    if group:
        yield tuple(group)


def _is_killed(error: ChildDied | TimeoutError) -> bool:
    return isinstance(error, ChildDied) and error.cause == "killed"


def _failure(file: FoundFile, error: ChildDied | TimeoutError) -> FileUpdate:
    """Return what is to be stored of a file that ended its reader."""
    if isinstance(error, TimeoutError):
        late = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        reading = Reading(None, (unreadable(file.path, late),))
        return prepare(file.path, TRY_AGAIN, reading, file.changed)
    if error.cause == "crash":
        name = signal.Signals(-error.status).name if error.status < 0 else str(error.status)
        return prepare(file.path, file.fingerprint, failed(file, name), file.changed)
    # One that is killed again and again may take more memory than the machine has.
    problem = Problem(file.path, 0, "too-costly")
    return prepare(file.path, file.fingerprint, Reading(None, (problem,)), file.changed)
