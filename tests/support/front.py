"""Servers in front of a service, as `deploy/` has them, with a certificate made here."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import quote

import trustme

from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.replicas import Answer
from tests.support.waiting import wait_for

HOST = "news.example"
DEPLOY = ROOT / "deploy"


class Front:
    """A server with TLS, as its clients see it."""

    def __init__(self, port: int, plain_port: int, authority: trustme.CA) -> None:
        self.port, self.plain_port = port, plain_port
        self._context = ssl.create_default_context()
        authority.configure_trust(self._context)

    def connect(self) -> HTTPSConnection:
        """Return a connection to the site under its own name."""
        return _Connection(self.port, self._context)

    def is_up(self) -> bool:
        """Return whether it is this server that listens there, with its certificate."""
        connection = self.connect()
        try:
            connection.connect()
        except OSError:
            return False
        connection.close()
        return True

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Request a path on a connection of its own."""
        connection = self.connect()
        try:
            connection.request("GET", quote(path), headers=dict(headers or {}))
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, received, response.read())
        finally:
            connection.close()


class _Connection(HTTPSConnection):
    """A connection to this machine under another name."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(HOST, port)
        self._tls = tls

    def connect(self) -> None:
        """Connect."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.sock = self._tls.wrap_socket(plain, server_hostname=HOST)


def _replace(text: str, *pairs: tuple[str, str]) -> str:
    """Return a configuration with the places of this test; each must be there."""
    for pattern, by in pairs:
        text, count = re.subn(pattern, by.replace("\\", r"\\"), text, flags=re.MULTILINE)
        assert count, pattern
    return text


def _certificate(folder: Path) -> tuple[trustme.CA, Path, Path]:
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    return authority, chain, key


@contextmanager
def _running(command: list[str], folder: Path, site: Front) -> Iterator[Front]:
    with (folder / "front.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(lambda: site.is_up() or process.poll() is not None)
            assert process.poll() is None, (folder / "front.log").read_text()
            yield site
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def nginx(folder: Path, service: int, *, limits: bool = False) -> Iterator[Front]:
    """Run nginx with the site in `deploy/nginx` in front of a port of this machine."""
    folder.mkdir(exist_ok=True)
    authority, chain, key = _certificate(folder)
    port, plain = free_port(), free_port()
    pairs = [
        (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{service};"),
        (r"^    listen 80;", f"    listen 127.0.0.1:{plain};"),
        (r"^    listen \[::\]:\d+.*;\n", ""),
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r"/etc/letsencrypt/live/news\.example/fullchain\.pem", str(chain)),
        (r"/etc/letsencrypt/live/news\.example/privkey\.pem", str(key)),
        (r"/var/log/nginx/feedsvc\.log", str(folder / "access.log")),
    ]
    if not limits:
        pairs.append((r"^    limit_(req|conn) .*\n", ""))
    site = _replace((DEPLOY / "nginx" / "feedsvc.conf").read_text(), *pairs)
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"worker_processes 1;\nevents {{ worker_connections 1024; }}\n"
        f"http {{\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    command = [_program("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with _running(command, folder, Front(port, plain, authority)) as site_in_front:
        yield site_in_front


@contextmanager
def caddy(folder: Path, service: int) -> Iterator[Front]:
    """Run Caddy with the site in `deploy/caddy` in front of a port of this machine."""
    folder.mkdir(exist_ok=True)
    authority, chain, key = _certificate(folder)
    port, plain = free_port(), free_port()
    site = _replace(
        (DEPLOY / "caddy" / "Caddyfile").read_text(),
        (r"reverse_proxy 127\.0\.0\.1:8000", f"reverse_proxy 127.0.0.1:{service}"),
        (r"^news\.example \{", f"news.example {{\n\tbind 127.0.0.1\n\ttls {chain} {key}"),
        (r"/var/log/caddy/feedsvc\.log", str(folder / "access.log")),
    )
    ports = f"http_port {plain}\nhttps_port {port}"
    (folder / "Caddyfile").write_text(f"{{\nadmin off\n{ports}\n}}\n{site}")
    command = [_program("caddy"), "run", "--adapter", "caddyfile"]
    command += ["--config", str(folder / "Caddyfile")]
    with _running(command, folder, Front(port, plain, authority)) as site_in_front:
        yield site_in_front


def _program(name: str) -> str:
    """Return the path of a program of Debian's, which may not be among root's."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert path, f"install the package {name}"
    return path
