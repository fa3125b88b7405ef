"""Representations: the bytes of one document, plain and encoded, with their validators."""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

import brotli
import deflate
import zstandard

from feedsvc.surrogate_keys import LIST

# In bytes: up to which a text is small, and from which on it is large, to those who encode it.
_SMALL, _LARGE = 16 * 1024, 64 * 1024


def _gzip(body: bytes) -> bytes:
    return bytes(deflate.gzip_compress(body, 9))


def _brotli(body: bytes) -> bytes:
    # Level 9 begins with 5 ms for its tables, whatever the text. In as many, level 10 saves a
    # tenth of a small one; of a middle one, level 8 makes as much in 1 ms. Of a large one of
    # 176 KB levels 10 and 11 make 18.7 and 18.0 KB instead of 19.9, in 89 and 238 ms instead of 11.
    if len(body) >= _LARGE:
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=9))
    quality = 10 if len(body) <= _SMALL else 8
    # A window no larger than the text: threads would keep 5 MB each of the memory for others.
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality, lgwin=16))


class _Zstd:
    """Encodes one text after the other: threads would keep 5 MB each of the memory for that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of the large text 18.4 KB in 26 ms; level 12 makes 20.2 in 15, level 19 18.1 in 71. The
        # window is 4 MB; clients need not decode more than 8 (RFC 9659).
        self._compressor = zstandard.ZstdCompressor(level=15)

    def compress(self, body: bytes) -> bytes:
        with self._lock:
            return self._compressor.compress(body)


# None writes a time, so all processes produce the same bytes. libdeflate's levels 10 to 12 save
# a tenth more than 9, in 20 to 35 ms instead of 5.
CONTENT_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": _brotli,
    "zstd": _Zstd().compress,
    "gzip": _gzip,
}
_OF_LARGE = ("zstd", "br", "gzip")


# In seconds: how much earlier than the newest moment in it a document may be dated.
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Representation:
    """The selected representation of a document (RFC 9110 section 3.2).

    Each content coding has an entity tag of its own, `tag` with the coding as suffix, since
    a strong tag must differ if the bytes do (RFC 9110 section 8.8.3.3). `entry_digests`
    identify, in the tag too, the entries of a feed (see `feeds.delta`). `basis` is a digest
    of everything it was rendered from, if that was recorded: the same basis would give the
    same bytes. `surrogate_keys` are those that caches in front know it by, beside `all`.
    """

    media_type: str
    body: bytes
    tag: str
    entry_digests: tuple[bytes, ...] = ()
    basis: bytes = b""
    surrogate_keys: tuple[str, ...] = (LIST,)
    _encoded: dict[str, bytes] = field(default_factory=dict, compare=False)
    _encoding: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def size(self) -> int:
        """Return about how many bytes of memory it takes: texts compress to a quarter."""
        return len(self.body) * 3 // 2

    def encoded(self, coding: str) -> bytes:
        """Return the bytes in one of `CONTENT_CODINGS`, encoded at the first call."""
        encoded = self._encoded.get(coding)
        if encoded is None:
            with self._encoding:
                if coding not in self._encoded:
                    self._encoded[coding] = CONTENT_CODINGS[coding](self.body)
            encoded = self._encoded[coding]
        return encoded

    def best_first(self) -> Iterable[str]:
        """Return `CONTENT_CODINGS`, the one that makes it the shortest first."""
        return CONTENT_CODINGS if len(self.body) < _LARGE else _OF_LARGE

    def content_codings(self) -> tuple[str, ...]:
        """Return those of `CONTENT_CODINGS` that it has been encoded in."""
        return tuple(self._encoded)

    def etag(self, coding: str) -> str:
        """Return the opaque part of the entity tag of a content coding, or of 'identity'."""
        # A full stop is not in the alphabet of base64url.
        return self.tag if coding == "identity" else f"{self.tag}.{coding}"


def represent(
    body: bytes,
    media_type: str,
    entry_digests: tuple[bytes, ...] = (),
    basis: bytes = b"",
    surrogate_keys: tuple[str, ...] = (LIST,),
) -> Representation:
    """Return the representation of rendered bytes."""
    digest = blake2b(body, digest_size=12).digest()
    tag = urlsafe_b64encode(digest + b"".join(entry_digests)).decode().rstrip("=")
    return Representation(media_type, body, tag, entry_digests, basis, surrogate_keys)


def last_modified(newest: int, tag: str) -> datetime | None:
    """Return the `Last-Modified` of content with an entity tag; None if it can have none.

    `newest` is the newest moment in the content, in microseconds since the epoch. The date is
    as much earlier, up to a day, as the tag says: content that changes without a new moment
    in it has another date, and the same content has the same date in every replica.
    """
    digest = blake2b(tag.encode(), digest_size=8).digest()
    seconds = newest // 1_000_000 - int.from_bytes(digest) % _DAY
    return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
