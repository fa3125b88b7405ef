"""The wheel: it contains all that is needed, and serves from another folder."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.newsroom import ROOT
from tests.support.service import Service
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [*(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
         *("--wheel-dir", str(folder), str(ROOT))],
        check=True,
    )  # fmt: skip
    (made,) = folder.glob("feedsvc-*.whl")
    return made


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "feedsvc").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert source == packed


def test_an_installed_wheel_serves_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run(
        [*(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
         *("--target", str(target), str(wheel))],
        check=True,
    )  # fmt: skip
    (tmp_path / "start.py").write_text(
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "from feedsvc.cli import main\n"
        "import feedsvc\n"
        f"assert feedsvc.__file__.startswith({str(target)!r})\n"
        "if __name__ == '__main__': main()\n"
    )
    command = [sys.executable, str(tmp_path / "start.py"), "serve", "--port", "{port}"]
    service = Service(command, tmp_path)
    try:
        (service.entries / "1204713.txt").write_bytes((ROOT / "entries/1204713.txt").read_bytes())
        wait_for(lambda: service.shows("Штаб по развитию"), 30)
        assert service.get("/static/style.css")[0] == 200
        assert "Последние новости" in service.get("/")[1]
    finally:
        service.stop()


def test_every_direct_dependency_has_a_range_and_a_lock_with_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = (ROOT / "requirements/run.txt").read_text(encoding="utf-8")
    dev = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    for requirements, lock in (
        (project["project"]["dependencies"], run),
        (project["dependency-groups"]["dev"], dev),
    ):
        for requirement in requirements:
            name, bound, _ = requirement.partition(">=")
            assert bound == ">=", requirement
            assert f"\n{name}==" in f"\n{lock}", requirement
    for lock in (run, dev):
        assert "://" not in lock
        pins = [line for line in lock.splitlines() if "==" in line]
        assert pins
        assert lock.count("--hash=") >= len(pins)


def test_every_dependency_has_its_reason_among_the_decisions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    decision = ROOT / "docs/decisions/0002-libraries.md"
    reasons = decision.read_text(encoding="utf-8").partition("**Dropped.**")[0].lower()
    for requirement in project["project"]["dependencies"]:
        name = requirement.partition(">=")[0]
        assert name in reasons, name
