"""The key of the desk, and what is derived from it: each preview has a token of its own."""

import hmac
import os
import secrets
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
    for _ in range(2):
        try:
            key = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            key = ""
        if key:
            return key
        _create(path)
    raise FileNotFoundError(2, os.strerror(2), str(path))


def _create(path: Path) -> None:
    """Write a new key, unless another process has just done so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{FILE}.{os.getpid()}")
    own.unlink(missing_ok=True)
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    try:
        os.link(own, path)  # whole, or not at all
    except FileExistsError:
        if not path.stat().st_size:  # the disk was full
            path.unlink()
    finally:
        own.unlink()


class Keys:
    """Compares what requests present with the key and its tokens, in constant time."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def opens_desk(self, presented: str) -> bool:
        """Return whether a request has the key."""
        return hmac.compare_digest(presented.encode(), self._key)

    def preview_token(self, entry_id: str) -> str:
        """Return the token that opens the preview of one entry, and nothing else."""
        return hmac.new(self._key, b"preview " + entry_id.encode(), "sha256").hexdigest()[:40]

    def opens_preview(self, presented: str, entry_id: str) -> bool:
        """Return whether a request has the token of an entry."""
        return hmac.compare_digest(presented.encode(), self.preview_token(entry_id).encode())
