"""Folders that are deleted when the process ends."""

import atexit
import shutil
import tempfile
from pathlib import Path


def temporary_folder() -> Path:
    """Return a new, empty folder."""
    folder = Path(tempfile.mkdtemp(prefix="feedsvc-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
