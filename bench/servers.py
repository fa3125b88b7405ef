"""The servers that are compared: feedsvc, and its peers with the same content."""

import gzip
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import wordpress
from bench.client import Client
from bench.common import HOST, ROOT, say, wait_until
from bench.processes import Server, family, free_port, nginx_folders, pss
from bench.service import caught_up

FEED = "/feeds/atom.xml"
NGINX = """
{user}
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    types {{ application/xml xml; text/html html; }}
    charset utf-8;
    charset_types application/xml text/html;
    {temporary}
    server {{
        listen {host}:{port} reuseport;
        root {files};
        gzip_static on;
        gzip_vary on;
        add_header Cache-Control "public, max-age=300";
        add_header Content-Security-Policy "default-src 'none'";
        add_header Referrer-Policy strict-origin-when-cross-origin;
        add_header X-Content-Type-Options nosniff;
    }}
}}
"""


@dataclass(frozen=True)
class Peer:
    """A server under test: its process and its port."""

    name: str
    server: Server
    port: int

    def memory(self) -> int:
        """Return the memory of all its processes in bytes (sum of PSS)."""
        return sum(pss(process.pid) for process in family(self.server.pid))


class Bench:
    """The servers of one run, and the folder they work in."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack

    def start(
        self, name: str, command: Sequence[str], environ: dict[str, str], port: int = 0
    ) -> Peer:
        """Start a server; `{port}` in its command stands for `port`, by default a free one."""
        port = port or free_port()
        words = [word.replace("{port}", str(port)) for word in command]
        log = self.folder / f"{name}.log"
        server = Server(words, log, {**os.environ, "PYTHONPATH": str(ROOT), **environ})
        peer = Peer(name, self.stack.enter_context(server), port)
        with Client(port) as client:
            wait_until(lambda: client.answers(FEED) is not None, 120, 0.05)
        return peer

    def feedsvc(
        self, name: str, entries: Path, command: Sequence[str] = (), **settings: str
    ) -> Peer:
        """Start feedsvc over a folder of entries; `settings` are variables without `FEEDSVC_`."""
        command = command or [sys.executable, "-m", "feedsvc", "serve", "--port", "{port}"]
        instance = self.folder / f"{name} instance"
        environ = {
            "FEEDSVC_ENTRIES": str(entries),
            "FEEDSVC_INSTANCE": str(instance),
            "FEEDSVC_BASE_URL": "https://news.example",
            "FEEDSVC_FEED_SIZE": "20",
            **{f"FEEDSVC_{name}": value for name, value in settings.items()},
        }
        peer = self.start(name, command, environ)
        # At 100,000 entries, indexing takes half a core for some minutes.
        wait_until(lambda: caught_up(instance), 3600, 0.5)
        return peer

    def peers(self, feedsvc: Peer, page: str) -> list[Peer]:
        """Export the feed and a page of feedsvc, and start all peers with the same content."""
        files = self.folder / "files"
        with Client(feedsvc.port) as client:
            for path in (FEED, page):
                target = files / path[1:]
                target.parent.mkdir(parents=True, exist_ok=True)
                body = client.get(path)
                target.write_bytes(body)
                target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(body, 9, mtime=0))
            (self.folder / "feed.json").write_bytes(client.get("/feeds/feed.json"))
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1"]
        granian += ["--workers", str(os.cpu_count()), "--log-level", "warning"]
        granian += ["--host", HOST, "--port", "{port}", "--blocking-threads"]
        # Those that render are faster with one thread, those that answer from memory with eight.
        single, several = [*granian, "1"], [*granian, "8"]
        known = {"BENCH_FEED": str(self.folder / "feed.json"), "BENCH_FILES": str(files)}
        others = [] if wordpress.version() is None else [self.wordpress()]
        if not others:
            say("WordPress is not installed, and left out")
        return [
            self.nginx(files),
            self.start("granian alone", [*several, "bench.peers.bare:app"], known),
            self.start("WhiteNoise", [*several, "bench.peers.whitenoise_files:app"], known),
            self.start("Django", [*single, "bench.peers.django_syndication:app"], known),
            self.start("Flask + feedgen", [*single, "bench.peers.flask_feedgen:app"], known),
            *others,
        ]

    def wordpress(self) -> Peer:
        """Start WordPress with the exported entries."""
        folder = self.folder / "WordPress"
        folder.mkdir()
        command = [sys.executable, "-m", "bench.wordpress", str(folder), "{port}"]
        return self.start("WordPress", [*command, str(self.folder / "feed.json")], {})

    def nginx(self, files: Path) -> Peer:
        """Start nginx over the exported files."""
        folder = self.folder / "nginx"
        folder.mkdir()
        port = free_port()
        text = NGINX.format(
            # Its workers must be able to read the files.
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            files=files,
            host=HOST,
            port=port,
            temporary=nginx_folders(folder),
        )
        (folder / "nginx.conf").write_text(text)
        command = ["nginx", "-p", f"{folder}", "-c", f"{folder}/nginx.conf", "-g", "daemon off;"]
        return self.start("nginx", command, {}, port)
