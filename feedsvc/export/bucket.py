"""A store that speaks S3 as a target: conditional writes, checksums, a lock that is a lease."""

import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import md5
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from feedsvc.errors import ExportFailed
from feedsvc.export.target import MARKER, STATE, File, Refused, plain_key
from feedsvc.i18n import N_, Message

SCHEME = "s3://"
_LOCK = STATE + "lock"
_WRITTEN = STATE + "written-"
# In bytes: what is longer is sent in parts, whose sum has no condition.
_WHOLE = 8 * 1024 * 1024
# In seconds: how long a lock holds that is not renewed, and how often it is.
LEASE = 30.0
RENEW = 8.0
_LONGEST = 200
_DENIED = ("403 Forbidden", "401 Unauthorized")
_CONFLICTS = (AlreadyExistsError, PreconditionError)
# One of these says where credentials are; without any, the library asks a machine of Amazon's.
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Bucket:
    """A bucket, or what is below a prefix in it. Safe to share among threads.

    The credentials and the endpoint are those that the environment names (AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_REGION).
    """

    has_codings = False
    threads = 16

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        if not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
            text = N_("{target} must be like s3://bucket or s3://bucket/folder")
            raise ExportFailed(Message(text, {"target": url}))
        if not any(map(os.environ.get, _CREDENTIALS)):
            text = N_("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
            raise ExportFailed(Message(text))
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "") or os.environ.get("AWS_ENDPOINT", "")
        try:
            self._store = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                checksum_algorithm="SHA256",
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "timeout": "60s",
                    "connect_timeout": "5s",
                },
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
            )
        except (BaseError, ValueError) as error:
            raise self._failed(error) from error
        self._lease: _Lease | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other exporters out, and take possession of an empty bucket."""
        with self._in_order():
            is_ours = self._exists(MARKER)
            if not is_ours and any(obstore.list(self._store, chunk_size=1)):
                text = N_("{target} is not empty, and was not made by `feedsvc export`")
                raise ExportFailed(Message(text, {"target": self._url}))
            self._lease = _Lease(self._store, self._url)
        try:
            with self._in_order():
                if not is_ours:
                    about = b'{"made by": "feedsvc export", "format": 1}\n'
                    obstore.put(self._store, MARKER, about)
            yield
        finally:
            self._lease.end()
            self._lease = None

    def listing(self) -> dict[str, str]:
        """Return the version of each object by its key, without what is below `STATE`."""
        with self._in_order():
            return {
                str(each["path"]): each["e_tag"] or ""
                for each in self._listed(None)
                if not str(each["path"]).startswith(STATE)
            }

    def _listed(self, prefix: str | None) -> Iterator[Mapping[str, Any]]:
        for chunk in obstore.list(self._store, prefix):
            yield from chunk

    def key(self, path: str, media_type: str, *, is_gone: bool) -> str:  # noqa: ARG002 - as of folders
        """Return the key of the document at a path. Raises Refused."""
        key = plain_key(path)
        if key is None:
            raise Refused(Message(N_("no file can have this name")))
        return key

    def write(self, key: str, file: File, previous: str | None) -> str:
        """Write an object in place of a previous version, and return its version.

        Raises Refused if another version is there: somebody else has written it.
        """
        attributes = {"Content-Type": file.media_type, "Cache-Control": file.cache_control}
        if file.disposition:
            attributes["Content-Disposition"] = file.disposition
        if file.is_gone:
            attributes["robots"] = "noindex"
        with self._in_order():
            self._require_lease()
            if file.length is None or file.length > _WHOLE:
                return _tag(obstore.put(self._store, key, file.parts, attributes=attributes))
            body = b"".join(file.parts)
            mode: Any = {"e_tag": previous} if previous else "create"
            try:
                put = obstore.put(
                    self._store, key, body, attributes=attributes, mode=mode, use_multipart=False
                )
            except _CONFLICTS as error:
                return self._already(key, body, error)
            return _tag(put)

    def _already(self, key: str, body: bytes, conflict: Exception) -> str:
        """Return the version of an object that is there, if it is what was to be written.

        The answer to an earlier attempt may have been lost.
        """
        try:
            found = obstore.head(self._store, key)["e_tag"] or ""
        except FileNotFoundError:
            found = ""
        if found.strip('"') != md5(body, usedforsecurity=False).hexdigest():
            text = N_("somebody else has written it; the next export puts it right")
            raise Refused(Message(text)) from conflict
        return found

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with self._in_order():
            self._require_lease()
            obstore.delete(self._store, key)

    def states(self) -> list[str]:
        """Return the keys of what was written, in their order."""
        with self._in_order():
            keys = [str(each["path"]) for each in self._listed(STATE.rstrip("/"))]
        return sorted(key for key in keys if key.startswith(_WRITTEN))

    def read_state(self, key: str) -> bytes:
        """Return the content of such a key."""
        with self._in_order():
            return bytes(obstore.get(self._store, key).bytes())

    def write_state(self, key: str, data: bytes) -> None:
        """Write such a key; if it exists, there are two exporters, and this one gives up."""
        with self._in_order():
            self._require_lease()
            try:
                obstore.put(self._store, key, data, mode="create")
            except _CONFLICTS as error:
                if self._already(key, data, error):
                    return

    def _exists(self, key: str) -> bool:
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def _require_lease(self) -> None:
        if self._lease is None or not self._lease.holds():
            text = N_("the lock in {target} was lost: another process has it, or the store is away")
            raise ExportFailed(Message(text, {"target": self._url}))

    @contextmanager
    def _in_order(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ExportFailed:
        values: dict[str, object] = {"target": self._url}
        said = str(error)
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or any(
            each in said for each in _DENIED
        ):
            text = N_("{target} refuses access: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        elif "NoSuchBucket" in said:
            text = N_("{target}: there is no such bucket")
        else:
            # What follows the first line are dumps.
            values["fault"] = said.partition("\n")[0].partition(": <?xml")[0][:_LONGEST]
            text = N_("{target} cannot be used: {fault}")
        return ExportFailed(Message(text, values))


def _tag(put: Mapping[str, Any]) -> str:
    return put["e_tag"] or ""


class _Lease:
    """A lock object that is renewed; whoever sees it unchanged for `LEASE` seconds may take it.

    Nothing depends on clocks of different machines.
    """

    def __init__(self, store: S3Store, url: str) -> None:
        self._store = store
        self._token = secrets.token_hex(8)
        self._count = 0
        self._ended = threading.Event()
        self._version = self._acquire(url)
        self._renewed = time.monotonic()
        self._thread = threading.Thread(target=self._renew, name="feedsvc-lease", daemon=True)
        self._thread.start()

    def holds(self) -> bool:
        """Return whether nobody else can have taken it."""
        return time.monotonic() - self._renewed < LEASE - RENEW

    def end(self) -> None:
        """Give it up."""
        self._ended.set()
        self._thread.join()
        if self.holds():
            try:
                obstore.delete(self._store, _LOCK)
            except (BaseError, OSError):
                return  # it runs out by itself

    def _acquire(self, url: str) -> str:
        seen, since = "", time.monotonic()
        while True:
            try:
                found = self._found()
                if found != seen:
                    if seen and found:
                        break  # it is renewed
                    seen, since = found, time.monotonic()
                if not found:
                    return self._put("create")
                if time.monotonic() - since > LEASE:
                    return self._put({"e_tag": found})
            except _CONFLICTS:
                break
            time.sleep(1)
        text = N_("another process is exporting to {target}")
        raise ExportFailed(Message(text, {"target": url}))

    def _found(self) -> str:
        try:
            return obstore.head(self._store, _LOCK)["e_tag"] or ""
        except FileNotFoundError:
            return ""

    def _put(self, mode: Any) -> str:  # noqa: ANN401 - as the library takes it
        # The content differs each time, and with it the version.
        self._count += 1
        content = f"{self._token} {self._count}\n".encode()
        return _tag(obstore.put(self._store, _LOCK, content, mode=mode))

    def _renew(self) -> None:
        while not self._ended.wait(RENEW):
            asked = time.monotonic()
            try:
                self._version = self._put({"e_tag": self._version})
                self._renewed = asked
            except _CONFLICTS:
                # Ours, if the answer to a renewal was lost; or somebody else's, for good.
                if not self._is_ours():
                    self._renewed = -LEASE
                    return
            except (BaseError, OSError):
                continue  # tried again until it has run out

    def _is_ours(self) -> bool:
        try:
            found = obstore.get(self._store, _LOCK)
            self._version = found.meta["e_tag"] or ""
            return bytes(found.bytes()).startswith(self._token.encode())
        except (BaseError, OSError):
            return False
