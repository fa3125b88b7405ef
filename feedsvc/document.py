"""Documents: what one URL answers, plain and compressed, with its validators."""

import gzip
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Document:
    """What one URL answers.

    `bodies` maps a content coding ('identity', 'gzip') to the bytes; each has an
    entity tag of its own, `tag` with the coding's suffix, since a strong tag
    must differ where the bytes do (RFC 9110 section 8.8.3.3).
    """

    media_type: str
    tag: str
    bodies: dict[str, bytes]

    def size(self) -> int:
        """Give the bytes it takes to keep it."""
        return sum(map(len, self.bodies.values()))

    def tag_of(self, coding: str) -> str:
        """Give the opaque part of the entity tag of one coding's bytes."""
        return self.tag if coding == "identity" else f"{self.tag}-{coding}"


def document(body: bytes, media_type: str) -> Document:
    """Make a document of rendered bytes.

    Compressed bytes carry no time, so they are the same in every process.
    """
    digest = urlsafe_b64encode(blake2b(body, digest_size=12).digest()).decode()
    bodies = {"identity": body}
    compressed = gzip.compress(body, 9, mtime=0)
    if len(compressed) < len(body):
        bodies["gzip"] = compressed
    return Document(media_type, digest, bodies)
