"""Writing: documents that have changed are written, those that are gone are deleted."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from feedsvc.export.listing import Listed
from feedsvc.export.manifest import UNKNOWN, Manifest, Record
from feedsvc.export.site import Answer, NotNow, Site, codings
from feedsvc.export.target import CODINGS, File, Refused, Target
from feedsvc.i18n import N_, Message
from feedsvc.web.responses import MAX_AGE, STALE_IF_ERROR, STALE_WHILE_REVALIDATE

# In seconds: how much work is done again at most if the exporter dies.
_COMMIT_EVERY = 20.0
# What the service says when nothing is going to change by itself.
_OF_FILES = f"public, max-age={MAX_AGE}"
_OF_DOCUMENTS = (
    f"{_OF_FILES}, stale-while-revalidate={STALE_WHILE_REVALIDATE}, stale-if-error={STALE_IF_ERROR}"
)
# So many documents are under way at a time.
_BATCH = 256


@dataclass
class Outcome:
    """What was done: numbers of documents and files; what could not be, by its path.

    `held` are deletions that look like a mishap, `foreign` files in the target that are not ours.
    """

    documents: int = 0
    written: int = 0
    files: int = 0
    deleted: int = 0
    held: int = 0
    foreign: int = 0
    left_out: dict[str, Message] = field(default_factory=dict)

    def add(self, other: "Outcome") -> None:
        """Add what was done after it."""
        for name in ("written", "files", "deleted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.documents, self.held = other.documents, other.held
        self.left_out |= other.left_out


class _Done(NamedTuple):
    """What became of one document: its new record (None: there is none), and how many files."""

    path: str
    record: Record | None
    files: int = 0
    fault: Message | None = None


class Writing:
    """Brings documents of the site to a target, and keeps the record of it."""

    def __init__(self, site: Site, target: Target, manifest: Manifest) -> None:
        self._site = site
        self._target = target
        self._manifest = manifest
        self._committed = time.monotonic()
        self._present: Mapping[str, str] = {}

    @contextmanager
    def over(self, present: Mapping[str, str]) -> Iterator[None]:
        """Within the context, know which versions of files are in the target."""
        self._present = present
        try:
            yield
        finally:
            self._present = {}

    def write(self, listed: Iterable[Listed], outcome: Outcome) -> set[str]:
        """Write those documents that have changed, in their order.

        Return the paths at which there is nothing. Raises ExportFailed.
        """
        missing: set[str] = set()
        self._site.refresh()
        in_order = sorted(listed)
        self._manifest.plan(each.path for each in in_order)
        try:
            with ThreadPoolExecutor(self._target.threads) as pool:
                for _, same in groupby(in_order, key=lambda each: each.rank):
                    paths = [each.path for each in same]
                    for start in range(0, len(paths), _BATCH):
                        for done in pool.map(self._one, paths[start : start + _BATCH]):
                            self._note(done, outcome, missing)
                        self._commit(_COMMIT_EVERY)
        finally:
            # What was written is known, even if the rest could not be.
            self._commit(0)
        return missing

    def write_own(self, path: str, media_type: str, content: bytes, outcome: Outcome) -> None:
        """Write a document that is not the site's."""
        tag = blake2b(content, digest_size=16).hexdigest()
        key = path.removeprefix("/")
        record = self._manifest.records.get(path, UNKNOWN)
        if record.tag == tag:
            return
        file = File(
            parts=[content], length=len(content), media_type=media_type, modified=int(time.time())
        )
        try:
            version = self._target.write(key, file, self._previous(key, record))
        except Refused as refused:
            outcome.left_out[path] = refused.message
            return
        self._manifest.set(path, Record(tag, {key: version}))
        outcome.files += 1

    def delete(self, paths: Iterable[str], outcome: Outcome) -> None:
        """Delete documents. Raises ExportFailed."""
        with ThreadPoolExecutor(self._target.threads) as pool:
            for path, files in pool.map(self._delete, sorted(paths)):
                self._manifest.set(path, None)
                outcome.deleted += bool(files)
        self._commit(0)

    def _delete(self, path: str) -> tuple[str, int]:
        record = self._manifest.records.get(path, UNKNOWN)
        for key in record.files:
            with suppress(Refused):  # then it is not there either
                self._target.delete(key)
        return path, len(record.files)

    def _note(self, done: _Done, outcome: Outcome, missing: set[str]) -> None:
        if done.fault is not None:
            outcome.left_out[done.path] = done.fault
        elif done.record is None:
            missing.add(done.path)
        elif done.record != self._manifest.records.get(done.path):
            self._manifest.set(done.path, done.record)
            outcome.written += 1
            outcome.files += done.files

    def _commit(self, every: float) -> None:
        if time.monotonic() - self._committed >= every:
            self._manifest.commit()
            self._committed = time.monotonic()

    def _one(self, path: str) -> _Done:
        """Write the document at a path if it has changed."""
        record = self._manifest.records.get(path, UNKNOWN)
        try:
            with self._site.ask(path) as answer:
                if answer is None:
                    return _Done(path, None)
                if answer.tag == record.tag:
                    return _Done(path, record)
                written = self._write(path, answer, record)
            for key in record.files.keys() - written.keys():
                self._target.delete(key)
        except NotNow:
            return _Done(path, record, fault=Message(N_("the service does not have it ready")))
        except Refused as refused:
            return _Done(path, record, fault=refused.message)
        return _Done(path, Record(answer.tag, written), len(written))

    def _previous(self, key: str, record: Record) -> str | None:
        return self._present.get(key) or record.files.get(key)

    def _write(self, path: str, answer: Answer, record: Record) -> dict[str, str]:
        """Write the files of a document, and return their versions by key."""
        key = self._target.key(path, answer.media_type, is_gone=answer.is_gone)
        written = {}
        if answer.has_codings and self._target.has_codings:
            body = answer.body()
            for coding, encoded in codings(body).items():
                written[key + CODINGS[coding]] = self._target.write(
                    key + CODINGS[coding], _file(answer, encoded), None
                )
            written[key] = self._target.write(key, _file(answer, body), None)
            return written
        whole = answer.body() if answer.length is None else None
        return {key: self._target.write(key, _file(answer, whole), self._previous(key, record))}


def _file(answer: Answer, body: bytes | None) -> File:
    """Return an answer as a file, with this body or its own."""
    return File(
        parts=answer.parts() if body is None else [body],
        length=answer.length if body is None else len(body),
        media_type=answer.media_type,
        disposition=answer.disposition,
        cache_control=_cache_control(answer),
        modified=answer.modified,
        is_gone=answer.is_gone,
    )


def _cache_control(answer: Answer) -> str:
    """Return for how long caches may keep an answer, whenever it is asked for."""
    if answer.is_gone:
        return "no-cache"
    return _OF_DOCUMENTS if answer.has_codings else _OF_FILES
