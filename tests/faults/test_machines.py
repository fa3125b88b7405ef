"""Three replicas on machines of their own, behind HAProxy, Caddy, and caches that are purged.

One is killed, one cut off, one an hour behind: no request fails, nothing withdrawn is served after
its purge, no news is seen to come and go.
"""

import http.client
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.support import fronts
from tests.support.background import Background
from tests.support.faults import needs
from tests.support.network import FRONT, Network
from tests.support.newsroom import item
from tests.support.service import Service, page
from tests.support.waiting import wait_for

ADDRESSES = {"one": "10.0.0.1", "two": "10.0.0.2", "three": "10.0.0.3"}
PORTS = {"haproxy": 8080, "varnish": 80, "nginx": 81, "caddy": 82}
WITHOUT_CACHE = ("haproxy", "caddy")
ATOM = "/feeds/atom.xml"
LISTS = ("/", ATOM, "/archive/2026/01/")
# In seconds: the longest that a change may take on a slow machine, and from when a replica is old.
LIMIT = 60
MAX_AGE = 40
SERVE = [sys.executable, "-m", "feedsvc", "serve", "--workers", "1"]
SERVE += ["--host", "0.0.0.0", "--port", "8000"]
RSYNCD = """\
port = 873
use chroot = no
pid file = {folder}/rsyncd.pid
[entries]
path = {folder}/entries
read only = no
uid = {uid}
gid = {gid}
"""


class Machine:
    """A replica on a machine of its own, which gets its files through the network."""

    def __init__(self, network: Network, name: str, folder: Path, cache: Path) -> None:
        self._network, self._name = network, name
        self.folder = folder / name
        (self.folder / "entries").mkdir(parents=True)
        file = self.folder / "rsyncd.conf"
        ids = {"uid": os.getuid(), "gid": os.getgid()}
        file.write_text(RSYNCD.format(folder=self.folder, **ids))
        self._rsync = ["rsync", "--daemon", "--no-detach", f"--config={file}"]
        self._environment = [
            *("env", "FEEDSVC_BASE_URL=https://news.example"),
            f"FEEDSVC_REPLICA__STAMP={self.folder}/entries/.stamp",
            f"FEEDSVC_REPLICA__MAX_AGE={MAX_AGE}",
            "FEEDSVC_SURROGATE_KEYS=xkey Surrogate-Key",
            f"FEEDSVC_PURGE__URLS=http://{FRONT}/",
            "FEEDSVC_PURGE__HEADER=xkey-purge",
            f"FEEDSVC_PURGE__COMMAND={fronts.DEPLOY}/nginx/purge {cache}",
            f"FEEDSVC_PURGE__AGAIN=2,{MAX_AGE + 6}",
        ]

    def start(self, stack: ExitStack) -> None:
        command = self._network.command(self._name)
        stack.enter_context(fronts.running(*command, *self._rsync, log=self.folder / "rsync.log"))
        self.serve()
        stack.callback(self.stop)

    def serve(self) -> None:
        command = self._network.command(self._name)
        self.service = Service([*command, *self._environment, *SERVE], self.folder)

    def stop(self) -> None:
        if self.service.process.poll() is None:
            self.service.stop()

    @property
    def target(self) -> str:
        address = ADDRESSES[self._name]
        return f"{self._name}=http://{address}:8000=rsync://{address}/entries"


class Pusher(Background):
    """Brings the files to some of the replicas, again and again."""

    def __init__(self, network: Network, folder: Path, machines: dict[str, Machine]) -> None:
        super().__init__(self._run)
        self.source = folder / "source"
        self.source.mkdir()
        self._command = [
            *(
                *network.command("front"),
                "env",
                "SETTLE=0",
                "LEAD=1",
                "LONGEST=5",
                "RSYNC_OPTIONS=--contimeout=1",
            ),
            *(str(fronts.DEPLOY / "replicas" / "push"), str(self.source), str(folder / "staging")),
            f"http://127.0.0.1:{PORTS['haproxy']}",
        ]
        self._machines = machines
        self.names = tuple(machines)
        self._log = folder / "push.log"

    def write(self, name: str, data: bytes) -> float:
        """Write a file as one piece; return when that was."""
        temporary = self.source.parent / "new"
        temporary.write_bytes(data)
        temporary.replace(self.source / name)
        return time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(0.2):
            targets = [self._machines[name].target for name in self.names]
            with self._log.open("ab") as log:
                subprocess.run([*self._command, *targets], check=False, stdout=log, stderr=log)


class Client(Background):
    """Asks one front all the time, and notes what no reader may see."""

    def __init__(self, network: Network, front: str, paths: tuple[str, ...]) -> None:
        super().__init__(self._run)
        self._network, self._port, self._front = network, PORTS[front], front
        self._paths = paths
        self.faults: list[str] = []
        self.asked: Counter[int] = Counter()
        # Of each path: the news that were seen there; and what was withdrawn, and went.
        self._seen: dict[str, set[str]] = {path: set() for path in paths}
        self._gone: dict[str, set[str]] = {path: set() for path in paths}
        self.news: tuple[str, ...] = ()
        self.withdrawn: tuple[str, ...] = ()

    def shows(self, text: str) -> bool:
        return all(text in self._seen[path] for path in LISTS)

    def hides(self, text: str) -> bool:
        return all(text in self._gone[path] for path in self._paths)

    def _run(self) -> None:
        with self._network.inside("front"):
            while not self._over.wait(0.02):
                for path in self._paths:
                    self._ask(path)

    def _ask(self, path: str) -> None:
        # What is announced later than the request may or may not be there.
        news, withdrawn, start = self.news, self.withdrawn, time.monotonic()
        status, text, who = ask("127.0.0.1", self._port, path)
        if status == 0 and self._front in WITHOUT_CACHE:
            # What a machine was sending when it was killed is lost; browsers and feed readers ask
            # again (RFC 9110 section 9.2.2).
            self.asked[0] += 1
            status, text, who = ask("127.0.0.1", self._port, path)
        self.asked[status] += 1
        if status not in (200, 410):
            self._fault(path, f"{status} after {time.monotonic() - start:.1f} s: {text[:80]} {who}")
            return
        shown = {each for each in news if each in text}
        lost = self._seen[path] - shown - {*withdrawn}
        # Caddy goes back to the first at once, though that may have missed something.
        is_steady = self._front != "caddy"
        if lost and is_steady:
            self._fault(path, f"{who} no longer shows {sorted(lost)}")
        self._seen[path] |= shown - {*withdrawn}
        back = self._gone[path] & shown
        if back and is_steady:
            self._fault(path, f"{who} shows {sorted(back)} again")
        self._gone[path] |= {*withdrawn} - shown

    def _fault(self, path: str, text: str) -> None:
        self.faults.append(f"{time.monotonic():.2f} {self._front} {path}: {text}")


def press_item(number: int, status: str = "published") -> bytes:
    # The title of what was withdrawn is still shown, beside the reason.
    keys = {"status": status, "id": f"n{number}"}
    return item(f"Новость {number}", "2026-01-02", f"Слово-{number}-конец.", **keys)


class Site:
    """Three replicas, what is in front of them, and a client of each front."""

    def __init__(self, network: Network, folder: Path, stack: ExitStack) -> None:
        self.network = network
        self.machines = {
            name: Machine(network, name, folder, folder / "nginx-cache") for name in ADDRESSES
        }
        self.pusher = Pusher(network, folder, self.machines)
        for number in range(20):
            self.pusher.write(f"old{number}.md", item(f"Старая {number}"))
        for number in range(5):
            self.pusher.write(f"n{number}.md", press_item(number))
        for machine in self.machines.values():
            machine.start(stack)
        stack.enter_context(self.pusher)
        vcl = fronts.DEPLOY / "varnish" / "default.vcl"
        commands = {
            "haproxy": fronts.haproxy(folder, ":8080"),
            "varnish": fronts.varnish(folder, ":80", vcl),
            "nginx": fronts.nginx(folder, "81"),
            "caddy": fronts.caddy(folder, ":82"),
        }
        (folder / "nginx-cache").mkdir()
        for name, command in commands.items():
            log = folder / f"{name}.log"
            stack.enter_context(fronts.running(*network.command("front"), *command, log=log))
        self.clients = {name: Client(network, name, self.paths()) for name in commands}
        self.texts = [f"Слово-{number}-конец" for number in range(5)]

    def paths(self) -> tuple[str, ...]:
        # n3 and n4 lead to each other.
        return (*LISTS, page("n0"), page("n3"))

    def is_ready(self, name: str) -> bool:
        with self.network.inside("front"):
            return ask(ADDRESSES[name], 8000, "/readyz")[0] == 200

    def publish(self, number: int) -> None:
        text = f"Слово-{number}-конец"
        self.texts.append(text)
        start = self.pusher.write(f"n{number}.md", press_item(number))
        for client in self.clients.values():
            client.news = tuple(self.texts)
        for name, client in self.clients.items():
            wait_for(partial(client.shows, text), LIMIT)
            say(f"  {name}: news after {time.monotonic() - start:.1f} s")

    def withdraw(self, number: int) -> None:
        text = f"Слово-{number}-конец"
        for client in self.clients.values():
            client.withdrawn = (*client.withdrawn, text)
        start = self.pusher.write(f"n{number}.md", press_item(number, "withdrawn"))
        for name, client in self.clients.items():
            wait_for(partial(client.hides, text), LIMIT)
            say(f"  {name}: withdrawn after {time.monotonic() - start:.1f} s")

    def check(self) -> None:
        faults = [fault for client in self.clients.values() for fault in client.faults]
        assert not faults, "\n".join(faults)


def say(text: str) -> None:
    """Print what took how long (`pytest -s`)."""
    sys.stdout.write(f"{text}\n")


def ask(host: str, port: int, path: str) -> tuple[int, str, str]:
    """Return status, text, and who answered; the status is 0 if there is no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("X-Replica", "")
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error), ""
    finally:
        connection.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    needs("haproxy", "varnishd", "nginx", "caddy", "rsync", "curl", "ip")
    with ExitStack() as stack:
        network = Network(ADDRESSES)
        stack.callback(network.close)
        yield Site(network, tmp_path, stack)


def test_readers_notice_nothing_of_a_machine_killed_one_cut_off_and_one_an_hour_behind(
    site: Site,
) -> None:
    for name in ADDRESSES:
        wait_for(partial(site.is_ready, name), LIMIT)
    # The third gets no more files, and the last ones are an hour old.
    site.pusher.names = ("one", "two")
    stamp = site.machines["three"].folder / "entries" / ".stamp"
    stamp.write_text(f"{int(time.time()) - 3600}\n")
    wait_for(lambda: not site.is_ready("three"))
    with site.network.inside("front"):
        for port in PORTS.values():
            wait_for(lambda: ask("127.0.0.1", port, ATOM)[0] == 200)  # noqa: B023 - called at once
    with ExitStack() as stack:
        for client in site.clients.values():
            client.news = tuple(site.texts)
            stack.enter_context(client)
        site.publish(5)
        say("all are there:")
        site.withdraw(0)
        site.check()
        say("the one that is asked is killed:")
        site.machines["one"].service.kill()
        site.publish(6)
        site.withdraw(1)
        site.check()
        say("it is back:")
        site.machines["one"].serve()
        wait_for(lambda: site.is_ready("one"), LIMIT)
        site.publish(7)
        site.withdraw(4)
        site.check()
        say("the other one, which is asked since then, is cut off:")
        site.network.cut("two")
        site.publish(8)
        site.withdraw(2)
        site.check()
        say("it is back:")
        site.network.join("two")
        wait_for(lambda: site.is_ready("two"), LIMIT)
        site.publish(9)
        site.check()
        for name, client in site.clients.items():
            say(f"{name}: {dict(client.asked)}")
    # Old news are better than none.
    for name in ("one", "two"):
        site.machines[name].service.kill()
    with site.network.inside("front"):
        wait_for(lambda: ask("127.0.0.1", PORTS["haproxy"], ATOM)[0] == 200)
