"""Fixtures of all tests: settings, a newsroom that publishes, a client that reads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from werkzeug.routing import Rule

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.settings import FILE_VARIABLE, Settings, load
from feedsvc.web import freshness
from tests.support.newsroom import NOW, ROOT, SITE, Newsroom, SetClock

# Their fixtures are shared by several modules.
pytest_plugins = (
    "tests.support.alone",
    "tests.support.search_index",
    "tests.support.varied_entries",
)
# So that a failing assertion in it shows its values.
pytest.register_assert_rewrite("tests.support.validators")

# Nothing is expected to be fast on a machine that others use, too.
hypothesis_settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("unhurried")

# Werkzeug compiles the builders of all rules for each application anew, in 40 ms. For rules of
# one host without defaults, a builder depends on the rule alone. Without this, or with a
# Werkzeug that names it otherwise, the tests take half as long again.
_compile_builder = getattr(Rule, "_compile_builder", None)
_builders: dict[tuple[str, bool], Any] = {}


def compile_once(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002 - as in Werkzeug
    """Return the builder of a rule, compiled at the first call."""
    key = (rule.rule, append_unknown)
    if rule.defaults or key not in _builders:
        assert _compile_builder is not None
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


if _compile_builder is not None:
    Rule._compile_builder = compile_once  # type: ignore[assignment, method-assign]  # noqa: SLF001 - as above


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the shipped settings, with an address and with folders of the test's own."""
    shipped = load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")})
    entries = tmp_path / "entries"
    entries.mkdir()
    return replace(shipped, base_url=SITE, entries=entries, instance=tmp_path / "instance")


@pytest.fixture
def newsroom(settings: Settings) -> Iterator[Newsroom]:
    room = Newsroom(settings)
    yield room
    room.writer.close()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Return a function that sets the clock that decides what is public, and no other."""

    def set_to(now: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    return set_to


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)  # so that a change is seen at once
    return build_app(settings).test_client()


@pytest.fixture
def real_item() -> bytes:
    """Return the press centre's own file that came with the project."""
    return (ROOT / "entries" / "1204713.txt").read_bytes()


@pytest.fixture
def frozen_clock(set_clock: SetClock) -> None:
    """Set the clock to `NOW`."""
    set_clock(NOW)
