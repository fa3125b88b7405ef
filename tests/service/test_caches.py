"""Caches in front of a service, as deploy/ sets them up: what they keep, and what a purge drops."""

import http.client
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import fronts
from tests.support.faults import needs
from tests.support.newsroom import item
from tests.support.ports import free_port
from tests.support.service import SERVE, Service, page
from tests.support.waiting import wait_for

ATOM = "/feeds/atom.xml"
# In seconds, after which a purge is repeated.
AGAIN = 1
PATHS = ("/", ATOM, page("a"), page("b"), page("far"))


class Front(NamedTuple):
    """A cache: its port, and how to see that it answered from what it keeps."""

    port: int
    header: str
    hit: str

    def ask(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers={"Host": "news.example", **names})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read().decode(), found
        except (OSError, http.client.HTTPException):
            return 0, "", {}
        finally:
            connection.close()

    def is_hit(self, path: str) -> bool:
        return self.ask(path)[2].get(self.header, "").startswith(self.hit)

    def keeps(self, *paths: str) -> bool:
        """Return whether it answers from memory for longer than until the last repetition."""
        end = time.monotonic() + 2 * AGAIN
        while all(map(self.is_hit, paths)):
            if time.monotonic() > end:
                return True
            time.sleep(0.1)
        return False


class Site(NamedTuple):
    """A service, and the caches in front of it."""

    service: Service
    caches: dict[str, Front]


def entry(name: str, status: str = "published") -> bytes:
    day = "2020-01-01" if name == "far" else "2026-01-02"
    keys = {"status": status, "categories": "Old" if name == "far" else "New"}
    return item(f"Title-{name}.", day, f"Text-{name}.", **keys)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a service of three entries behind Varnish without xkey and nginx, both purged."""
    needs("varnishd", "nginx", root=False)
    ports = {"varnish": free_port(), "nginx": free_port()}
    (tmp_path / "nginx-cache").mkdir()
    settings = (
        "FEEDSVC_SURROGATE_KEYS=Surrogate-Key",
        # `Service` fills in its port, and takes two braces for one.
        f"FEEDSVC_PURGE__URLS=http://127.0.0.1:{ports['varnish']}/{{{{key}}}}",
        "FEEDSVC_PURGE__METHOD=BAN",
        f"FEEDSVC_PURGE__COMMAND={fronts.DEPLOY}/nginx/purge {tmp_path}/nginx-cache",
        f"FEEDSVC_PURGE__AGAIN={AGAIN}",
    )
    with ExitStack() as stack:
        service = Service(["env", *settings, *SERVE], tmp_path)
        stack.callback(service.stop)
        for name in ("a", "b", "c", "far"):
            (service.entries / f"{name}.md").write_bytes(entry(name))
        here = ("127.0.0.1:8080", f"127.0.0.1:{service.port}")
        backend = ('.port = "8080"', f'.port = "{service.port}"')
        vcl = fronts.edited("varnish/ban.vcl", tmp_path, backend, ('"10.0.0.1"', '"127.0.0.1"'))
        commands = {
            "varnish": fronts.varnish(tmp_path, f"127.0.0.1:{ports['varnish']}", vcl),
            "nginx": fronts.nginx(tmp_path, f"127.0.0.1:{ports['nginx']}", here),
        }
        for name, command in commands.items():
            stack.enter_context(fronts.running(*command, log=tmp_path / f"{name}.log"))
        wait_for(lambda: all(f"Text-{name}" in service.get(ATOM)[1] for name in ("a", "c", "far")))
        yield Site(
            service,
            {
                # A response from the cache has the numbers of two requests.
                "varnish": Front(ports["varnish"], "age", ""),
                "nginx": Front(ports["nginx"], "x-cache", "HIT"),
            },
        )


def test_a_purge_drops_what_a_change_concerns_and_nothing_else(site: Site) -> None:
    for front in site.caches.values():
        for path in PATHS:
            wait_for(lambda: front.ask(path)[0] == 200)  # noqa: B023 - called at once
    # The purges of everything at the start are over once a page stays.
    nginx = site.caches["nginx"]
    wait_for(lambda: nginx.keeps(page("far")))
    (site.service.entries / "b.md").write_bytes(entry("b", "withdrawn"))
    for front in site.caches.values():
        wait_for(partial(_hides, front))
    assert not any("Title-b" in front.ask(page("a"))[1] for front in site.caches.values())
    # Another entry's page, which does not lead there, is still kept.
    assert nginx.is_hit(page("far"))


def _hides(front: Front) -> bool:
    answers = [front.ask(path) for path in PATHS]
    return not any("Text-b" in text for _, text, _ in answers) and answers[3][0] == 410


def test_what_was_withdrawn_is_not_served_when_the_service_is_away_what_was_not_is(
    site: Site,
) -> None:
    for front in site.caches.values():
        for path in PATHS:
            wait_for(lambda: front.ask(path)[0] == 200)  # noqa: B023 - called at once
    (site.service.entries / "b.md").write_bytes(entry("b", "withdrawn"))
    for front in site.caches.values():
        wait_for(partial(_hides, front))
    # What was told again later has been asked for anew.
    nginx = site.caches["nginx"]
    wait_for(lambda: nginx.keeps("/", page("far")))
    site.service.process.terminate()
    site.service.process.wait(60)
    assert nginx.ask(page("far"))[0] == 200
    for front in site.caches.values():
        status, text, _ = front.ask(page("b"))
        assert (status in {502, 503, 504}, "Text-b" in text) == (True, False)


def test_readers_do_not_see_keys_and_get_what_they_have_not_seen(site: Site) -> None:
    for front in site.caches.values():
        wait_for(lambda: front.ask(ATOM)[0] == 200)  # noqa: B023 - called at once
        _, _, headers = front.ask(ATOM, A_IM="feed")
        (site.service.entries / f"{front.port}.md").write_bytes(
            item(f"New {front.port}", "2026-02-01")
        )

        def is_new(front: Front = front, tag: str = headers["etag"]) -> bool:
            status, text, _ = front.ask(ATOM, A_IM="feed", If_None_Match=tag)
            return status == 226 and "Text-a" not in text

        wait_for(is_new)
        assert "surrogate-key" not in front.ask(ATOM)[2]


def test_only_replicas_may_purge(site: Site, tmp_path: Path) -> None:
    front = site.caches["varnish"]
    wait_for(lambda: front.ask("/")[0] == 200)
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=30)
    for path, expected in (("/list", 200), ("/(", 400), ("/a%20b", 400)):
        connection.request("BAN", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == expected, path
    connection.close()
    for name in ("default", "ban"):
        port = free_port()
        # Here no machine is allowed to.
        vcl = fronts.edited(f"varnish/{name}.vcl", tmp_path)
        folder = tmp_path / name
        folder.mkdir()
        command = fronts.varnish(folder, f"127.0.0.1:{port}", vcl)
        with fronts.running(*command, log=folder / "log"):
            stranger = Front(port, "", "")
            wait_for(lambda: stranger.ask("/")[0] != 0)  # noqa: B023 - called at once
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("PURGE" if name == "default" else "BAN", "/all")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 403
            connection.close()
