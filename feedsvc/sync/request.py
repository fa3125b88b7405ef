"""Requests to the writer: files in the instance folder, there until they are done."""

from contextlib import suppress
from pathlib import Path

# Scan the entries folder now.
RESCAN = "rescan-request"
# Scan it, and remove what is gone, however much it is.
ACCEPT_REMOVALS = "accept-removals"


def is_requested(instance: Path, request: str) -> bool:
    """Return whether a request waits to be done."""
    return (instance / request).exists()


def finish(instance: Path, request: str) -> None:
    """Take a request away, as done or as impossible now."""
    with suppress(OSError):
        (instance / request).unlink()
