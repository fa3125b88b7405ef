"""nginx and Caddy with the sites in `deploy/`: what readers get is what the service answers."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support import front
from tests.support.connections import ATOM, TITLE, running
from tests.support.front import DEPLOY, HOST, Front
from tests.support.newsroom import item
from tests.support.replicas import Answer, ask
from tests.support.service import SERVE, Service, page, soon

# What the servers say for themselves.
OWN = {"date", "server", "connection", "keep-alive", "alt-svc", "transfer-encoding", "via"}
MEDIA = "/media/b/b.mp3"
PATHS = ("/", ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/sitemap.xml", page("a"), MEDIA, "/no")
Run = Callable[[Path, int], AbstractContextManager[Front]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with running(["env", f"FEEDSVC_BASE_URL=https://{HOST}", *SERVE], folder) as one:
        (one.entries / "b").mkdir()
        (one.entries / "b" / "b.mp3").write_bytes(b"ID3\x03" + bytes(range(256)) * 4000)
        (one.entries / "b.md").write_bytes(item("Со звуком"))
        soon(lambda: one.shows("Со звуком") and ask(one.port, MEDIA).status == 200)
        yield one


def seen(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Return what must be the same, however it came."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status, headers, answer.body


@pytest.mark.parametrize("run", [front.nginx, front.caddy], ids=["nginx", "caddy"])
def test_readers_get_what_the_service_answers(tmp_path: Path, service: Service, run: Run) -> None:
    with run(tmp_path / "front", service.port) as site:
        for path in PATHS:
            for headers in (
                {"Accept-Encoding": "gzip"},
                {"Accept-Encoding": "br"},
                {"Accept-Encoding": "identity"},
            ):
                headers |= {"Host": HOST}
                direct = ask(service.port, path, headers)
                assert seen(site.ask(path, headers)) == seen(direct), (path, headers)
                if direct.tag is None:
                    continue
                assert direct.status == 200
                unchanged = {**headers, "If-None-Match": direct.tag}
                expected = ask(service.port, path, unchanged)
                assert expected.status == 304
                assert seen(site.ask(path, unchanged)) == seen(expected), path
        ranged = {"Range": "bytes=1000-1999"}
        part = site.ask(MEDIA, ranged)
        assert (part.status, len(part.body)) == (206, 1000)
        assert seen(part) == seen(ask(service.port, MEDIA, {**ranged, "Host": HOST}))
        ask_for_plain_http(site)


def ask_for_plain_http(site: Front) -> None:
    with closing(HTTPConnection("127.0.0.1", site.plain_port, timeout=30)) as plain:
        plain.request("GET", ATOM, headers={"Host": HOST})
        answer = plain.getresponse()
        assert answer.status in (301, 308)
        assert answer.headers["Location"] == f"https://{HOST}{ATOM}"


@pytest.mark.parametrize("run", [front.nginx, front.caddy], ids=["nginx", "caddy"])
def test_a_reader_gets_only_what_it_has_not_seen(
    tmp_path: Path, service: Service, run: Run
) -> None:
    with run(tmp_path / "front", service.port) as site:
        tag = site.ask(ATOM, {"Accept-Encoding": "identity"}).tag
        assert tag
        (service.entries / "c.md").write_bytes(item(f"Третья {tmp_path.name}"))
        soon(lambda: service.shows(tmp_path.name))
        headers = {"A-IM": "feed", "If-None-Match": tag, "Accept-Encoding": "identity"}
        soon(lambda: site.ask(ATOM, headers).status == 226)
        delta = site.ask(ATOM, headers)
        assert delta.headers["cache-control"] == "no-store"
        assert tmp_path.name in delta.body.decode()
        assert TITLE not in delta.body.decode()


def test_nginx_refuses_who_asks_too_often_and_what_is_too_large(
    tmp_path: Path, service: Service
) -> None:
    with front.nginx(tmp_path / "front", service.port, limits=True) as site:
        with closing(site.connect()) as connection:
            statuses = set()
            for _ in range(2000):
                connection.request("GET", "/robots.txt")
                answer = connection.getresponse()
                answer.read()
                statuses.add(answer.status)
                if answer.status == 429:
                    break
        assert statuses == {200, 429}
        with closing(site.connect()) as connection:
            connection.putrequest("POST", "/")
            connection.putheader("Content-Length", "2000")
            connection.endheaders()
            assert connection.getresponse().status == 413


def test_caddy_finds_its_site_valid_and_well_formatted() -> None:
    file = DEPLOY / "caddy" / "Caddyfile"
    subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", file],
        check=True,
        capture_output=True,
    )
    formatted = subprocess.run(["caddy", "fmt", file], capture_output=True, check=False)
    assert formatted.stdout == file.read_bytes()


def test_caddy_logs_the_address_it_sees_whatever_the_client_says(
    tmp_path: Path, service: Service
) -> None:
    with front.caddy(tmp_path / "front", service.port) as site:
        assert site.ask(ATOM, {"X-Forwarded-For": "192.0.2.99"}).status == 200
        lines = (tmp_path / "front" / "access.log").read_text().splitlines()
        assert json.loads(lines[-1])["request"]["remote_ip"] == "127.0.0.1"
