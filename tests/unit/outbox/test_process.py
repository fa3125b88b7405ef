"""The outbox process, as the writer starts it."""

import pickle
import subprocess
import sys
from dataclasses import replace

import pytest

from feedsvc import companions
from feedsvc.companions import Companion, forget, wanted
from feedsvc.outbox.process import LOCK
from feedsvc.outbox.state import FILE, receiver_states
from feedsvc.outbox.store import Store
from feedsvc.settings import Settings
from tests.support.loading import loaded_by_a_service
from tests.support.newsroom import ROOT, Newsroom, item
from tests.support.outbox import is_learned, pages, purged, with_outbox
from tests.support.service import page
from tests.support.waiting import wait_for

MODULE = "feedsvc.outbox.process"


def test_if_nobody_is_told_nothing_is_loaded_or_opened(settings: Settings) -> None:
    assert loaded_by_a_service("feedsvc.outbox", "feedsvc.outgoing", "aiohttp") == []
    assert MODULE not in wanted(settings)
    assert MODULE in wanted(with_outbox(settings, "http://127.0.0.1/"))
    assert MODULE in wanted(with_outbox(settings, hub="http://127.0.0.1/"))


def test_it_tells_all_receivers_and_goes_on_after_it_was_killed(
    newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"old.md": item("Old")})
    with purged() as engine, purged() as hub, purged() as away:
        away.answer = lambda _: (503, {})
        told = with_outbox(settings, f"{engine.url}/", f"{away.url}/", hub=f"{hub.url}/")
        companion = Companion(MODULE, told)
        try:
            companion.ensure()
            wait_for(lambda: is_learned(settings.instance))
            newsroom.publish({"a.md": item("A")})
            engine.wait(1)
            hub.wait(1)
            companion.close()
            newsroom.publish({"b.md": item("B")})
            companion.ensure()
            engine.wait(2)
            hub.wait(2)
            away.wait(1)
        finally:
            companion.close()
        sent = [pages(each) for each in engine.told]
        assert sent == [[f"{settings.site}{page(each)}"] for each in "ab"]


def test_a_process_that_cannot_work_ends_with_one_line(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.instance.write_bytes(b"")
    assert _status(with_outbox(settings, "http://127.0.0.1/")) == 1
    log = capfd.readouterr().err
    assert LOCK in log
    assert "Traceback" not in log


def _status(settings: Settings) -> int:
    companion = Companion(MODULE, settings)
    try:
        companion.ensure()
        child = companion._child  # noqa: SLF001 - to wait for it
        assert child is not None
        return child.wait(30)
    finally:
        companion.close()


def test_a_damaged_queue_is_made_anew(newsroom: Newsroom, settings: Settings) -> None:
    newsroom.publish({"old.md": item("Old")})
    told = with_outbox(settings, "http://127.0.0.1:1/")
    Store(settings.instance).close()
    path = settings.instance / FILE
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 40_000)
    companion = Companion(MODULE, told)

    def is_there() -> bool:
        companion.ensure()
        return len(receiver_states(settings.instance)) == 1

    try:
        wait_for(is_there)
    finally:
        companion.close()


def test_without_its_library_it_says_so_once_and_waits(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.instance.mkdir()
    code = (
        "import sys; sys.modules['aiohttp'] = None; from feedsvc.outbox.process import run; run()"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, cwd=ROOT)
    assert child.stdin is not None
    child.stdin.write(pickle.dumps(with_outbox(settings, "http://127.0.0.1/")))
    child.stdin.flush()
    try:
        log = ""

        def is_said() -> bool:
            nonlocal log
            log += capfd.readouterr().err
            return "pip install 'feedsvc[outbox]'" in log

        wait_for(is_said)
        assert child.poll() is None
    finally:
        child.stdin.close()
        assert child.wait(30) == 0


def test_what_was_switched_off_does_not_take_up_where_it_left_off(settings: Settings) -> None:
    assert companions._UNBROKEN == {MODULE: FILE}  # noqa: SLF001 - the name, said twice
    told = with_outbox(settings, "http://127.0.0.1/")
    settings.instance.mkdir()
    Store(settings.instance).close()
    forget(told)
    assert (settings.instance / FILE).exists()
    forget(settings)
    assert not list(settings.instance.glob(f"{FILE}*"))
    forget(replace(settings, instance=settings.instance / "none"))
