"""The key of the desk, and what is derived from it: each preview has a token of its own."""

import hmac
import os
import secrets
import tempfile
from pathlib import Path

from feedsvc.settings import Settings

FILE = "desk.key"


def load_key(settings: Settings) -> str:
    """Return the key: that of the settings, or one made by chance and kept in `instance`.

    Raises OSError if it can be neither read nor written.
    """
    if settings.desk.key:
        return settings.desk.key
    path = settings.instance / FILE
    return _read(path) or _created(path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _created(path: Path) -> str:
    """Write a new key and return it, or that which another process has just written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # for the owner's eyes only
    own = Path(name)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        os.link(own, path)  # whole, or not at all
    except FileExistsError:
        if not _read(path):  # the disk was full when it was written
            own.replace(path)
    finally:
        own.unlink(missing_ok=True)
    return _read(path)


class Keys:
    """Compares what requests present with the key and its tokens, in constant time."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def opens_desk(self, presented: str) -> bool:
        """Return whether a request has the key."""
        return hmac.compare_digest(_bytes(presented), self._key)

    def preview_token(self, entry_id: str) -> str:
        """Return the token that opens the preview of one entry, and nothing else."""
        return hmac.new(self._key, b"preview " + _bytes(entry_id), "sha256").hexdigest()[:40]

    def metrics_token(self) -> str:
        """Return the token that opens the metrics, and nothing else."""
        return hmac.new(self._key, b"metrics", "sha256").hexdigest()[:40]

    def opens_metrics(self, presented: str) -> bool:
        """Return whether a request has the token of the metrics."""
        return hmac.compare_digest(_bytes(presented), self.metrics_token().encode())

    def opens_preview(self, presented: str, entry_id: str) -> bool:
        """Return whether a request has the token of an entry."""
        return hmac.compare_digest(_bytes(presented), self.preview_token(entry_id).encode())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
