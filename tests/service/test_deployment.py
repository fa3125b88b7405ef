"""What is copied from `deploy/`: systemd, Samba and pip find nothing wrong with it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from feedsvc import __version__
from tests.support.newsroom import ROOT

UNITS = ROOT / "deploy" / "systemd"
NAMES = sorted(path.name for path in UNITS.iterdir() if path.suffix != ".conf")
SERVICES = [name for name in NAMES if name.endswith(".service")]
# What the units start.
PROGRAMS = ("/opt/feedsvc/current/bin/feedsvc", "/usr/local/sbin/feedsvc-push")
# systemd's measure of what a service could do, times ten; 100 is everything.
EXPOSURE = 20
# Plain Python, for which nobody has published a wheel: pip makes one.
ONLY_SOURCE = {"feedgen"}
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")


def run(*command: object, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """Return the units, with programs in the places of those that they start."""
    program = tmp_path / "feedsvc"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copies = []
    for name in NAMES:
        text = (UNITS / name).read_text()
        for started in PROGRAMS:
            text = text.replace(started, str(program))
        copies.append(tmp_path / name)
        copies[-1].write_text(text)
    return copies


def test_systemd_knows_every_line_of_the_units(units: list[Path]) -> None:
    done = run("systemd-analyze", "verify", "--man=no", *units)
    assert done.returncode == 0, done.stderr
    assert "feedsvc" not in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_exposed_to_less_than_two_of_ten(name: str) -> None:
    done = run(
        *("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"),
        *("--no-pager", UNITS / name),
    )
    assert done.returncode == 0, done.stdout[-400:]


def test_users_and_folders_are_made_as_the_documents_say(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", UNITS / "sysusers.conf")
    assert done.returncode == 0, done.stderr
    users = {
        line.split(":")[0]: line.split(":")
        for line in (tmp_path / "etc/passwd").read_text().splitlines()
    }
    assert set(users) == {"feedsvc", "press"}
    # press has the group of the service, and neither can log in.
    assert users["press"][3] == users["feedsvc"][3]
    assert all(user[-1].endswith("nologin") for user in users.values())
    done = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", UNITS / "tmpfiles.conf")
    assert done.returncode == 0, done.stderr
    made = {
        path: (tmp_path / path).stat() for path in ("etc/feedsvc", "var/lib/feedsvc", "srv/news")
    }
    assert {path: oct(status.st_mode & 0o7777) for path, status in made.items()} == {
        "etc/feedsvc": "0o750",
        "var/lib/feedsvc": "0o750",
        "srv/news": "0o2750",
    }
    assert str(made["srv/news"].st_uid) == users["press"][2]
    assert {str(status.st_gid) for status in made.values()} == {users["feedsvc"][3]}


def test_the_settings_that_are_installed_are_valid(tmp_path: Path) -> None:
    settings = tomllib.loads((ROOT / "deploy" / "feedsvc.toml").read_text())
    done = run(
        *(sys.executable, "-m", "feedsvc", "check"),
        FEEDSVC_CONFIG=str(ROOT / "deploy" / "feedsvc.toml"),
        FEEDSVC_ENTRIES=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert {"base_url", "authority", "entries"} <= set(settings)


@pytest.mark.parametrize("name", ["install", "bin/feedsvc", "bin/feedsvc-switch"])
def test_scripts_are_programs_of_a_plain_shell(name: str) -> None:
    file = ROOT / "deploy" / name
    assert os.access(file, os.X_OK)
    assert file.read_text().startswith("#!/bin/sh\n")
    assert run("dash", "-n", file).returncode == 0


@pytest.mark.long
def test_the_script_installs_a_version_that_runs_and_does_so_once(tmp_path: Path) -> None:
    install = ROOT / "deploy" / "install"
    done = run(install, "--root", tmp_path, PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    current = tmp_path / "opt" / "feedsvc" / "current"
    assert current.readlink() == Path(__version__)
    assert run(current / "bin" / "feedsvc", "--version").stdout == f"feedsvc {__version__}\n"
    environment = (current / "environment").read_text()
    assert environment == f"FEEDSVC_INSTANCE=/var/lib/feedsvc/{__version__}\n"
    assert not list(current.parent.glob("*.part"))
    settings = tmp_path / "etc" / "feedsvc" / "feedsvc.toml"
    assert oct(settings.stat().st_mode & 0o7777) == "0o640"
    assert settings.stat().st_gid == settings.parent.stat().st_gid != 0
    for unit in ("feedsvc.socket", "feedsvc.service", "feedsvc-hub.service"):
        assert (tmp_path / "etc" / "systemd" / "system" / unit).is_file()
    for program in ("bin/feedsvc", "sbin/feedsvc-switch"):
        assert os.access(tmp_path / "usr" / "local" / program, os.X_OK)
    again = run(install, "--root", tmp_path)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    # An extra is added to what is there, and remembered for the next version.
    more = run(install, "--root", tmp_path, "--extras", "metrics")
    assert more.returncode == 0, more.stderr
    assert run(current / "bin" / "python", "-c", "import prometheus_client").returncode == 0
    assert (current / "extras").read_text() == "metrics\n"


def test_every_file_that_the_document_names_is_there() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text()
    named = set(re.findall(r"\bdeploy/[\w./-]*\w", text))
    assert len(named) > 3
    assert [name for name in named if name != "deploy/nginx" and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_library_has_a_wheel_for_the_platform(tmp_path: Path, platform: str) -> None:
    """Nothing is compiled where the service is installed; see `ONLY_SOURCE`."""
    uv = Path(sys.executable).with_name("uv")
    for lock in ("run", "word", "heic", "import"):
        file = ROOT / "requirements" / f"{lock}.txt"
        pins = [line for line in file.read_text().splitlines() if "==" in line]
        names = [re.split(r"\[|==", line)[0] for line in pins]
        wheels = [f"--only-binary={name}" for name in names if name not in ONLY_SOURCE]
        done = run(
            *(uv, "pip", "install", "--dry-run", "--no-deps", "--require-hashes", *wheels),
            *("--python-platform", platform, "--python-version", "3.11"),
            *("--target", tmp_path / lock, "-r", file),
        )
        assert done.returncode == 0, done.stderr
        # Those with a condition (`; sys_platform == 'win32'`) need not be there.
        missing = [
            name
            for name, pin in zip(names, pins, strict=True)
            if f" + {name}==" not in done.stderr and ";" not in pin
        ]
        assert missing == []


def test_the_containerfile_copies_what_is_there_and_runs_without_rights() -> None:
    text = (ROOT / "deploy" / "container" / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    # What is kept out of the build cannot be copied into it.
    kept = [line[1:] for line in (ROOT / ".containerignore").read_text().split() if line[0] == "!"]
    copied = re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
    assert {name.split("/")[0] for line in copied for name in line.split()[:-1]} == set(kept)


def test_samba_finds_nothing_wrong_with_the_folder_of_the_office() -> None:
    assert shutil.which("testparm"), "install the package samba-common-bin"
    done = run("testparm", "-s", ROOT / "deploy" / "samba" / "smb.conf")
    assert done.returncode == 0
    assert "Unknown parameter" not in done.stderr
    assert "Ignoring" not in done.stderr
    assert re.search(r"^\s*force user = press$", done.stdout, re.MULTILINE)
