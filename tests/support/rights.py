"""Running code without the rights of root."""

import subprocess
import sys
from pathlib import Path

NOBODY = 65534


def as_nobody(root: Path, imports: str, code: str) -> str:
    """Run code in a process that is bound by the rights of files; return what it prints.

    The code finds the folder `root` under that name. The folders above it are opened to
    everybody.
    """
    for folder in (root, *root.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(0o755)
    program = (
        f"import os\nfrom pathlib import Path\n{imports}\n"
        "if os.getuid() == 0:\n"
        f"    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        f"root = Path({str(root)!r})\n{code}"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return finished.stdout.strip()
