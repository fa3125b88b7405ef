"""A granian that has changed inside, as another version of it may have."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import granian

# A part of granian, and what another version of it may call that.
RENAMED = {
    "_wsgi_call_wrap": "_wsgi_wrap_call",
    "_spawn_wsgi_worker": "_run_wsgi_worker",
    "_init_shared_socket": "_open_sockets",
    "set_main_signals": "set_handlers",
    "_sso": "_sock",
}
# Renames a part in the granian that services find, and returns where that is.
Change = Callable[[str], Path]


def copy_granian(folder: Path) -> Path:
    """Copy the installed granian into a folder, and return the copy."""
    source, copy = Path(granian.__file__).parent, folder / "granian"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for library in source.glob("*.so"):
        (copy / library.name).symlink_to(library)
    return copy


def rename(copy: Path, name: str) -> None:
    """Give a part another name, in all files of a copy."""
    for path in copy.rglob("*.py"):
        path.write_text(re.sub(rf"\b{name}\b", RENAMED[name], path.read_text()))
