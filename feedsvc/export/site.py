"""The service's own answers, asked within this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

from werkzeug.test import Client, TestResponse

from feedsvc.app import build_uncached
from feedsvc.export.target import CODINGS
from feedsvc.media.thumbnailer import MAX_JOBS, TIMEOUT, Patience
from feedsvc.settings import Settings
from feedsvc.web.media import PATIENCE
from feedsvc.web.representation import CONTENT_CODINGS

# Pictures may be waited for: nobody else does.
_PATIENCE = Patience(requests=MAX_JOBS, seconds=10 * TIMEOUT)
# A path that no document has.
_NOWHERE = "/.feedsvc/nowhere"
# In bytes.
_PART = 1024 * 1024
_DAY = 86_400


class NotNow(Exception):
    """The service cannot answer yet; later it can."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answers at a path.

    `tag` differs if anything does that is exported of it. `modified` is in seconds since the
    epoch, and follows from the content alone. `is_gone` if the status is 410.
    """

    media_type: str
    disposition: str
    tag: str
    modified: int
    is_gone: bool
    has_codings: bool
    length: int | None
    _response: TestResponse

    def parts(self) -> Iterator[bytes]:
        """Yield the body."""
        waiting = bytearray()
        for part in self._response.iter_encoded():
            waiting += part
            if len(waiting) >= _PART:
                yield bytes(waiting)
                waiting.clear()
        if waiting:
            yield bytes(waiting)

    def body(self) -> bytes:
        """Return the body."""
        return b"".join(self.parts())


def codings(body: bytes) -> dict[str, bytes]:
    """Return a body in each content coding that makes it shorter, as the service has it."""
    encoded = {coding: CONTENT_CODINGS[coding](body) for coding in CODINGS}
    return {coding: each for coding, each in encoded.items() if len(each) < len(body)}


class Site:
    """Answers as the service does. Safe to share among threads."""

    def __init__(self, settings: Settings) -> None:
        app, self._cache = build_uncached(settings)
        self._app = app

    def refresh(self) -> None:
        """Have all later answers be those of the catalogue as it is now, or later."""
        self._cache.refresh()

    @contextmanager
    def ask(self, path: str) -> Iterator[Answer | None]:
        """Ask for a path; None if no document is there. Raises NotNow.

        What is gone has a document that says so.
        """
        environ = {PATIENCE: _PATIENCE}
        response = Client(self._app, use_cookies=False).get(path, environ_overrides=environ)
        try:
            if response.status_code >= 500 or response.cache_control.no_store:
                raise NotNow(path)
            yield _answer(response) if response.status_code in (200, 410) else None
        finally:
            response.close()

    def not_found(self) -> bytes:
        """Return the page that tells that there is nothing."""
        body: bytes = Client(self._app, use_cookies=False).get(_NOWHERE).data
        return body


def _answer(response: TestResponse) -> Answer:
    tag, _ = response.get_etag()
    disposition = response.headers.get("Content-Disposition", "")
    basis = [str(response.status_code), response.content_type, disposition]
    digest = blake2b("\n".join(basis).encode(), digest_size=16)
    # A strong tag is a digest of the content; error pages have none.
    digest.update(response.data if tag is None else tag.encode())
    modified = response.last_modified
    return Answer(
        media_type=response.content_type or "",
        disposition=disposition,
        tag=digest.hexdigest(),
        modified=_made_up(digest.digest()) if modified is None else int(modified.timestamp()),
        is_gone=response.status_code == 410,
        has_codings="accept-encoding" in response.vary,
        length=response.content_length,
        _response=response,
    )


def _made_up(digest: bytes) -> int:
    """Return a date for content that has none; servers make validators of it."""
    return 10_000 * _DAY + int.from_bytes(digest[:4]) % _DAY
