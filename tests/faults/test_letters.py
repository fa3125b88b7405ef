"""Letters from the whole service: killed at any moment, with a mail server that comes and goes."""

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support import mail_server
from tests.support.mail_server import MailServer, Received, serving
from tests.support.service import QUICK, SERVE, Service
from tests.support.telling import BAD, GOOD
from tests.support.waiting import wait_for

PRESS = "press@news.example"
NAMES = [f"{letter}.txt" for letter in "abcdefgh"]
# What a letter says of one file.
TOLD = re.compile(
    r"^(?P<kept>Не опубликовано|Изменения не опубликованы)?"
    r"(?:Исправлено и опубликовано)?: (?P<name>\w\.txt)$",
    re.MULTILINE,
)


@contextmanager
def running(folder: Path, server: MailServer, *more: str, quick: bool = True) -> Iterator[Service]:
    settings = (
        *("env", "FEEDSVC_MAIL__HOST=localhost", f"FEEDSVC_MAIL__PORT={server.port}"),
        *("FEEDSVC_MAIL__SECURITY=none", "FEEDSVC_MAIL__SENDER=feed@news.example"),
        *(f"FEEDSVC_MAIL__RECIPIENTS={PRESS}", "FEEDSVC_LANGUAGE=ru", *more),
    )
    service = Service([*(QUICK if quick else ()), *settings, *SERVE], folder)
    try:
        wait_for(lambda: service.get("/")[0] == 200)
        yield service
    finally:
        service.stop()
    assert "Traceback" not in (folder / "log").read_text()


def tellers(service: Service) -> list[int]:
    """Return the process numbers of the telling processes."""
    return [
        pid for pid, command in service.processes().items() if "feedsvc.telling.process" in command
    ]


def once(letters: list[Received]) -> list[Received]:
    """Return the letters as a mail program shows them: each Message-ID once, in order."""
    shown = {letter.id: letter for letter in letters}
    return sorted(shown.values(), key=lambda letter: int(letter.id.partition("@")[0].split(".")[1]))


def told(letters: list[Received]) -> dict[str, list[bool]]:
    """Return what was said of each file, one after the other: whether it was kept back."""
    said: dict[str, list[bool]] = {name: [] for name in NAMES}
    for letter in once(letters):
        for match in TOLD.finditer(letter.text):
            said[match["name"]].append(match["kept"] is not None)
    return said


def last_told(server: MailServer) -> dict[str, bool]:
    """Return of each file whether it is kept back, as far as that was told."""
    return {name: any(said[-1:]) for name, said in told(server.letters).items()}


@pytest.mark.parametrize(
    "kills", [pytest.param(15, marks=pytest.mark.short), pytest.param(120, marks=pytest.mark.long)]
)
def test_kills_lose_no_letter_and_repeat_none_under_another_id(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    # Each has a text of its own: a second file of the same text would be kept back.
    good = {name: GOOD + name.encode() for name in NAMES}
    state = dict(good)
    with serving() as server, running(tmp_path, server) as service:
        for name, data in state.items():
            (service.entries / name).write_bytes(data)
        killed = 0
        while killed < kills:
            name = chance.choice(NAMES)
            state[name] = BAD if state[name] == good[name] else good[name]
            (service.entries / name).write_bytes(state[name])
            # One at a time: each makes the pause before the next attempt longer.
            if chance.random() < 0.2 and not server.answers:
                server.answers.append(chance.choice((mail_server.DROP, "451 later")))
            time.sleep(chance.choice((0.05, 0.4, chance.random())))
            victims = tellers(service) if chance.random() < 0.7 else service.writers()
            for pid in victims:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        right = {name: data == BAD for name, data in state.items()}
        # A file that was never bad for long enough may never have been told.
        with suppress(AssertionError):
            wait_for(lambda: last_told(server) == right, 240)
        assert last_told(server) == right
        letters = list(server.letters)
    for name, said in told(letters).items():
        # Kept back and mended take turns, so nothing was said twice and nothing left out.
        assert said == [number % 2 == 0 for number in range(len(said))], name
    # A letter that was taken while its process was killed comes once more, as the same one.
    repeats = Counter(letter.id for letter in letters)
    assert sum(repeats.values()) - len(repeats) <= kills // 3


def test_a_letter_comes_within_seconds_of_a_file_that_is_kept_back(tmp_path: Path) -> None:
    with serving() as server, running(tmp_path, server, quick=False) as service:
        # Past the first, which tells what there was before.
        wait_for(lambda: bool(tellers(service)))
        time.sleep(7)
        start = time.monotonic()
        (service.entries / "a.txt").write_bytes(BAD)
        server.wait(1)
        assert 5 < time.monotonic() - start < 30
        (service.entries / "a.txt").write_bytes(GOOD)
        letters = server.wait(2)
    assert told(letters)["a.txt"] == [True, False]


def test_a_mail_server_that_hangs_holds_up_no_news_and_no_end(tmp_path: Path) -> None:
    with serving() as server, running(tmp_path, server) as service:
        server.answers.extend([mail_server.HANG] * 9)
        (service.entries / "a.txt").write_bytes(BAD)
        wait_for(lambda: server.connections > 0)
        (service.entries / "b.txt").write_bytes(GOOD)
        assert wait_for(lambda: service.shows("Заголовок")) < 10
        start = time.monotonic()
    assert time.monotonic() - start < 10


def test_a_mail_server_that_comes_back_gets_what_waited_over_a_restart(tmp_path: Path) -> None:
    server = MailServer()
    with running(tmp_path, server) as service:
        (service.entries / "a.txt").write_bytes(BAD)
        wait_for(lambda: "письма ждут отправки" in (tmp_path / "log").read_text())
    with running(tmp_path, server) as service:
        (service.entries / "b.txt").write_bytes(BAD)
        wait_for(lambda: (tmp_path / "log").read_text().count("письма ждут отправки") == 2)
        server.start()
        try:
            wait_for(lambda: told(server.letters)["b.txt"] == [True])
        finally:
            server.stop()
    assert told(server.letters)["a.txt"] == [True]
    assert len(server.letters) == len(once(server.letters))


def test_a_folder_that_vanishes_is_told_and_that_it_is_back(tmp_path: Path) -> None:
    with serving() as server, running(tmp_path, server) as service:
        (service.entries / "a.txt").write_bytes(GOOD)
        wait_for(lambda: service.shows("Заголовок"))
        service.entries.rename(tmp_path / "elsewhere")
        server.wait(1)
        (tmp_path / "elsewhere").rename(service.entries)
        letters = server.wait(2)
    assert [str(letter.message["Subject"]) for letter in letters] == [
        "Папка с новостями не в порядке",
        "Папка с новостями снова в порядке",
    ]


def test_without_instance_all_there_is_comes_in_one_letter(tmp_path: Path) -> None:
    with serving() as server:
        with running(tmp_path, server) as service:
            for name in NAMES:
                (service.entries / name).write_bytes(BAD)
            wait_for(lambda: all(told(server.letters).values()))
        for path in (tmp_path / "instance").iterdir():
            path.unlink()
        before = len(server.letters)
        with running(tmp_path, server):
            server.wait(before + 1)
            time.sleep(2)
    found = [letter.text for letter in server.letters[before:]]
    assert [text.count("Не опубликовано: ") for text in found] == [len(NAMES)]


def test_nothing_of_it_is_there_if_it_is_not_set_up(tmp_path: Path) -> None:
    with serving() as server:
        with running(tmp_path, server, "FEEDSVC_MAIL__HOST=") as service:
            (service.entries / "a.txt").write_bytes(BAD)
            wait_for(lambda: '"error":1' in service.get("/readyz")[1].replace(" ", ""))
            assert tellers(service) == []
        assert server.connections == 0
    assert not list((tmp_path / "instance").glob("telling*"))
