"""Bad files among good ones: every other document stays as it is, to the byte."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from feedsvc.sync.loop import SyncLoop
from feedsvc.web import freshness
from tests.support.folder import quicken
from tests.support.newsroom import item
from tests.support.service import FEEDS, page

Bad = bytes | Callable[[Path], None]
MIB = 1024 * 1024


def front(*lines: str, body: str = "Text.") -> bytes:
    return "\n".join(("---", *lines, "---", "", body, "")).encode()


def good(*lines: str, body: str = "Text.") -> bytes:
    return front("title: Bad", "date: 2026-01-01", *lines, body=body)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    # A socket's name must be short.
    with socket.socket(socket.AF_UNIX) as made:
        folder = os.open(path.parent, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)


def a_folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)
    (path / "inner.md").write_bytes(b"broken")


def deep_folders(path: Path) -> None:
    path.mkdir()
    deepest = path
    while len(str(deepest)) < 3500:
        deepest /= "d" * 100
        deepest.mkdir()
    (deepest / "x.md").write_bytes(b"broken")


def many_files(path: Path) -> None:
    path.mkdir()
    for number in range(300):
        (path / f"{number}.md").write_bytes(b"broken")


def linked(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def hard_link(path: Path) -> None:
    # The same bytes as another file, and the id of that.
    os.link(path.parent / "n1.md", path)


def named(name: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with open(os.fsencode(path.parent) + b"/" + name, "wb") as file:
            file.write(b"broken")

    return make


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 * 1024 * MIB)


# None of them is an entry. Where an id is claimed, it is that of a good file.
BAD: dict[str, Bad] = {
    "empty": b"",
    "blank": b" \n\t\n  \n",
    "one byte": b"\xff",
    "NULs": b"\0" * 5000,
    "random": bytes(range(256)) * 40,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
    "a zip": b"PK\3\4\x14\0\x06\0" + bytes(1000),
    "half a letter": good(body="Текст")[:-2],
    "cut UTF-16": b"\xff\xfe" + good().decode().encode("utf-16-le")[:-1],
    "UTF-32": good().decode().encode("utf-32"),
    "KOI8-R": "Заголовок\n13.08.2014\nТекст новости".encode("koi8-r"),
    "lone surrogate": b"---\ntitle: \xed\xa0\x80\ndate: 2026-01-01\n---\nText\n",
    "overlong": b"---\ntitle: \xc0\xaf\xc0\xaf\ndate: 2026-01-01\n---\nText\n",
    "1 MiB and a byte": good(body="x" * MIB),
    "20 GiB of nothing": sparse,
    "no heading block": b"Title\nText\n",
    "open heading block": b"---\ntitle: Bad\ndate: 2026-01-01\n",
    "open bracket": good("categories: [a"),
    "open quote": good('author: "a'),
    "tab": good("summary:", "\tx: y"),
    "an anchor bomb": good("a: &a [x,x,x]", "b: &b [*a,*a,*a]", "title: *b"),
    "an unknown alias": good("author: *nobody"),
    "50,000 brackets": good("author: " + "[" * 50_000),
    "50,000 keys": front(*(f"k{number}: {{" for number in range(50_000))),
    "a list": front("- title", "- date"),
    "a scalar": front("title"),
    "a tag": front("!!python/object/apply:os.system ['true']"),
    "no title": front("date: 2026-01-01"),
    "title as a list": front("title: [a, b]", "date: 2026-01-01"),
    "no date": front("title: Bad"),
    "date: soon": front("title: Bad", "date: soon"),
    "date: 2014": front("title: Bad", "date: 2014"),
    "31 February": front("title: Bad", "date: 31.02.2026"),
    "year 0": front("title: Bad", "date: 0000-01-01"),
    "year 99999": front("title: Bad", "date: 99999-01-01"),
    "date twice": front("title: Bad", "date: 2026-01-01", "date: 2026-01-02"),
    "a bad status": good("status: secret"),
    "a bad id": good("id: ../../etc/passwd"),
    "a long id": good(f"id: {'x' * 129}"),
    "the id of another": good("id: n1"),
    "the guid of another": good("guid: https://elsewhere.example/n2"),
    "a bad guid": good("guid: nonsense"),
    "no text": good(body=""),
    "50,000 quotes": good(body=">" * 50_000 + " x"),
    "50,000 tags": good(body="<div>" * 50_000),
    "a million ampersands": good(body="&" * 1_000_000),
    "a pipe": a_pipe,
    "a socket": a_socket,
    "a folder": a_folder,
    "deep folders": deep_folders,
    "many bad files": many_files,
    "a link out": linked("/etc/passwd"),
    "a link to nothing": linked("nothing"),
    "a link to itself": linked("bad.md"),
    "a link to the folder": linked("."),
    "a link to a device": linked("/dev/zero"),
    "a hard link": hard_link,
    "a name in Latin-1": named(b"\xe4\xf6.md"),
    "a name of line breaks": named(b"a\nb\r\x1b[2J.md"),
    "a long name": named(b"x" * 251 + b".md"),
}


class Shop:
    """Many good files, and everything of them that is public."""

    def __init__(self, settings: Settings, count: int) -> None:
        self.settings = replace(settings, feed_size=60)
        self.entries = settings.entries
        for number in range(count):
            keys = {1: {"id": "n1"}, 2: {"guid": "https://elsewhere.example/n2"}}.get(number, {})
            path = self.entries / ("." if number < 100 else f"d{number % 50}") / f"n{number}.md"
            path.parent.mkdir(exist_ok=True)
            date = f"20{number % 26:02}-{number % 12 + 1:02}-01"
            path.write_bytes(item(f"Новость {number}", date=date, body=f"Текст {number}.", **keys))
            os.utime(path, (1_000_000_000, 1_000_000_000))
        self.sync = SyncLoop(self.settings)
        self.sync.run(self.sync.is_busy)
        self.client: FlaskClient = build_app(self.settings).test_client()
        self.names = [f"n{number}" for number in range(count)]

    def documents(self, names: list[str]) -> dict[str, tuple[int, bytes, str | None]]:
        """Return all feeds and the pages of some entries, with their entity tags."""
        answers = {path: self.client.get(path) for path in (*FEEDS, "/", *map(page, names))}
        return {
            path: (answer.status_code, answer.data, answer.headers.get("ETag"))
            for path, answer in answers.items()
        }

    def stored(self) -> dict[str, tuple[bytes, ...]]:
        """Return what is stored of every entry."""
        rows = self.sync._writer._connection.execute(  # noqa: SLF001 - all of it, quickly
            "SELECT entry.id, entry.status, entry.digest, data"
            " FROM entry LEFT JOIN file USING (path)"
        )
        return {row[0]: row[1:] for row in rows}

    def scan(self) -> None:
        """Let the service notice what has changed."""
        self.sync._scan_at = 0  # noqa: SLF001 - as `feedsvc sync` asks
        self.sync.run(self.sync.is_busy)


@pytest.fixture
def shop(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    quicken(monkeypatch, 0.2)
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    made = Shop(settings, request.param)
    with closing(made.sync):
        yield made


def place(path: Path, bad: Bad) -> None:
    if isinstance(bad, bytes):
        path.write_bytes(bad)
    else:
        bad(path)


def clear(shop: Shop, known: set[bytes]) -> None:
    folder = os.fsencode(shop.entries)
    for name in set(os.listdir(folder)) - known:
        path = folder + b"/" + name
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


@pytest.mark.parametrize(
    "shop",
    [pytest.param(60, marks=pytest.mark.short), pytest.param(10_000, marks=pytest.mark.long)],
    indirect=True,
)
def test_a_bad_file_changes_no_other_document(shop: Shop) -> None:
    assert len(BAD) >= 50
    known = set(os.listdir(os.fsencode(shop.entries)))
    names = shop.names[:60] + shop.names[60::199]
    before, stored = shop.documents(names), shop.stored()
    assert all(status == 200 for status, _, _ in before.values())
    for kind, bad in BAD.items():
        place(shop.entries / "bad.md", bad)
        shop.scan()
        assert shop.documents(names) == before, kind
        assert shop.stored() == stored, kind
        assert shop.sync._writer.snapshot().problems(), kind  # noqa: SLF001 - it was seen
        clear(shop, known)
        shop.scan()
        assert shop.stored() == stored, kind
        assert not shop.sync._writer.snapshot().problems(), kind  # noqa: SLF001
    assert shop.documents(names) == before


@pytest.mark.parametrize(
    "shop",
    [pytest.param(60, marks=pytest.mark.short), pytest.param(10_000, marks=pytest.mark.long)],
    indirect=True,
)
def test_a_good_file_that_turns_bad_changes_no_document_at_all(shop: Shop) -> None:
    names = shop.names[:60] + shop.names[60::199]
    before, stored = shop.documents(names), shop.stored()
    path = shop.entries / "n7.md"
    whole = path.read_bytes()
    for kind, bad in BAD.items():
        if kind.startswith("a name") or kind == "a long name":
            continue
        path.unlink()
        place(path, bad if kind != "a link to itself" else linked("n7.md"))
        shop.scan()
        # It keeps its last good version, so all are as they were, its own page included.
        assert shop.documents(names) == before, kind
        assert shop.stored() == stored, kind
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        path.write_bytes(whole)
        shop.scan()
        assert shop.stored() == stored, kind
    assert shop.documents(names) == before
