"""Requests to the writer: each is a file in the instance folder until it is done."""

import os
from contextlib import suppress
from pathlib import Path

# Scan the entries folder now.
RESCAN = "rescan-request"
# Scan it, and remove what is gone, however much that is.
ACCEPT_REMOVALS = "accept-removals"


def is_requested(instance: Path, request: str) -> bool:
    """Return whether a request has been made and is not done."""
    return os.path.exists(f"{instance}/{request}")  # noqa: PTH110 - asked in every round


def finish(instance: Path, request: str) -> None:
    """Remove a request: it is done, or cannot be done now."""
    with suppress(OSError):
        (instance / request).unlink()
