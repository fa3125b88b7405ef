"""The command line, run in this process as if in one of its own."""

import importlib
import os
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner, Result

from feedsvc import cli
from feedsvc.cli import click_translations, wings


def run(folder: Path, *arguments: str, **variables: str | None) -> Result:
    """Run a command with entries/ and instance/ of a folder, in Russian unless set otherwise."""
    # What `serve` and `--config` set is listed, so that it is restored.
    serving = [f"FEEDSVC_SERVE__{key}" for key in ("HOST", "PORT", "WORKERS")]
    serving.append("FEEDSVC_CONFIG")
    inherited = [name for name in os.environ if name.startswith("FEEDSVC_")]
    environ = {
        **dict.fromkeys((*serving, *inherited)),
        "FEEDSVC_LANGUAGE": "ru",
        "FEEDSVC_TIMEZONE": "Europe/Moscow",
        "FEEDSVC_ENTRIES": str(folder / "entries"),
        "FEEDSVC_INSTANCE": str(folder / "instance"),
        **variables,
    }
    # Commands are translated once, as a process runs only one of them.
    importlib.reload(wings)
    commands = importlib.reload(cli).main
    try:
        with chdir(folder):
            return CliRunner().invoke(commands, arguments, prog_name="feedsvc", env=environ)
    finally:
        click_translations.translate(commands, "en")
