"""Documents: what one URL answers, plain and compressed, with its validators."""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

import brotli
import deflate


def _gzip(body: bytes) -> bytes:
    return bytes(deflate.gzip_compress(body, 9))


# The best first. Neither writes a time, so the bytes are the same in every process.
# Brotli's last two steps take a text of 170 KB from 20 to 18 KB, in 210 ms instead of 8.
# Of gzip's, libdeflate's 10 to 12 save a tenth more, in 20 to 35 ms instead of 5.
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, mode=brotli.MODE_TEXT, quality=9),
    "gzip": _gzip,
}


@dataclass(frozen=True, slots=True)
class Document:
    """What one URL answers.

    Each content coding has an entity tag of its own, `tag` with the coding's
    suffix, since a strong tag must differ where the bytes do (RFC 9110 section
    8.8.3.3). `codes` stand, in the tag too, for the entries of a feed (see
    `feeds.news`). `basis` stands for all that it was made of, where that was noted: what
    would be made of the same is the same.
    """

    media_type: str
    body: bytes
    tag: str
    codes: tuple[bytes, ...] = ()
    basis: bytes = b""
    _packed: dict[str, bytes] = field(default_factory=dict, compare=False)
    _packing: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def size(self) -> int:
        """Give about the bytes it takes to keep it: texts pack to a quarter."""
        return len(self.body) * 3 // 2

    def packed(self, coding: str) -> bytes:
        """Give the bytes in one of `CODINGS`, packed at the first call."""
        packed = self._packed.get(coding)
        if packed is None:
            with self._packing:
                if coding not in self._packed:
                    self._packed[coding] = CODINGS[coding](self.body)
            packed = self._packed[coding]
        return packed

    def codings(self) -> tuple[str, ...]:
        """Give those of `CODINGS` that it was asked for in."""
        return tuple(self._packed)

    def tag_of(self, coding: str) -> str:
        """Give the opaque part of the entity tag of one coding's bytes, or 'identity'."""
        # A full stop is no sign of base64url.
        return self.tag if coding == "identity" else f"{self.tag}.{coding}"


def document(
    body: bytes, media_type: str, codes: tuple[bytes, ...] = (), basis: bytes = b""
) -> Document:
    """Make a document of rendered bytes."""
    digest = blake2b(body, digest_size=12).digest()
    tag = urlsafe_b64encode(digest + b"".join(codes)).decode().rstrip("=")
    return Document(media_type, body, tag, codes, basis)
