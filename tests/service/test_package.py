"""What is installed: every package and tool by its hash, with its reason and its licence."""

import json
import re
import tomllib

import pytest

from tests.support.newsroom import ROOT


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


def locked_versions(name: str) -> dict[str, str]:
    """Return the versions in a file of requirements/, by the names of packages."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split(" ")[0].split("==") for line in lines if "==" in line and line[0] != " ")
    return {package.partition("[")[0]: version for package, version in pins}


@pytest.mark.parametrize("name", ["all", "heic", "import", "word", "dev", "bench", "fuzz"])
def test_what_is_added_changes_no_version_of_what_runs(name: str) -> None:
    versions = locked_versions(name)
    for package, version in locked_versions("run").items():
        assert versions[package] == version


def test_the_licence_of_everything_that_is_installed_is_listed() -> None:
    document = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    said, _, table = document.partition("<!-- licences: begin -->")
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    listed = {row[0].removeprefix("| ").replace("_", "-"): row[1] for row in rows}
    assert set(listed) == set(locked_versions("all")) - {"colorama"}
    for package, licence in listed.items():
        assert licence != "not declared"
        if re.search("GPL|MPL|EPL|CDDL", licence):
            assert package in said, f"{package}: say what {licence} asks for"


def test_every_tool_is_installed_by_its_hash() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    commands = [
        line
        for text in (makefile, (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
        for line in text.splitlines()
        if re.search(r"pip\b.*\binstall\b|npm (ci|install)|npx |uvx? |go install|curl |wget ", line)
        and "uv pip compile" not in line
        and not line.startswith(("need", "say"))
    ]
    assert len(commands) >= 4
    for command in commands:
        assert "--require-hashes" in command or command.strip().startswith("npm ci "), command
    for lock in (ROOT / "tests" / "support").glob("*/package-lock.json"):
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        assert all("integrity" in each for name, each in packages.items() if name), lock


def test_every_dependency_has_its_reason_among_the_decisions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    decision = ROOT / "docs/decisions/0002-libraries.md"
    reasons = decision.read_text(encoding="utf-8").partition("**Dropped.**")[0].lower()
    for requirement in project["project"]["dependencies"]:
        name = requirement.partition(">=")[0]
        assert name in reasons, name
