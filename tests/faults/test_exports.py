"""Exporters and stores that die anywhere; disks that are full."""

import os
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedsvc import clock
from feedsvc.documents import DOCUMENTS
from feedsvc.edition import Edition
from feedsvc.export import bucket
from feedsvc.export.run import Exporter, open_target
from feedsvc.export.site import Site
from feedsvc.export.target import plain_key
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.exports import differing, export_to, tree
from tests.support.faults import done, mountable, needs
from tests.support.feed_clients import CLIENTS, YANDEX
from tests.support.newsroom import ROOT, Newsroom, item
from tests.support.object_store import BUCKET, SECRET, ObjectStore, object_store
from tests.support.waiting import wait_for

KILLS, MANY = 8, 10_000
# The process of an exporter, without what the command line adds to it.
CODE = """
import pickle, sys
from feedsvc.errors import ExportFailed
from feedsvc.export import bucket
from feedsvc.export.run import export
bucket.LEASE, bucket.RENEW = 8.0, 1.0
try:
    print(export(sys.argv[1], pickle.load(sys.stdin.buffer), accepts_removals=False))
except ExportFailed as error:
    sys.exit(str(error))
"""


def start(newsroom: Newsroom, target: str, **environ: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, target],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(pickle.dumps(newsroom.settings))
    process.stdin.close()
    process.stdin = None
    return process


def entries(chance: random.Random, count: int) -> dict[str, bytes]:
    return {
        f"n{n}.md": item(f"News {n} {chance.random()}", f"2026-0{1 + n % 6}-{1 + n % 28:02}")
        for n in range(count)
    }


def test_after_kills_anywhere_the_next_export_makes_the_whole(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    chance, out = random.Random(14), tmp_path / "out"
    newsroom.publish(entries(chance, 60))
    killed = 0
    for _ in range(KILLS):
        newsroom.apply(entries(chance, chance.choice((3, 60))), [f"n{chance.randrange(60)}.md"])
        process = start(newsroom, str(out))
        wait_for((out / ".feedsvc/state/unfinished").exists)
        try:
            process.wait(chance.random() * 2)
        except subprocess.TimeoutExpired:
            killed += 1
        process.kill()
        process.communicate()
    assert killed
    assert export_to(out, newsroom.settings).foreign == 0
    export_to(tmp_path / "fresh", newsroom.settings)
    assert differing(out, tmp_path / "fresh") == set()


def test_a_full_disk_is_told_and_the_next_export_mends_it(newsroom: Newsroom) -> None:
    needs("mount")
    newsroom.publish(entries(random.Random(1), 60))
    with mountable() as folder:
        out = folder / "out"
        out.mkdir()
        done("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", out)
        process = start(newsroom, str(out))
        assert b"the disk is full" in process.communicate()[1]
        assert process.returncode == 1
        assert not list((out / ".feedsvc/state/unfinished").iterdir())
        done("mount", "-o", "remount,size=64m", out)
        export_to(out, newsroom.settings)
        export_to(folder / "fresh", newsroom.settings)
        assert differing(out, folder / "fresh") == set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    with object_store(tmp_path) as running:
        yield running


def export_there(newsroom: Newsroom, store: ObjectStore) -> tuple[int, str]:
    process = start(newsroom, f"s3://{BUCKET}", **store.environ)
    output, errors = process.communicate()
    return process.returncode, (output + errors).decode()


def expected(newsroom: Newsroom, folder: Path) -> dict[str, bytes]:
    """Return what a store must contain: a folder's files, as a store has them."""
    export_to(folder, newsroom.settings)
    found = tree(folder)
    plain = {key: each for key, each in found.items() if not key.endswith((".gz", ".br"))}
    return {
        key.removeprefix(".feedsvc/gone/").replace("opml.xml.opml", "opml.xml"): each
        for key, each in plain.items()
    }


def test_what_others_do_in_the_store_is_put_right(
    newsroom: Newsroom, store: ObjectStore, tmp_path: Path
) -> None:
    newsroom.publish(entries(random.Random(3), 20))
    code, output = export_there(newsroom, store)
    assert code == 0, output
    assert store.contents() == expected(newsroom, tmp_path / "first")
    store.put("robots.txt", b"Disallow: /")
    store.delete("feeds/atom.xml")
    store.put("theirs.txt", b"theirs")
    code, output = export_there(newsroom, store)
    assert code == 0, output
    assert "foreign=1" in output
    whole = expected(newsroom, tmp_path / "second")
    assert store.contents() == {**whole, "theirs.txt": b"theirs"}


def answered(settings: Settings) -> dict[str, bytes]:
    """Return what the service itself answers at the path of each document, by its key."""
    site, found = Site(settings), {}
    with Catalogue(settings.instance).snapshot() as snapshot:
        edition = Edition(snapshot, clock.now())
        paths = [path for each in DOCUMENTS for path in each.paths(edition, settings)]
    for path in paths:
        with site.ask(path) as answer:
            key = plain_key(path)
            if answer is not None and key is not None:
                found[key] = answer.body()
    return found


def test_ten_thousand_entries_outlive_all_that_dies_and_one_change_is_few_writes(
    newsroom: Newsroom, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish(entries(random.Random(7), MANY))

    # The store is killed in the middle, the keys are wrong, an exporter is killed.
    process = start(newsroom, f"s3://{BUCKET}", **store.environ)
    wait_for(lambda: len(store.objects()) > MANY // 10)
    store.kill()
    assert b"cannot be used" in process.communicate()[1]
    assert process.returncode == 1
    store.start()
    wrong = {**store.environ, "AWS_SECRET_ACCESS_KEY": "wrong-secret-text"}
    process = start(newsroom, f"s3://{BUCKET}", **wrong)
    errors = process.communicate()[1].decode()
    assert (process.returncode, "refuses access" in errors) == (1, True), errors
    assert "secret-text" not in errors
    process = start(newsroom, f"s3://{BUCKET}", **store.environ)
    before = len(store.objects())
    wait_for(lambda: len(store.objects()) > before + 500 or process.poll() is not None)
    assert process.poll() is None
    process.kill()
    process.communicate()

    # The rest comes once the lock of the one that died has run out; then one entry is changed.
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "LEASE", 8.0)
    monkeypatch.setattr(bucket, "RENEW", 1.0)
    target = open_target(f"s3://{BUCKET}", newsroom.settings)
    with target.locked():
        exporter = Exporter(newsroom.settings, target, accepts_removals=False)
        assert exporter.until_quiet().documents > MANY
        objects = store.objects()
        newsroom.apply({"n100.md": item("Changed", "2026-05-17")})
        changed = exporter.changes()
        again = store.objects()
    assert changed is not None
    assert changed.deleted == 0
    written = {key for key in again if again[key] != objects.get(key)}
    assert "presscenter/news/detail/n100.html" in written
    assert len(written) < 40, written

    # Every document is there for everybody, as the service has it; readers of feeds get it.
    contents = store.contents()
    whole = answered(newsroom.settings)
    assert {key for key, body in whole.items() if contents.get(key) != body} == set()
    assert {key for key in contents if not key.startswith(".feedsvc/")} == set(whole)
    for kind in CLIENTS:
        for feed in set(kind.feeds) - {YANDEX}:
            home = tmp_path / kind.name / Path(feed).name
            home.mkdir(parents=True)
            reader = kind(home, f"http://127.0.0.1:{store.port}/{BUCKET}{feed}")
            needs(*reader.tools, root=False)
            reader.poll()
            titles = {each.title for each in reader.items().values()}
            assert titles, (kind.name, feed)
            assert all(title.startswith("News ") for title in titles), (kind.name, feed)


def test_two_exporters_never_have_one_store(
    newsroom: Newsroom, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish(entries(random.Random(4), 3))
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "RENEW", 1.0)
    with open_target(f"s3://{BUCKET}", newsroom.settings).locked():
        code, output = export_there(newsroom, store)
        assert (code, "another process is exporting" in output) == (1, True), output
    code, output = export_there(newsroom, store)
    assert code == 0, output


def test_a_store_whose_disk_is_full_is_told_and_filled_later(newsroom: Newsroom) -> None:
    needs("mount")
    newsroom.publish(entries(random.Random(5), 60))
    with mountable() as folder:
        data = folder / "data"
        data.mkdir()
        done("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", data)
        with object_store(folder) as store:
            with (data / "ballast").open("wb") as ballast:
                try:
                    while True:
                        ballast.write(b"x" * 65536)
                        ballast.flush()
                except OSError:
                    pass
            code, output = export_there(newsroom, store)
            assert code == 1, output
            assert "cannot be used" in output
            assert SECRET not in output
            (data / "ballast").unlink()
            store.kill()
            store.start()
            code, output = export_there(newsroom, store)
            assert code == 0, output
            assert store.contents() == expected(newsroom, folder / "fresh")
