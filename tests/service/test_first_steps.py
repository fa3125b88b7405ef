"""From an empty folder to the first text in the feed, as somebody who has read nothing."""

import os
import pty
import re
import select
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from pathlib import Path

from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.service import soon
from tests.support.waiting import wait_for

FEEDSVC = [sys.executable, "-m", "feedsvc"]
# In seconds.
PATIENCE = 30


def environ(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEEDSVC_")}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "ru_RU.UTF-8", "LC_ALL": "", **more}


class Terminal:
    """A command that believes it talks to a person."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*FEEDSVC, *arguments],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ(PYTHONIOENCODING="utf-8", **variables),
            start_new_session=True,
        )
        os.close(theirs)
        self._shown = b""

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        os.close(self._ours)

    def read_until(self, text: str) -> str:
        """Return what is shown up to a text, for which it waits."""
        deadline = time.monotonic() + PATIENCE
        wanted = text.encode()
        while wanted not in self._shown:
            assert time.monotonic() < deadline, self._shown.decode("utf-8", "replace")
            assert self._read(), self._shown.decode("utf-8", "replace")
        shown, _, self._shown = self._shown.partition(wanted)
        return shown.decode()

    def read_to_the_end(self) -> str:
        while self._read():
            pass
        assert self.process.wait(PATIENCE) is not None
        return self._shown.decode()

    def type(self, text: str) -> None:
        os.write(self._ours, f"{text}\n".encode())

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], PATIENCE)[0]:
            return False
        try:
            self._shown += os.read(self._ours, 4096)
        except OSError:  # the command has ended
            return False
        return True


def get(port: int, path: str) -> str:
    done = subprocess.run(
        ["curl", "-s", f"http://127.0.0.1:{port}{path}"], capture_output=True, check=False
    )
    return done.stdout.decode()


def serving(folder: Path, port: int) -> Terminal:
    return Terminal(folder, "serve", "--port", str(port), "--workers", "1", FEEDSVC_RESCAN="1")


def test_from_an_empty_folder_to_the_first_text_in_the_feed(tmp_path: Path) -> None:
    folder, port = tmp_path, free_port()
    with closing(serving(folder, port)) as service:
        shown = service.read_until("о языке.")
        assert f"There is no settings file {folder / 'feedsvc.toml'}" in shown
        assert f"Serving at http://127.0.0.1:{port}/" in shown
        wait_for(lambda: "How to begin" in get(port, "/"))
    with closing(Terminal(folder, "init")) as terminal:
        for question, answer in (
            ("Язык сайта (en, ru) [ru]: ", "de"),
            ("нужно одно из: en, ru", None),
            ("Язык сайта (en, ru) [ru]: ", ""),
            ("Название сайта [Новости]: ", 'Район "Южный"'),
            ("[Пресс-служба]: ", "Управа"),
            ("Часовой пояс [", "Asia/Omsk"),
            ("Адрес сайта: ", "http://press.example"),
            ("Корень всех номеров [press.example,", "press.example,2014"),
            ("Почта пресс-службы: ", ""),
        ):
            terminal.read_until(question)
            if answer is not None:
                terminal.type(answer)
        assert "Что дальше:" in terminal.read_to_the_end()
        assert terminal.process.returncode == 0
    made = tomllib.loads((folder / "feedsvc.toml").read_text(encoding="utf-8"))
    assert (made["title"], made["timezone"]) == ('Район "Южный"', "Asia/Omsk")
    with closing(serving(folder, port)) as service:
        shown = service.read_until("http://127.0.0.1:")
        assert f"Настройки: {folder / 'feedsvc.toml'}" in shown
        assert "http://press.example/" in shown
        with closing(Terminal(folder, "new", "Открылся каток")) as terminal:
            path = Path(re.findall(r"Записано: (\S+)", terminal.read_to_the_end())[0])
        assert path == folder / "entries" / "otkrylsya-katok.md"
        wait_for(lambda: "<title>Район &#34;Южный&#34;</title>" in get(port, "/"))
        assert "Открылся каток" not in get(port, "/feeds/atom.xml")
        text = path.read_text(encoding="utf-8").replace("status: draft\n", "")
        path.write_text(text, encoding="utf-8")
        soon(lambda: "Открылся каток" in get(port, "/feeds/atom.xml"))
        feed = get(port, "/feeds/atom.xml")
        assert "tag:press.example,2014:otkrylsya-katok" in feed
        # The example is still one.
        assert "Наш сайт открылся" not in feed


def test_who_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    with closing(Terminal(tmp_path, "init")) as terminal:
        terminal.read_until("Язык сайта (en, ru) [ru]: ")
        terminal.type("")
        terminal.read_until("Название сайта [Новости]: ")
        terminal.type("\x04")  # the end of the input
        assert terminal.process.wait(PATIENCE) == 1
    assert list(tmp_path.iterdir()) == []
