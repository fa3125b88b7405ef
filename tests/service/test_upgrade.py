"""An upgrade and the way back under load, by the script that operators use."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support import front
from tests.support.background import Background
from tests.support.connections import ATOM, Load
from tests.support.manager import Unit, unit
from tests.support.newsroom import ROOT, item
from tests.support.replicas import ask
from tests.support.service import page
from tests.support.waiting import wait_for

OLD, NEW = "1.0.0", "1.1.0"
ENTRIES = 40


def install(root: Path, version: str, *, schema: str = "") -> None:
    """Lay out a version as `deploy/install` does, with the libraries of this environment.

    `schema` is added to that of the catalogue.
    """
    target = root / "opt" / "feedsvc" / version
    package = target / "lib" / "feedsvc"
    shutil.copytree(ROOT / "feedsvc", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, pattern, by in (
        ("__init__.py", '__version__ = ".*"', f'__version__ = "{version}"'),
        ("storage/schema.py", 'TABLES = """\n', f'TABLES = """\n{schema}'),
    ):
        text, count = re.subn(pattern, by, (package / name).read_text())
        assert count == 1
        (package / name).write_text(text)
    (target / "bin").mkdir()
    python = f'#!/bin/sh\nPYTHONPATH={target}/lib exec {sys.executable} "$@"\n'
    for program, start in (
        ("python", python),
        ("feedsvc", python.replace('"$@"', '-m feedsvc "$@"')),
    ):
        (target / "bin" / program).write_text(start)
        (target / "bin" / program).chmod(0o755)
    instance = root / "var" / "lib" / "feedsvc" / version
    (target / "environment").write_text(f"FEEDSVC_INSTANCE={instance}\n")


class System:
    """A system with two versions, of which one serves behind a socket that stays."""

    def __init__(self, root: Path) -> None:
        self.root, self.programs = root, root / "opt" / "feedsvc"
        self.entries = root / "srv" / "news"
        self.entries.mkdir(parents=True)
        self.state = root / "var" / "lib" / "feedsvc"
        self.state.mkdir(parents=True)
        (root / "etc" / "feedsvc").mkdir(parents=True)
        settings = root / "etc" / "feedsvc" / "feedsvc.toml"
        settings.write_text(
            f'entries = "{self.entries}"\nbase_url = "https://{front.HOST}"\nrescan = 1\n'
        )
        # The only part of systemd that the script calls: it has the test restart the unit.
        (root / "bin").mkdir()
        (root / "bin" / "systemctl").write_text(
            f"#!{sys.executable}\nimport socket, sys\nasking = socket.socket(socket.AF_UNIX)\n"
            f'asking.connect("{root}/systemctl")\nasking.sendall(" ".join(sys.argv[1:]).encode())\n'
            "sys.exit(asking.recv(9) != b'done')\n"
        )
        (root / "bin" / "systemctl").chmod(0o755)
        self.environ = {
            "SWITCH_ROOT": str(root),
            "FEEDSVC_CONFIG": str(settings),
            "PATH": f"{root}/bin:{os.environ['PATH']}",
        }

    def command(self) -> list[str]:
        """Return what the unit starts, as its ExecStart= and EnvironmentFile= say."""
        start = f". {self.programs}/current/environment; export FEEDSVC_INSTANCE"
        return ["sh", "-c", f"{start}; exec {self.programs}/current/bin/feedsvc serve --workers 2"]

    def switch(self, version: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "deploy" / "bin" / "feedsvc-switch", version],
            cwd=self.root,
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def restarting(system: System, one: Unit) -> Iterator[list[str]]:
    """Restart the unit when the script asks for it; yield what it has asked for."""
    asked: list[str] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(system.root / "systemctl"))
        listening.listen()

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(100).decode())
                    if one.process.poll() is None:
                        one.stop()
                    try:
                        one.start()
                    except AssertionError:
                        connection.sendall(b"failed")
                    else:
                        connection.sendall(b"done")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


class Readers(Background):
    """Clients of nginx, over TLS, that keep their connections; `met` counts what they get."""

    def __init__(self, site: front.Front) -> None:
        super().__init__(*[self._ask] * 4)
        self.met: Counter[str] = Counter()
        self._site = site

    def _ask(self) -> None:
        with closing(self._site.connect()) as connection:
            while not self._over.is_set():
                try:
                    connection.request("GET", ATOM)
                    answer = connection.getresponse()
                    answer.read()
                    self.met[str(answer.status)] += 1
                except OSError as error:
                    self.met[repr(error)] += 1


@pytest.fixture
def system(tmp_path: Path) -> System:
    root = tmp_path / "root"
    one = System(root)
    install(root, OLD)
    install(root, NEW, schema="CREATE TABLE newer (x);\n")
    (one.programs / "current").symlink_to(OLD)
    for number in range(ENTRIES):
        (one.entries / f"{number}.md").write_bytes(item(f"Новость {number}"))
    return one


def test_an_upgrade_and_the_way_back_fail_no_request(tmp_path: Path, system: System) -> None:
    with unit(tmp_path, system.command(), system.environ) as one:
        wait_for(lambda: ask(one.port, page("1")).status == 200)
        (system.state / OLD / "desk.key").write_text("secret\n")
        with (
            restarting(system, one) as asked,
            front.nginx(tmp_path / "front", one.port) as site,
            Load(one.port) as load,
            Readers(site) as readers,
        ):
            for version, other, name in ((NEW, OLD, "upgraded"), (OLD, NEW, "back")):
                done = system.switch(version)
                assert done.returncode == 0, done.stderr
                assert f"feedsvc-switch {other}" in done.stdout
                assert (system.programs / "current").readlink() == Path(version)
                (system.entries / f"{name}.md").write_bytes(item(f"После: {name}"))
                wait_for(lambda: ask(one.port, page(name)).status == 200)  # noqa: B023
        assert asked == ["restart feedsvc.service"] * 2
    assert set(readers.met) == {"200"}
    assert set(load.met) - {"closed"} == {"200"}
    assert (system.state / NEW / "desk.key").read_text() == "secret\n"
    assert "Traceback" not in one.log()


def test_a_version_that_does_not_start_leaves_the_other_in_place(
    tmp_path: Path, system: System
) -> None:
    with unit(tmp_path, system.command(), system.environ) as one:
        wait_for(lambda: ask(one.port, page("1")).status == 200)
        for version in (OLD, "9.9.9", "", "../feedsvc/1.1.0", "current.part"):
            assert system.switch(version).returncode == 2
        with restarting(system, one) as asked:
            # It can read the news, but not serve.
            (system.programs / NEW / "lib" / "feedsvc" / "server" / "__init__.py").write_text("!")
            done = system.switch(NEW)
            assert done.returncode == 2
            assert f"version {OLD} serves again" in done.stderr
            assert asked == ["restart feedsvc.service"] * 2
            assert ask(one.port, page("1")).status == 200
            # It cannot even read them: then nothing is restarted.
            (system.programs / NEW / "lib" / "feedsvc" / "cli" / "__init__.py").write_text("!")
            done = system.switch(NEW)
            assert done.returncode == 2
            assert f"version {OLD} serves on" in done.stderr
            assert len(asked) == 2


def test_a_database_that_cannot_be_copied_for_a_moment_is_and_one_that_never_can_is_named(
    tmp_path: Path, system: System
) -> None:
    with unit(tmp_path, system.command(), system.environ) as one:
        wait_for(lambda: ask(one.port, page("1")).status == 200)
        away, other = tmp_path / "away", system.state / OLD / "other.sqlite3"
        other.symlink_to(away / "other.sqlite3")
        done = system.switch(NEW)
        assert done.returncode == 1
        assert done.stderr == (
            f"feedsvc-switch: {other} cannot be copied: unable to open database file\n"
        )
        with restarting(system, one) as asked:
            back = threading.Timer(1.0, away.mkdir)
            back.start()
            done = system.switch(NEW)
            back.join()
            assert (done.returncode, asked) == (0, ["restart feedsvc.service"]), done.stderr
        assert (system.state / NEW / "other.sqlite3").exists()
