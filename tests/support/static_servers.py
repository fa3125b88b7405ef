"""nginx and Caddy as they are configured in deploy/export/, in front of an exported folder."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import nginx_folders
from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.replicas import ask
from tests.support.waiting import wait_for

# Of the package libnginx-mod-http-brotli-static; Debian's own nginx.conf loads it by itself.
_BROTLI = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so"
_NGINX = """
load_module {module};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
daemon off;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    {temporary}
    {site}
}}
"""


@contextmanager
def nginx(site: Path, folder: Path) -> Iterator[int]:
    """Serve an exported folder by nginx; return the port."""
    assert Path(_BROTLI).exists(), "apt-get install libnginx-mod-http-brotli-static"
    folder.mkdir(exist_ok=True)
    port = free_port()
    text = (ROOT / "deploy/export/nginx.conf").read_text()
    text = text.replace("# brotli_static on;", "brotli_static on;")
    text = text.replace("/srv/site", str(site)).replace("listen 80;", f"listen 127.0.0.1:{port};")
    file = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    whole = _NGINX.format(
        module=_BROTLI, folder=folder, temporary=nginx_folders(folder), site=text, user=user
    )
    file.write_text(whole)
    with _running(["nginx", "-e", str(folder / "error.log"), "-c", str(file)], port):
        yield port


@contextmanager
def caddy(site: Path, folder: Path) -> Iterator[int]:
    """Serve an exported folder by Caddy; return the port."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    text = (ROOT / "deploy/export/Caddyfile").read_text()
    text = text.replace("/srv/site", str(site)).replace("news.example {", f"http://:{port} {{")
    file = folder / "Caddyfile"
    file.write_text(f"{{\n    admin off\n}}\n{text}")
    command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
    with _running(command, port, XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder)):
        yield port


@contextmanager
def _running(command: list[str], port: int, **environ: str) -> Iterator[None]:
    process = subprocess.Popen(command, env={**os.environ, **environ})
    try:
        wait_for(lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return ask(port, "/").status == 200
    except OSError:
        return False
