"""An exported site as nginx and Caddy serve it, beside the service itself."""

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from feedsvc import clock
from feedsvc.documents import DOCUMENTS
from feedsvc.edition import Edition
from feedsvc.settings import load
from feedsvc.storage.catalogue import Catalogue
from tests.support.faults import needs, served
from tests.support.newsroom import ROOT, item
from tests.support.object_store import BUCKET, ObjectStore, object_store
from tests.support.relay import Relay
from tests.support.replicas import Answer
from tests.support.service import Service, page
from tests.support.static_servers import caddy, nginx
from tests.support.subscriptions import OLD, PAIRS, Pair, Subscription, ago, fill
from tests.support.waiting import wait_for

EXPORT = [sys.executable, "-m", "feedsvc", "export"]
CODINGS = dict.fromkeys(("nginx", "caddy"), ("identity", "gzip", "br"))
# What a server in front of files says as the service does.
HEADERS = (
    "content-type content-encoding content-security-policy referrer-policy cache-control"
    " x-content-type-options"
).split()
GONE = page("gone")


class Site(NamedTuple):
    """The service, the folder with its export, and ports of servers in front of it."""

    folder: Path
    service: Service
    ports: dict[str, int]
    store: ObjectStore
    paths: list[str]


def environ(folder: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "FEEDSVC_ENTRIES": str(folder / "entries"),
        "FEEDSVC_INSTANCE": str(folder / "instance"),
        "FEEDSVC_BASE_URL": OLD,
    }


def export(folder: Path, target: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EXPORT, str(target)],
        env=environ(folder) | more,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def write(entries: Path) -> None:
    fill(entries)
    Image.new("RGB", (900, 600), "red").save(entries / "photo.png")
    (entries / "photo.md").write_bytes(item("Photo", ago(hours=3), categories="Dvory"))
    (entries / "gone.md").write_bytes(
        item("Gone", ago(hours=30), status="withdrawn", reason="A mistake.")
    )
    (entries / "old.md").write_bytes(item("Old", ago(hours=40), aliases="/2014/old-name.html"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    needs("nginx", "caddy", root=False)
    folder = tmp_path_factory.mktemp("site")
    (folder / "entries").mkdir()
    write(folder / "entries")
    with ExitStack() as stack:
        service = stack.enter_context(served(folder, "env", f"FEEDSVC_BASE_URL={OLD}"))
        wait_for(lambda: service.get(page("photo"))[0] == 200)
        wait_for(lambda: service.get(GONE)[0] == 410)
        wait_for(lambda: service.get(page("old"))[0] == 200)
        (folder / "store").mkdir()
        store = stack.enter_context(object_store(folder / "store"))
        done = export(folder, folder / "out")
        assert done.returncode == 0, done.stdout + done.stderr
        done = export(folder, f"s3://{BUCKET}", **store.environ)
        assert done.returncode == 0, done.stdout + done.stderr
        ports = {
            "nginx": stack.enter_context(nginx(folder / "out", folder / "nginx")),
            "caddy": stack.enter_context(caddy(folder / "out", folder / "caddy")),
        }
        yield Site(folder, service, ports, store, listed(folder))


def listed(folder: Path) -> list[str]:
    settings = load({**environ(folder), "FEEDSVC_CONFIG": str(ROOT / "feedsvc.toml")})
    with Catalogue(folder / "instance").snapshot() as snapshot:
        edition = Edition(snapshot, clock.now())
        return [path for each in DOCUMENTS for path in each.paths(edition, settings)]


def get(port: int, path: str, **headers: str) -> Answer:
    """Request a path that is percent-encoded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, received, answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize("server", CODINGS)
def test_every_document_has_the_bytes_and_headers_of_the_service(site: Site, server: str) -> None:
    assert len(site.paths) > 40
    for path in site.paths:
        for coding in CODINGS[server]:
            ours = get(site.service.port, path, Accept_Encoding=coding)
            theirs = get(site.ports[server], path, Accept_Encoding=coding)
            assert (ours.status, theirs.status) == (200, 200), path
            assert theirs.body == ours.body, path
            said = {name: ours.headers.get(name) for name in HEADERS}
            assert {name: theirs.headers.get(name) for name in HEADERS} == said, path
            if ours.date is not None:
                assert theirs.date == ours.date, path


@pytest.mark.parametrize("server", CODINGS)
def test_validators_are_confirmed(site: Site, server: str) -> None:
    for path in ("/feeds/atom.xml", "/", "/media/photo/photo.png"):
        first = get(site.ports[server], path)
        assert first.tag
        assert get(site.ports[server], path, If_None_Match=first.tag).status == 304
        assert get(site.ports[server], path, If_Modified_Since=first.date or "").status == 304


@pytest.mark.parametrize("server", CODINGS)
def test_what_is_withdrawn_is_gone_and_what_is_not_there_missing(site: Site, server: str) -> None:
    for path, status in ((GONE, 410), ("/nothing", 404), ("/.feedsvc/gone.json", 404)):
        ours, theirs = get(site.service.port, path), get(site.ports[server], path)
        assert theirs.status == status
        assert theirs.body == ours.body or path.startswith("/.feedsvc")
        assert theirs.headers["content-type"] == "text/html; charset=utf-8"
        assert theirs.headers["cache-control"] == "no-cache"
    assert "A mistake." in get(site.ports[server], GONE).body.decode()


@pytest.mark.parametrize("server", CODINGS)
def test_old_addresses_lead_on(site: Site, server: str) -> None:
    for path in ("/feed", "/feed/", "/rss.xml", "/2014/old-name.html", "/2014/old-name"):
        ours, theirs = get(site.service.port, path), get(site.ports[server], path)
        assert (theirs.status, theirs.headers["location"]) == (301, ours.headers["location"])


def test_the_store_has_every_document_under_its_path(site: Site) -> None:
    for path in site.paths:
        key = path + ("index.html" if path.endswith("/") else "")
        ours, theirs = get(site.service.port, path), get(site.store.port, f"/{BUCKET}{key}")
        assert theirs.status == 200, path
        assert theirs.body == ours.body, path
        for name in ("content-type", "cache-control"):
            assert theirs.headers[name] == ours.headers[name], path
    gone = get(site.store.port, f"/{BUCKET}{GONE}")
    assert gone.body == get(site.service.port, GONE).body
    assert gone.headers["cache-control"] == "no-cache"


def test_feed_clients_read_from_files_and_from_the_store_what_the_service_tells(
    site: Site, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    places = {
        "service": (site.service.port, ""),
        "nginx": (site.ports["nginx"], ""),
        "store": (site.store.port, f"/{BUCKET}"),
    }

    def read(pair: Pair) -> dict[str, Subscription]:
        kind, feed = pair
        found = {}
        for place, (port, prefix) in places.items():
            home = tmp_path / kind.name / Path(feed).name / place
            home.mkdir(parents=True)
            relay = Relay()
            relay.port = port
            found[place] = Subscription(kind(home, relay.url + prefix + feed), relay)
            # Newsboat stores a validator only from its second poll on.
            for stage in ("first",) if place == "service" else ("first", "second", "third"):
                found[place].poll(stage)
            relay.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        read_all = dict(zip(PAIRS, pool.map(read, PAIRS), strict=True))
    for (kind, feed), found in read_all.items():
        with subtests.test(f"{kind.name} {feed}"):
            expected = found["service"].at("first")
            assert expected
            for place in ("nginx", "store"):
                assert found[place].at("first") == expected, place
                assert found[place].at("third") == expected, place
                assert found[place].statuses["third"] == [kind.unchanged], place


@contextmanager
def following(folder: Path, target: str | Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """Run `feedsvc export --follow`."""
    process = subprocess.Popen(
        [*EXPORT, "--follow", str(target)],
        env=environ(folder) | more,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_what_changes_is_exported_without_a_service(tmp_path: Path) -> None:
    needs("nginx", root=False)
    entries, out = tmp_path / "entries", tmp_path / "out"
    entries.mkdir()
    (entries / "first.md").write_bytes(item("First", ago(hours=3)))
    with following(tmp_path, out) as process:
        wait_for((out / ".feedsvc/redirects.nginx").exists)
        with nginx(out, tmp_path / "nginx") as port:
            (entries / "second.md").write_bytes(item("Second", ago(hours=2)))
            wait_for(lambda: "Second" in get(port, "/feeds/atom.xml").body.decode())
            assert get(port, page("second")).status == 200
            other = export(tmp_path, out)
            assert other.returncode == 2
            assert (
                "another process is exporting" in other.stderr or "другой процесс" in other.stderr
            )
            (entries / "second.md").write_bytes(
                item("Second", ago(hours=2), status="withdrawn", reason="Wrong.")
            )
            wait_for(lambda: get(port, page("second")).status == 410)
            wait_for(lambda: "Second" not in get(port, "/").body.decode())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_what_changes_is_exported_to_a_store_that_may_go_and_come_back(tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    entries.mkdir()
    (entries / "first.md").write_bytes(item("First", ago(hours=3)))
    with object_store(tmp_path) as store:

        def feed() -> str:
            return get(store.port, f"/{BUCKET}/feeds/atom.xml").body.decode()

        with following(tmp_path, f"s3://{BUCKET}", **store.environ) as process:
            wait_for(lambda: "First" in feed())
            (entries / "second.md").write_bytes(item("Second", ago(hours=2)))
            wait_for(lambda: "Second" in feed())
            assert get(store.port, f"/{BUCKET}{page('second')}").status == 200
            store.kill()
            (entries / "third.md").write_bytes(item("Third", ago(hours=1)))
            store.start()
            wait_for(lambda: "Third" in feed())
            gone = item("Second", ago(hours=2), status="withdrawn", reason="Wrong.")
            (entries / "second.md").write_bytes(gone)
            wait_for(lambda: "Second" not in feed())
            wait_for(
                lambda: "Wrong." in get(store.port, f"/{BUCKET}{page('second')}").body.decode()
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def test_bad_targets_are_told_in_one_line_without_secrets(site: Site) -> None:
    entries = site.folder / "entries"
    keys = dict(site.store.environ)
    cases: list[tuple[str, dict[str, str]]] = [
        (f"s3://{BUCKET}", keys | {"AWS_SECRET_ACCESS_KEY": "wrong-secret-text"}),
        (f"s3://{BUCKET}", keys | {"AWS_ACCESS_KEY_ID": "nobody"}),
        ("s3://nothing-like-it", keys),
        (f"s3://{BUCKET}", {}),
        (f"s3://{BUCKET}", keys | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}),
        ("ftp://host/folder", keys),
        (str(entries / "out"), keys),
        (str(site.folder), keys),
        ("/proc/out", keys),
    ]
    told = []
    for target, more in cases:
        done = export(site.folder, target, **more)
        assert done.returncode == 2, (target, done)
        assert done.stdout == ""
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert "secret-text" not in done.stderr
        assert keys["AWS_SECRET_ACCESS_KEY"] not in done.stderr
        told.append(done.stderr)
    assert len(set(told)) >= len(cases) - 1
