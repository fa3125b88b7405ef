"""Exports to a folder: what is written, what is not, and what nobody may lose."""

import fcntl
import gzip
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import brotli
import pytest

from feedsvc.app import build_app
from feedsvc.documents import DOCUMENTS
from feedsvc.errors import ExportFailed
from feedsvc.export.run import open_target
from feedsvc.export.target import GONE, OWN, STATE, told_key
from feedsvc.export.writing import Writing
from feedsvc.settings import Settings
from tests.support.exports import export_to, tree
from tests.support.newsroom import NOW, Newsroom, SetClock, item

PAGE = "presscenter/news/detail/{}.html"


@pytest.fixture
def site(newsroom: Newsroom, set_clock: SetClock) -> Newsroom:
    """Publish entries, one of them withdrawn."""
    set_clock(NOW)
    files = {f"n{day}.md": item(f"News {day}", f"2026-03-{day:02}") for day in range(1, 8)}
    gone = {"gone.md": item("Gone", "2026-03-05", status="withdrawn", reason="A mistake.")}
    newsroom.publish({**files, **gone, "sport.md": item("Sport", categories="Sport")})
    return newsroom


def test_every_document_is_a_file_with_the_bytes_that_the_service_answers(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    outcome = export_to(folder, site.settings)
    client = build_app(site.settings).test_client()
    edition = site.edition()
    paths = [path for each in DOCUMENTS for path in each.paths(edition, site.settings)]
    assert outcome.documents == len(paths) + 1  # the page of what is gone
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        key = told_key(path[1:] + ("index.html" if path.endswith("/") else ""), answer.content_type)
        assert (folder / key).read_bytes() == answer.data
        if answer.last_modified is not None:
            assert (folder / key).stat().st_mtime == answer.last_modified.timestamp()
        for coding, end in (("gzip", ".gz"), ("br", ".br")):
            encoded = client.get(path, headers={"Accept-Encoding": coding})
            there = (folder / f"{key}{end}").exists()
            assert there == (encoded.content_encoding == coding), path
            if there:
                assert (folder / f"{key}{end}").read_bytes() == encoded.data


def test_files_in_other_codings_decode_to_the_same(site: Newsroom, tmp_path: Path) -> None:
    export_to(tmp_path / "out", site.settings)
    found = tree(tmp_path / "out")
    packed = [key for key in found if key.endswith((".gz", ".br"))]
    assert len(packed) > 20
    for key in packed:
        decode = gzip.decompress if key.endswith(".gz") else brotli.decompress
        assert decode(found[key]) == found[key[:-3]]


def test_what_is_withdrawn_is_only_where_a_server_makes_it_gone(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    assert not (folder / PAGE.format("gone")).exists()
    text = (folder / GONE / PAGE.format("gone")).read_text()
    assert "A mistake." in text
    assert '<meta name="robots" content="noindex">' in text
    assert PAGE.format("gone") in (folder / OWN / "gone.json").read_text()


def test_a_page_that_is_withdrawn_later_leaves_its_place_with_its_pictures(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    site.apply({"n3.md": item("News 3", "2026-03-03", status="withdrawn", reason="Wrong.")})
    export_to(folder, site.settings)
    assert not list((folder / PAGE.format("n3")).parent.glob("n3.html*"))
    assert "Wrong." in (folder / GONE / PAGE.format("n3")).read_text()
    assert "News 3" not in (folder / "feeds/atom.xml").read_text().partition("<at:")[0]


def test_a_second_export_writes_nothing(site: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    before = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    outcome = export_to(folder, site.settings)
    assert (outcome.written, outcome.files, outcome.deleted) == (0, 0, 0)
    for path, status in before.items():
        assert path.stat().st_ino == status.st_ino or path.name == "about.json"


def test_two_exports_of_one_site_are_alike_with_their_dates(site: Newsroom, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        export_to(folder, site.settings)
    assert tree(one) == tree(two)
    for key in tree(one):
        if not key.startswith(OWN) or key.startswith(GONE):
            assert (one / key).stat().st_mtime == (two / key).stat().st_mtime


def test_what_somebody_else_did_is_mended_but_his_own_files_stay(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    whole = tree(folder)
    (folder / PAGE.format("n1")).write_text("changed")
    (folder / PAGE.format("n2.html.gz".removesuffix(".html"))).unlink(missing_ok=True)
    (folder / "feeds/atom.xml").unlink()
    (folder / "feeds/rss.xml.gz").unlink()
    (folder / ".well-known").mkdir()
    (folder / ".well-known/security.txt").write_text("theirs")
    outcome = export_to(folder, site.settings)
    assert tree(folder) == {**whole, ".well-known/security.txt": b"theirs"}
    assert outcome.foreign == 1
    assert outcome.written == 3


def test_an_emptied_target_is_filled_again(site: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    whole = tree(folder)
    for key in whole:
        (folder / key).unlink()
    export_to(folder, site.settings)
    assert tree(folder) == whole


def test_residue_of_an_exporter_that_died_is_removed(site: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    whole = tree(folder)
    (folder / STATE / "unfinished" / "7").write_text("half a")
    (folder / "presscenter/news/detail/n1.html.jpg").write_text("of another type once")
    export_to(folder, site.settings)
    assert tree(folder) == whole
    assert not list((folder / STATE / "unfinished").iterdir())


def test_what_a_dying_exporter_had_just_written_is_known_to_the_next(
    site: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    site.apply({"new.md": item("New", "2026-03-09")})

    note = Writing._note  # noqa: SLF001 - between the writing of a file and the record of it

    def die(*arguments: Any) -> None:
        if arguments[1].path.endswith("/new.html"):
            raise SystemExit
        note(*arguments)

    with monkeypatch.context() as dying:
        dying.setattr(Writing, "_note", die)
        with pytest.raises(SystemExit):
            export_to(folder, site.settings)
    assert (folder / PAGE.format("new")).exists()
    site.apply({"new.md": item("New", "2026-03-09", status="draft")})
    assert export_to(folder, site.settings).foreign == 0
    assert not list((folder / PAGE.format("new")).parent.glob("new*"))


def test_much_that_is_gone_at_once_stays_until_somebody_accepts_it(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    files = {f"n{day}.md": item(f"News {day}", f"2026-03-{day:02}") for day in range(1, 29)}
    newsroom.publish(files)
    folder = tmp_path / "out"
    export_to(folder, newsroom.settings)
    # As if instance/ had been lost together with most of the folder.
    drafts = {path: item("News", "2026-03-01", status="draft") for path in list(files)[:25]}
    newsroom.apply(drafts)
    outcome = export_to(folder, newsroom.settings)
    assert outcome.deleted == 0
    assert outcome.held >= 25
    assert (folder / PAGE.format("n1")).exists()
    assert "News 1<" not in (folder / "feeds/atom.xml").read_text()
    outcome = export_to(folder, newsroom.settings, accepts_removals=True)
    assert outcome.deleted >= 25
    assert not (folder / PAGE.format("n1")).exists()


def test_while_the_catalogue_holds_removals_back_nothing_is_deleted(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    site.apply({"n1.md": item("News 1", "2026-03-01", status="draft")})
    site.writer.record_scan("empty", NOW)
    outcome = export_to(folder, site.settings)
    assert (outcome.held, outcome.deleted) == (1, 0)
    assert (folder / PAGE.format("n1")).exists()


def test_only_one_exporter_has_a_target(site: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    with (folder / STATE / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ExportFailed, match="another process is exporting"):
            export_to(folder, site.settings)
    export_to(folder, site.settings)


@pytest.mark.parametrize("place", ["entries", "entries/out", "instance/out", "."])
def test_a_folder_that_the_service_uses_is_refused(
    site: Newsroom, tmp_path: Path, place: str
) -> None:
    with pytest.raises(ExportFailed, match="choose a folder of its own"):
        export_to(tmp_path / place, site.settings)


def test_a_folder_of_somebody_else_is_refused_and_left_alone(
    site: Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine").write_text("precious")
    with pytest.raises(ExportFailed, match="is not empty, and was not made by"):
        export_to(folder, site.settings)
    assert os.listdir(folder) == ["mine"]


@pytest.mark.parametrize("name", ["ftp://host/x", "gs://bucket", "http://host"])
def test_a_scheme_that_is_not_known_is_told(site: Newsroom, name: str) -> None:
    with pytest.raises(ExportFailed, match="only a folder, or s3://bucket/folder"):
        open_target(name, site.settings)


def test_nothing_is_exported_of_a_catalogue_that_is_not_complete(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.apply({"a.md": item()})
    with pytest.raises(ExportFailed, match="not ready yet"):
        export_to(tmp_path / "out", newsroom.settings)
    assert not tree(tmp_path / "out")


def test_a_damaged_record_is_told(site: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_to(folder, site.settings)
    (record, *_) = sorted((folder / STATE).glob("written-*"))
    record.write_bytes(b"torn")
    with pytest.raises(ExportFailed, match="is damaged"):
        export_to(folder, site.settings)


def test_pages_without_an_end_are_told_by_one(
    settings: Settings, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    room = Newsroom(replace(settings, permalink="/<folder>/<id>"))
    room.publish({"a/b.md": item("B"), "a/b/c.md": item("C"), "a.md": item("A")})
    folder = tmp_path / "out"
    outcome = export_to(folder, room.settings)
    room.writer.close()
    assert not outcome.left_out
    assert {"a/b.html", "a/b/c.html", "a.html"} <= tree(folder).keys()
