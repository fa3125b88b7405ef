"""What a service loads: nothing of what is not set up."""

import json
import subprocess
import sys

_CODE = """
import json, sys, feedsvc.app, feedsvc.sync.writer_process
print(json.dumps([name for name in sys.modules if name.startswith(tuple(sys.argv[1:]))]))
"""


def loaded_by_a_service(*prefixes: str) -> list[str]:
    """Return the modules that a serving process and a writer load, of those that begin so."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, *prefixes], capture_output=True, check=True, text=True
    )
    found: list[str] = json.loads(done.stdout)
    return found
