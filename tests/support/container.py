"""The image of deploy/container/Containerfile, built and run by podman on this machine."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.faults import needs
from tests.support.newsroom import ROOT
from tests.support.waiting import wait_for

_BASE, _IMAGE = "localhost/base", "localhost/feedsvc"
# No documents and translations, and no waiting for the disk.
_SMALL = [
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=force-unsafe-io",
    *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
]
_SOURCES = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
# What pip builds with, and what needs no network when the image is built.
_BUILDERS = ("setuptools", "wheel", "hatchling")
_PIP = "[global]\nno-index = true\nfind-links = /wheels\n"


def _attempt(*command: object) -> subprocess.CompletedProcess[str]:
    parts = [str(part) for part in command]
    return subprocess.run(parts, capture_output=True, text=True, check=False, cwd=ROOT)


def _run(*command: object) -> str:
    done = _attempt(*command)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout.strip()


class Containers:
    """A store of images and volumes of its own, with the image in it."""

    def __init__(self, folder: Path) -> None:
        needs("podman", "runc", "mmdebstrap")
        self._folder = folder
        # runc works with any layout of control groups.
        self._podman = [
            *("podman", "--root", folder / "store", "--runroot", folder / "run"),
            *("--runtime", "runc", "--cgroup-manager", "cgroupfs"),
        ]

    def attempt(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run podman, which may fail."""
        return _attempt(*self._podman, *arguments)

    def podman(self, *arguments: object) -> str:
        """Run podman, which must not fail; return what it prints."""
        return _run(*self._podman, *arguments)

    def build(self) -> None:
        """Build the image on a bare Debian, from packages that were fetched before."""
        release = re.search(
            r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE
        )
        assert release
        base, wheels = self._folder / "base.tar", self._folder / "wheels"
        _run(
            *("mmdebstrap", "--mode=root", "--variant=minbase", "--include=python3-venv", *_SMALL),
            *(release[1], base, next(name for name in _SOURCES if Path(name).exists())),
        )
        self.podman("import", "-q", base, _BASE)
        base.unlink()
        pip = (sys.executable, "-m", "pip", "download", "-q", "-d", wheels)
        locks = [f"requirements/{name}.txt" for name in ("pip", "run")]
        _run(*pip, "--require-hashes", *(part for lock in locks for part in ("-r", lock)))
        _run(*pip, *_BUILDERS)
        (self._folder / "pip.conf").write_text(_PIP)
        self.podman(
            *("build", "-q", "--isolation", "chroot", "--pull=never", "--format", "docker"),
            *("--build-arg", f"BASE={_BASE}", "-t", _IMAGE),
            *("-v", f"{wheels}:/wheels:ro", "-v", f"{self._folder}/pip.conf:/etc/pip.conf:ro"),
            *("-f", "deploy/container/Containerfile", "."),
        )

    def size(self) -> int:
        """Return the size of the image in bytes."""
        return int(self.podman("image", "inspect", _IMAGE, "--format", "{{.Size}}"))

    def end(self) -> None:
        """Remove all of it, with what is mounted in it."""
        self.podman("system", "reset", "--force")


class Container:
    """A running container; readers ask it in its own network, at the port that it has there."""

    def __init__(self, containers: Containers, news: Path) -> None:
        self._containers = containers
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        # As the Containerfile says, but for the network. Limits above those of this machine
        # would be refused in machines that are containers themselves.
        self.name = containers.podman(
            *("run", "--detach", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all"),
            *("--security-opt", "no-new-privileges", "--network", "none"),
            *("--ulimit", f"nofile=1024:{hard}", "--ulimit", "nproc=4096:4096"),
            *("-v", f"{news}:/srv/news:ro", "-v", "feedsvc:/var/lib/feedsvc"),
            *("-e", "FEEDSVC_BASE_URL=https://news.example", "-e", "FEEDSVC_RESCAN=1"),
            *("-e", "FEEDSVC_AUTHORITY=news.example,2026", _IMAGE),
        )
        self._pid = self._inspect("{{.State.Pid}}")

    def _inspect(self, template: str) -> str:
        return self._containers.podman("inspect", self.name, "--format", template)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as its user."""
        return self._containers.attempt("exec", self.name, *command)

    def is_healthy(self) -> bool:
        """Run the image's health check, once."""
        return self._containers.attempt("healthcheck", "run", self.name).returncode == 0

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a path; the status is 0 if there is no answer."""
        done = subprocess.run(
            [
                *("nsenter", f"--net=/proc/{self._pid}/ns/net"),
                *("curl", "-s", "-w", "\n%{http_code}", f"http://127.0.0.1:8000{path}"),
            ],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
        text, _, status = done.stdout.rpartition("\n")
        return int(status or 0), text

    def stop(self) -> int:
        """End it as `podman stop` does; return its exit code."""
        self._containers.podman("stop", "--time", "30", self.name)
        return int(self._inspect("{{.State.ExitCode}}"))

    def log(self) -> str:
        return self._containers.podman("logs", self.name)

    def remove(self) -> None:
        self._containers.podman("rm", "--force", self.name)


@contextmanager
def container(containers: Containers, news: Path) -> Iterator[Container]:
    """Run a container, and remove it at the end; its volume stays."""
    one = Container(containers, news)
    try:
        wait_for(one.is_healthy)
        yield one
    finally:
        one.remove()
