"""Files of the old site, from a folder and over HTTP, from a real server on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from feedsvc.importing import download
from feedsvc.importing.download import NotPublic, Source
from tests.support.commands import run


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        data = b"x" * 3000 if self.path == "/large.png" else self.path.encode()
        self.send_response(404 if self.path == "/none.png" else 200)
        self.send_header("Content-Type", "text/x")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def _serving() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with _serving() as number:
        yield number


def source(folder: Path | None = None, *hosts: str, is_online: bool = True) -> Source:
    return Source(folder, hosts, is_online=is_online)


def test_a_file_is_fetched_from_a_host_that_was_named(tmp_path: Path, port: int) -> None:
    target = tmp_path / "a.png"
    assert source(None, "127.0.0.1").save(f"http://127.0.0.1:{port}/каток.png", target)
    assert target.read_bytes() == b"/%D0%BA%D0%B0%D1%82%D0%BE%D0%BA.png"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0.0.0.0"])
def test_nothing_is_fetched_from_a_machine_that_is_not_public(
    tmp_path: Path, port: int, host: str
) -> None:
    url = f"http://{host}:{port}/a.png"
    assert not source(None, "old.example").save(url, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match=host):
        source().document(url)
    assert issubclass(NotPublic, OSError)


def test_whoever_meets_such_a_machine_is_told_how_to_allow_it(tmp_path: Path, port: int) -> None:
    (tmp_path / "entries").mkdir()
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>u:1</id>'
        f'<link rel="next" href="http://127.0.0.1:{port}/2"/></feed>'
    )
    (tmp_path / "feed.xml").write_text(feed)
    arguments = ["import", str(tmp_path / "feed.xml")]
    done = run(tmp_path, *arguments, FEEDSVC_LANGUAGE="en")
    assert "127.0.0.1 is no public host; allow it with --host 127.0.0.1" in done.stdout
    done = run(tmp_path, *arguments, "--host", "127.0.0.1", FEEDSVC_LANGUAGE="en")
    assert "no public host" not in done.stdout


def test_a_redirect_leads_to_no_other_machine_either(tmp_path: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}/to/http://localhost:{port}/a.png"
    assert not source(None, "127.0.0.1").save(url, tmp_path / "a.png")
    assert source(None, "127.0.0.1", "localhost").save(url, tmp_path / "a.png")
    assert not source(None, "127.0.0.1").save(
        f"http://127.0.0.1:{port}/to/file:///etc/passwd", tmp_path / "b.png"
    )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/a.png", "data:,x", "x", "http://["]
)
def test_other_addresses_lead_nowhere(tmp_path: Path, url: str) -> None:
    assert not source(None, "127.0.0.1").save(url, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_or_not_there_is_not_kept(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_SIZE", 2000)
    for name in ("large.png", "none.png"):
        url = f"http://127.0.0.1:{port}/{name}"
        assert not source(None, "127.0.0.1").save(url, tmp_path / name)
        with pytest.raises(OSError, match=r"large|404"):
            source(None, "127.0.0.1").document(url)
    assert list(tmp_path.iterdir()) == []


def test_a_document_has_its_type_and_its_last_address(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    found = source(None, "127.0.0.1").document(f"{url}/to/{url}/feed")
    assert found == (b"/feed", "text/x", f"{url}/feed")


def test_files_at_hand_are_found_by_the_end_of_their_path(tmp_path: Path) -> None:
    folder, target = tmp_path / "site", tmp_path / "target"
    (folder / "2014").mkdir(parents=True)
    (folder / "2014" / "a b.png").write_bytes(b"1")
    (tmp_path / "secret.png").write_bytes(b"2")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    here = source(folder, is_online=False)
    for url in ("https://old.example/up/2014/a%20b.png", "file:///2014/a b.png?x=1"):
        assert here.save(url, target)
        assert target.read_bytes() == b"1"
    for url in (
        "https://x/link.png",
        "https://x/../secret.png",
        "https://x/%2e%2e/secret.png",
        "https://x/",
    ):
        assert not here.save(url, target)
