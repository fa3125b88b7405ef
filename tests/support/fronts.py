"""What stands in front of replicas: HAProxy, Varnish, nginx and Caddy as deploy/ sets them up."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.newsroom import ROOT

DEPLOY = ROOT / "deploy"
NGINX = """\
daemon off;
master_process off;
error_log {folder}/nginx-error.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    include {file};
}}
"""


def edited(name: str, folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of a file in deploy/ with other addresses; each must be in it."""
    text = (DEPLOY / name).read_text()
    for old, new in changes:
        assert old in text, (name, old)
        text = text.replace(old, new)
    path = folder / name.replace("/", "-")
    path.write_text(text)
    return path


@contextmanager
def running(*command: str | Path, log: Path) -> Iterator[None]:
    """Run a server in the foreground."""
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def haproxy(folder: Path, bind: str) -> list[str]:
    """Return the command of HAProxy, bound to an address."""
    file = edited("haproxy/haproxy.cfg", folder, ("bind :80", f"bind {bind}"))
    return ["haproxy", "-db", "-f", str(file)]


def varnish(folder: Path, bind: str, file: Path) -> list[str]:
    """Return the command of Varnish with a configuration."""
    options = ["-j", "none", "-F", "-n", str(folder / "varnish"), "-a", bind]
    return ["varnishd", *options, "-f", str(file), "-s", "malloc,64m"]


def nginx(folder: Path, bind: str, *changes: tuple[str, str]) -> list[str]:
    """Return the command of nginx as a cache, whose files are in nginx-cache/ of the folder."""
    file = edited(
        "nginx/cache.conf",
        folder,
        ("listen 80;", f"listen {bind};"),
        ("/var/cache/nginx/news", str(folder / "nginx-cache")),
        *changes,
    )
    main = folder / "nginx.conf"
    main.write_text(NGINX.format(folder=folder, file=file))
    return ["nginx", "-c", str(main)]


def caddy(folder: Path, bind: str) -> list[str]:
    """Return the command of Caddy as a balancer, without TLS."""
    file = edited("caddy/replicas.caddyfile", folder, ("news.example {", f"http://{bind} {{"))
    file.write_text("{\n\tadmin off\n}\n" + file.read_text())
    return [
        *("env", f"HOME={folder}", f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}"),
        *("caddy", "run", "--config", str(file), "--adapter", "caddyfile"),
    ]
