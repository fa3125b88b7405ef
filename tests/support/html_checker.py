"""The Nu HTML Checker, which runs validator.w3.org."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

from tests.support.browsing import node_module
from tests.support.faults import needs


def check(folder: Path) -> dict[str, list[str]]:
    """Return the errors and warnings of the files in a folder, by name, all from one run.

    Starting Java takes longest.
    """
    needs("java", root=False)
    jar = node_module("vnu-jar", "build", "dist", "vnu.jar")
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    command += ["--also-check-css", *map(str, sorted(folder.iterdir()))]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300)
    found = defaultdict(list)
    for message in json.loads(run.stdout)["messages"]:
        # `info` without `warning` is advice or a progress report.
        if message["type"] != "info" or message.get("subType") == "warning":
            where = f"line {message.get('lastLine')}: {message.get('extract', '')}"
            # The names contain spaces, which its addresses encode.
            found[unquote(Path(message["url"]).name)].append(f"{message['message']} {where}")
    return found
