"""Thumbnailer: has thumbnails made outside of this process, each once, and keeps them.

One child makes them, one after the other. It starts when it is needed and ends when it has
had nothing to do for a while. Requests wait for it, but no more than there are threads for.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from io import BufferedReader
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple

from feedsvc.isolation import Child, ChildDied, Limits, execute
from feedsvc.media.opening import reopened
from feedsvc.media.thumbnail_store import ThumbnailStore

# For each picture. A progressive JPEG of 50 megapixels takes 2 s and 300 MB.
LIMITS = Limits(processor=5.0, memory=1024 * 1024 * 1024, nice=10)
# In seconds: how long a child may take, however busy the machine; how long it stays when it
# has nothing to do.
TIMEOUT = 60.0
IDLE = 30.0
# How many pictures are made or wait for that.
MAX_JOBS = 64
# What runs in the child.
_SOURCES = ("thumbnail_maker.py", "cleaning.py", "exif.py", "metadata.py")
# How often a picture is tried whose child was ended from outside.
_ATTEMPTS = 3


class Busy(Exception):
    """There is no thumbnail yet, and it cannot be waited for."""


class Patience(NamedTuple):
    """How many requests may wait for thumbnails at a time, and each for how many seconds."""

    requests: int
    seconds: float


class _Job:
    """A thumbnail to be made; `failure` is the key under which it is kept that it cannot be."""

    def __init__(self, key: str, failure: str, descriptor: int, request: bytes) -> None:
        self.key = key
        self.failure = failure
        self.descriptor = descriptor
        self.request = request
        self.made: Future[bytes] = Future()


class Thumbnailer:
    """The thumbnails of one serving process. Safe to share among threads."""

    def __init__(self, store: ThumbnailStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._queue: Queue[_Job] = Queue()
        self._thread: threading.Thread | None = None
        self._waiting = 0

    def find(
        self, file: BufferedReader, digest: bytes, request: bytes, patience: Patience
    ) -> bytes | None:
        """Return the thumbnail of the picture in an open file; None if it cannot have one.

        `digest` is that of its content, `request` what the maker is asked for. Raises Busy if
        it has to be made and more requests wait, or longer, than `patience` allows.
        """
        key, failure = _key(digest, request), _key(digest)
        found = self._find(key, failure)
        if found is None:
            with self._place(patience.requests):
                made = self._making(key, failure, file, request)
                try:
                    found = made.result(patience.seconds)
                except TimeoutError as error:
                    raise Busy from error
        return found or None

    def _find(self, key: str, failure: str) -> bytes | None:
        """Return what is kept: a thumbnail, nothing if there cannot be one, None otherwise."""
        found = self._store.get(key)
        return self._store.get(failure) if found is None else found

    @contextmanager
    def _place(self, places: int) -> Iterator[None]:
        with self._lock:
            if self._waiting >= places:
                raise Busy
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def _making(
        self, key: str, failure: str, file: BufferedReader, request: bytes
    ) -> Future[bytes]:
        with self._lock:
            if key not in self._jobs:
                if len(self._jobs) >= MAX_JOBS:
                    raise Busy
                try:
                    self._start_thread()
                    job = _Job(key, failure, reopened(file), request)
                except (OSError, RuntimeError) as error:  # no thread, or no descriptor, is left
                    raise Busy from error
                self._jobs[key] = job
                self._queue.put(job)
            return self._jobs[key].made

    def _start_thread(self) -> None:
        # One that is there may not have survived a fork.
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._thread = thread

    def _work(self) -> None:
        """Make what is in the queue, until there is nothing for a while."""
        maker = _Maker()
        try:
            while job := self._next():
                try:
                    job.made.set_result(self._make(maker, job))
                except Exception as error:  # noqa: BLE001 - those who wait must not wait for ever
                    job.made.set_exception(Busy(error))
                with self._lock:
                    del self._jobs[job.key]
                os.close(job.descriptor)
        finally:
            maker.end()

    def _next(self) -> _Job | None:
        try:
            return self._queue.get(timeout=IDLE)
        except Empty:
            with self._lock:
                if not self._queue.empty():
                    return self._queue.get()
                self._thread = None
                return None

    def _make(self, maker: "_Maker", job: _Job) -> bytes:
        # Another process may have made it, or a larger one may have failed.
        found = self._find(job.key, job.failure)
        if found is not None:
            return found
        try:
            made = maker.make(job.request, job.descriptor)
        except Unexplained:
            # Perhaps it is the picture, perhaps not: it is tried again some other time.
            self._store.remember(job.failure, b"")
            return b""
        self._store.put(job.key if made else job.failure, made)
        return made


class Unexplained(Exception):
    """A thumbnail was not made, and it is not known whether that is due to the picture."""


class _Maker:
    """The child that makes thumbnails, when there is one."""

    def __init__(self) -> None:
        self._child: Child | None = None

    def end(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()

    def make(self, request: bytes, descriptor: int) -> bytes:
        """Return the thumbnail; nothing if the picture cannot be decoded within the limits.

        Raises Unexplained, and Busy or OSError if no child can be started.
        """
        for _ in range(_ATTEMPTS):
            try:
                if self._child is None:
                    self._child = _start(descriptor)
                return self._child.call(request, TIMEOUT, descriptor)
            except ChildDied as error:
                self._child = None
                if error.cause != "killed":
                    return b""
            except TimeoutError:
                self._child = None
                break
        raise Unexplained


def _start(descriptor: int) -> Child:
    """Start a child; raise Busy if it dies before it is asked for anything, unless killed."""
    child = execute("feedsvc.media.thumbnail_maker:answer", LIMITS, files=True)
    try:
        child.call(b"", TIMEOUT, descriptor)
    except ChildDied as error:
        if error.cause == "killed":
            raise
        raise Busy from error
    return child


def _key(digest: bytes, request: bytes = b"") -> str:
    return blake2b(digest + request, key=_program(), digest_size=20).hexdigest()


@lru_cache
def _program() -> bytes:
    """Return a digest of what makes thumbnails: another would make others of the same picture."""
    digest = blake2b(version("pillow").encode(), digest_size=16)
    with suppress(PackageNotFoundError):
        digest.update(b"heif " + version("pillow-heif").encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.digest()
