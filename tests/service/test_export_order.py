"""The order in which an export writes, as the kernel and the store see it."""

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.support.faults import needs
from tests.support.newsroom import ROOT, item
from tests.support.object_store import BUCKET, object_store

# What is written, in the order of docs/export.md; the first that fits.
KINDS = (
    ("own", r"\.feedsvc/"),
    ("files", r"media/|preview/|static/|favicon|apple-touch"),
    ("pages", r"presscenter/news/detail/"),
    ("lists", r"feeds/opml"),
    ("feeds", r"feeds/.*\.(xml|json|opml)"),
    ("sitemaps", r"sitemap|robots\.txt"),
    ("lists", r""),
)
ORDER = ("files", "pages", "lists", "sitemaps", "feeds", "deleted")
CHANGE = re.compile(r'(rename|unlink)\w*\((?:AT_FDCWD, )?"([^"]*)"(?:, (?:AT_FDCWD, )?"([^"]*)")?')


def kind(key: str) -> str:
    return next(name for name, pattern in KINDS if re.match(pattern, key))


def steps(changes: list[tuple[str, str]]) -> list[str]:
    """Return the kinds of what was done, each once for as long as the next is the same.

    Where a page was, there is one that says that it is gone: it is replaced, not deleted.
    """
    found: list[str] = []
    for action, key in changes:
        step = kind(key)
        if step != "own":
            step = "deleted" if action == "delete" and step != "pages" else step
            if found[-1:] != [step]:
                found.append(step)
    return found


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    folder = tmp_path / "entries"
    folder.mkdir()
    Image.new("RGB", (900, 600), "red").save(folder / "photo.png")
    for number in range(40):
        name = f"n{number}"
        (folder / f"{name}.md").write_bytes(
            item(f"News {number}", f"2026-0{1 + number % 9}-11", categories=f"C{number % 3}")
        )
    (folder / "photo.md").write_bytes(item("Photo", "2026-05-01"))
    return folder


def replace_some(entries: Path) -> None:
    """Have the next export write something of each kind, and delete pages and pictures."""
    for number in range(3):
        (entries / f"n{number}.md").unlink()
    (entries / "photo.md").unlink()
    (entries / "photo.png").unlink()
    Image.new("RGB", (900, 600), "blue").save(entries / "other.png")
    (entries / "other.md").write_bytes(item("Other", "2026-06-01"))


def export(entries: Path, *command: object, **more: str) -> None:
    done = subprocess.run(
        [*map(str, command[:-1]), sys.executable, "-m", "feedsvc", "export", str(command[-1])],
        env={
            **os.environ,
            "FEEDSVC_ENTRIES": str(entries),
            "FEEDSVC_INSTANCE": str(entries.parent / "instance"),
            "FEEDSVC_BASE_URL": "https://news.example",
            **more,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_folder_gets_first_what_others_lead_to(entries: Path, tmp_path: Path) -> None:
    needs("strace", root=False)
    out, trace = tmp_path / "out", tmp_path / "trace"
    calls = "trace=rename,renameat,renameat2,unlink,unlinkat"
    traced = ("strace", "-f", "-qq", "-s", "1000", "-o", trace, "-e", calls)

    def changes() -> list[tuple[str, str]]:
        found = []
        for call, first, second in CHANGE.findall(trace.read_text()):
            path = second or first
            # Unfinished files that are not there any more are ours, and no deletion.
            if path.startswith(f"{out}/"):
                action = "delete" if call == "unlink" else "write"
                found.append((action, path.removeprefix(f"{out}/")))
        return found

    export(entries, *traced, out)
    assert steps(changes()) == [step for step in ORDER if step != "deleted"]
    replace_some(entries)
    export(entries, *traced, out)
    assert steps(changes()) == list(ORDER), changes()


@contextmanager
def recording(port: int) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Pass requests on to a store; yield the address, and what was written and deleted."""
    changes: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _, query = self.path.partition("?")
            if self.command == "PUT":
                changes.append(("write", unquote(path).removeprefix(f"/{BUCKET}/")))
            elif self.command == "POST" and query.startswith("delete"):
                keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
                changes.extend(("delete", key) for key in keys)
            else:
                assert self.command in ("GET", "HEAD")
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as store:
                store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    store.putheader(name, value)
                store.endheaders(body)
                answer = store.getresponse()
                data = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            if self.command == "HEAD":
                self.send_header("Content-Length", answer.headers.get("Content-Length", "0"))
            else:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_HEAD = do_PUT = do_POST = _pass  # noqa: N815 - as the library has it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", changes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_store_gets_first_what_others_lead_to(entries: Path, tmp_path: Path) -> None:
    with object_store(tmp_path) as store, recording(store.port) as (address, changes):
        environ = {**store.environ, "AWS_ENDPOINT_URL": address}
        export(entries, f"s3://{BUCKET}", **environ)
        assert steps(changes) == [step for step in ORDER if step != "deleted"], changes
        changes.clear()
        replace_some(entries)
        export(entries, f"s3://{BUCKET}", **environ)
        assert steps(changes) == list(ORDER)
