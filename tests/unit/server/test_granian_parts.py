"""The private parts of granian: the installed one has them all, and it is noticed if not."""

import ast
import multiprocessing
from pathlib import Path
from pkgutil import resolve_name

import granian
import pytest
from granian.server.mt import MTServer

from feedsvc.server import granian_parts, granian_worker
from feedsvc.server.granian_parts import PARTS, Part, unexpected

PACKAGE = Path(granian_worker.__file__).parents[1]


def test_the_installed_granian_is_as_expected() -> None:
    assert unexpected() == []


def replaced(*_values: object) -> None:
    """Stand for a part of granian that has become another."""


@pytest.mark.parametrize("part", [part for part in PARTS if part.path != "SocketHolder.get_fd"])
def test_a_part_that_has_changed_is_noticed(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, _, name = f"{part.module}.{part.path}".rpartition(".")
    found = resolve_name(owner)
    with monkeypatch.context() as patch:
        for base in getattr(found, "__mro__", [found]):
            if name in vars(base):
                patch.delattr(base, name)
        assert f"{part.module}.{part.path}" in unexpected()
    for other in (None, replaced):
        with monkeypatch.context() as patch:
            patch.setattr(found, name, other)
            assert f"{part.module}.{part.path}" in unexpected(), other
    assert unexpected() == []


def test_a_socket_without_its_descriptor_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Holder:
        def __init__(self, fd: int, uds: int, backlog: int) -> None:
            pass

    monkeypatch.setattr("granian.net.SocketHolder", Holder)
    assert unexpected() == ["granian.net.SocketHolder.get_fd"]


def test_threads_instead_of_processes_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granian, "Granian", MTServer)
    assert unexpected() == ["granian.MTServer"]


def test_processes_that_are_not_forked_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: "spawn")
    assert unexpected() == ["multiprocessing.spawn"]


def test_each_private_part_is_named_once() -> None:
    files = (granian_parts.__file__, granian_worker.__file__)
    nodes = [node for file in files for node in ast.walk(ast.parse(Path(file).read_text()))]
    private = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for part in PARTS:
        assert private.count(part.path) == 1, part.path
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not {part.name for part in PARTS if part.name.startswith("_")} & attributes


def test_only_the_server_package_imports_granian() -> None:
    importers = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] == "granian"
    }
    assert importers == {"server"}


def imported(path: Path) -> list[str]:
    """Return the names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
