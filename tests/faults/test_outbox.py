"""The outbox, killed at any moment: nothing is lost, and nothing is told again too soon."""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from itertools import pairwise

import pytest

from feedsvc.outbox.state import receiver_states
from feedsvc.settings import Settings
from tests.support.newsroom import ROOT, Newsroom, item
from tests.support.outbox import is_learned, pages, purged, topics, with_outbox
from tests.support.outbox_forks import REST
from tests.support.purged import Told
from tests.support.waiting import wait_for

KILLS = 500


class Forks:
    """Processes of the outbox, one after the other."""

    def __init__(self, settings: Settings) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.outbox_forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._write(pickle.dumps(settings))
        self._pid = 0

    def _write(self, data: bytes) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write(data)

    def _read(self) -> bytes:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline()

    def start(self) -> None:
        self._write(b"\n")
        self._pid = int(self._read())

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert self._read() == b"ended\n"

    def close(self) -> None:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.close()
        self._parent.wait(30)
        self._parent.stdout.close()


@pytest.mark.timeout(900)
def test_five_hundred_kills_lose_nothing_and_repeat_nothing(
    newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"old.md": item("Old")}, now=0)
    chance = random.Random(1)
    changed: dict[str, list[float]] = defaultdict(list)
    kills: list[float] = []
    taken: list[tuple[float, str, bool]] = []
    with ExitStack() as stack:
        engine, hub = (stack.enter_context(purged()) for _ in range(2))

        def answer(request: Told) -> tuple[int, dict[str, str]]:
            # Some are refused, and come again.
            is_taken = chance.random() < 0.9
            now = time.monotonic()
            time.sleep(chance.random() * 0.1)
            taken.extend((now, address, is_taken) for address in pages(request))
            return (200 if is_taken else 503), {}

        engine.answer = answer
        told = with_outbox(settings, f"{engine.url}/", hub=f"{hub.url}/")
        forks = Forks(told)
        stack.callback(forks.close)
        forks.start()
        wait_for(lambda: is_learned(settings.instance))
        for number in range(KILLS):
            name = f"n{number % 60}"
            files = {f"{name}.md": item(f"Title {number}", "2026-01-01")}
            newsroom.publish(files, now=time.time_ns() // 1000)
            changed[name].append(time.monotonic())
            time.sleep(chance.random() * 0.25)
            forks.kill()
            kills.append(time.monotonic())
            forks.start()
        # The last process lives.
        wait_for(lambda: not any(each.queued for each in receiver_states(settings.instance)))
        time.sleep(2 * REST)
        forks.kill()
        assert topics(hub.told[-1])
    _check(changed, taken, kills)


def _check(
    changed: dict[str, list[float]], taken: list[tuple[float, str, bool]], kills: list[float]
) -> None:
    arrived: dict[str, list[float]] = defaultdict(list)
    for moment, address, is_taken in taken:
        if is_taken:
            arrived[address.rpartition("/")[2].removesuffix(".html")].append(moment)
    assert arrived.keys() == changed.keys()
    repeats = 0
    for name, moments in arrived.items():
        # Nothing is lost: whoever looks then sees the last change.
        assert moments[-1] > changed[name][-1]
        for before, after in pairwise(moments):
            assert after - before >= REST, name
            if not any(before - 0.05 < each < after for each in changed[name]):
                # It was in the air when its process was killed: no other request came between.
                repeats += 1
                killed = min(each for each in kills if each > before)
                assert not [each for each, _, _ in taken if before + 0.05 < each < killed], name

    # There was something to lose and to repeat.
    assert len(taken) > KILLS / 2
    assert repeats
