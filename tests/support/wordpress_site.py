"""A real WordPress with MariaDB on this machine, filled through its own functions."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.files import picture
from tests.support.ports import free_port
from tests.support.waiting import wait_for

# Where Debian's package puts it.
SOURCE = Path("/usr/share/wordpress")
_FILL = Path(__file__).parent / "wordpress_fill.php"
_CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
define('WP_CONTENT_DIR', '{folder}/wp-content');
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""


@dataclass(frozen=True)
class WordPress:
    """A running WordPress: its address, its folder, and its export file."""

    url: str
    folder: Path
    export: Path


@contextmanager
def running_wordpress(folder: Path) -> Iterator[WordPress]:
    """Run a WordPress whose files are in a folder."""
    site, export = folder / "wordpress", folder / "export.xml"
    url = f"http://127.0.0.1:{free_port()}"
    with _running_database(folder) as socket:
        _install(site, url, socket)
        (folder / "picture.png").write_bytes(picture((900, 600), "PNG"))
        with export.open("wb") as output:
            command: list[str | Path] = ["php", _FILL, site, folder / "picture.png", url]
            subprocess.run(command, stdout=output, check=True, timeout=120)
        with _process("php", "-S", url.removeprefix("http://"), folder=site):
            yield WordPress(url, site, export)


def _install(site: Path, url: str, socket: Path) -> None:
    def without_content(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "wp-content" and folder == str(SOURCE)]

    shutil.copytree(SOURCE, site, ignore=without_content)
    (site / "wp-content" / "uploads").mkdir(parents=True)
    config = _CONFIG
    for name, value in (("socket", socket), ("url", url), ("folder", site)):
        config = config.replace(f"{{{name}}}", str(value))
    (site / "wp-config.php").write_text(config)


@contextmanager
def _running_database(folder: Path) -> Iterator[Path]:
    """Run MariaDB with an empty database `wp`; yield the path of its socket."""
    data = folder / "database"
    data.mkdir()
    # A path of more than 107 bytes is no name of a socket.
    socket = data / "s"
    common = ("--no-defaults", f"--datadir={data}", "--user=root")
    subprocess.run(
        ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root"]
    with _process("mariadbd", *common, f"--socket={socket}", "--skip-networking", folder=folder):
        create = [*client, "-e", "CREATE DATABASE IF NOT EXISTS wp CHARACTER SET utf8mb4"]
        wait_for(lambda: not subprocess.run(create, capture_output=True, check=False).returncode)
        yield socket


@contextmanager
def _process(*command: str, folder: Path) -> Iterator[None]:
    name = Path(command[0]).name
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()
