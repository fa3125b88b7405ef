"""What is published: built twice to the same bytes, installed by its hashes, and serving."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.newsroom import ROOT
from tests.support.service import Service
from tests.support.waiting import wait_for

ENTRY = ROOT / "entries" / "1204713.txt"
SBOM_TOOL = ROOT / ".venv-sbom" / "bin" / "cyclonedx-py"


def source(folder: Path) -> Path:
    """Copy what a commit of the tree as it is would hold."""
    command = (
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    )
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # With its rights, as some can be run.
            shutil.copy(ROOT / name, folder / name)
    return folder


@cache
def epoch() -> str:
    """Return the time of the newest commit, which `make dist` takes as that of all files."""
    command = ("git", "-C", str(ROOT), "log", "-1", "--format=%ct")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def build(folder: Path, **variables: str) -> dict[str, bytes]:
    """Build in a copy by the make target; return what is in dist/ by name."""
    subprocess.run(
        ["make", "--silent", "dist", f"VENV={Path(sys.prefix)}"],
        cwd=folder,
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch(), **variables},
    )
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what is published: what RELEASE_DIST names, or else what is built here."""
    given = os.environ.get("RELEASE_DIST")
    if given:
        return {path.name: path.read_bytes() for path in Path(given).iterdir()}
    return build(source(tmp_path_factory.mktemp("source")))


@pytest.fixture(scope="module")
def wheel(built: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    (name,) = (name for name in built if name.endswith(".whl"))
    path = tmp_path_factory.mktemp("wheel") / name
    path.write_bytes(built[name])
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and the locked requirements, by their hashes; return the environment."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps"]
    locked = ["--require-hashes", "--requirement", str(ROOT / "requirements" / "run.txt")]
    subprocess.run([*pip, *quiet, *locked], check=True)
    subprocess.run([*pip, *quiet, str(wheel)], check=True)
    return folder


@contextmanager
def other_umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_another_build_is_the_same_to_the_last_byte(
    built: dict[str, bytes], tmp_path: Path
) -> None:
    with other_umask(0o077):
        folder = source(tmp_path / "a longer name, чтобы было иначе")
        for path in folder.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
            path.chmod(path.stat().st_mode & 0o700)
        again = build(folder, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7", HOME=str(tmp_path))
    assert sorted(again) == sorted(built)
    assert len(again) == 3
    assert [name for name in again if again[name] != built[name]] == []


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "feedsvc").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert files == packed


def test_the_source_archive_builds_the_same_wheel(
    built: dict[str, bytes], wheel: Path, tmp_path: Path
) -> None:
    (name,) = (name for name in built if name.endswith(".tar.gz"))
    (tmp_path / name).write_bytes(built[name])
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path, filter="data")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "out"],
        cwd=tmp_path / name.removesuffix(".tar.gz"),
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch()},
    )
    (again,) = (tmp_path / name.removesuffix(".tar.gz") / "out").iterdir()
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_checksums_are_those_of_the_archives(built: dict[str, bytes], tmp_path: Path) -> None:
    for name, content in built.items():
        (tmp_path / name).write_bytes(content)
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("server", ["feedsvc", "wsgi"])
def test_what_was_installed_serves(installed: Path, tmp_path: Path, server: str) -> None:
    python = str(installed / "bin" / "python")
    commands = {
        "feedsvc": [str(installed / "bin" / "feedsvc"), "serve", "--port", "{port}"],
        "wsgi": [python, "-m", "waitress", "--listen=127.0.0.1:{port}", "feedsvc.wsgi:app"],
    }
    # `env -C` starts it in a folder that has nothing of this one.
    command = ["env", "-C", str(tmp_path), "-u", "PYTHONPATH", *commands[server]]
    service = Service(command, tmp_path)
    try:
        shutil.copyfile(ENTRY, service.entries / ENTRY.name)
        wait_for(lambda: service.shows("Штаб по развитию"), 60)
        assert service.get("/static/style.css")[0] == 200
        assert "Штаб по развитию" in service.get("/")[1]
    finally:
        service.stop()


def test_the_bill_of_materials_names_what_is_installed(installed: Path, tmp_path: Path) -> None:
    if not SBOM_TOOL.exists():
        pytest.fail("missing cyclonedx-py: make clients", pytrace=False)
    made = tmp_path / "sbom.json"
    subprocess.run(
        [
            *(str(SBOM_TOOL), "environment", str(installed / "bin" / "python"), "--validate"),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"),
            *("--spec-version", "1.6", "--output-file", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    read = json.loads(made.read_text())
    assert (read["bomFormat"], read["specVersion"]) == ("CycloneDX", "1.6")
    assert read["metadata"]["component"]["name"] == "feedsvc"
    listed = {
        each["name"].lower().replace("_", "-"): each["version"] for each in read["components"]
    }
    locked = dict(
        line.split(" ")[0].split("==")
        for line in (ROOT / "requirements" / "run.txt").read_text().splitlines()
        if "==" in line and "sys_platform == 'win32'" not in line
    )
    assert listed == locked
    assert str(tmp_path) not in made.read_text()
    assert str(ROOT) not in made.read_text()
