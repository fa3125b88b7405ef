"""Imports as a whole, by their command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.commands import run
from tests.support.files import picture
from tests.support.import_sources import BITRIX, RSS, WXR, post
from tests.support.newsroom import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir()
    return tmp_path


def bring(folder: Path, source: str | Path, *options: str) -> Result:
    variables = {"FEEDSVC_LANGUAGE": "en", "FEEDSVC_BASE_URL": "https://new.example"}
    return run(folder, "import", str(source), *options, **variables)


def written(folder: Path) -> dict[str, bytes]:
    found = (path for path in (folder / "entries").rglob("*") if path.is_file())
    return {path.relative_to(folder / "entries").as_posix(): path.read_bytes() for path in found}


def names(folder: Path) -> list[str]:
    return [name for _, _, files in os.walk(folder / "entries") for name in files]


def totals(done: Result) -> str:
    return next(line for line in done.stdout.splitlines() if line.startswith("Texts:"))


def wordpress(folder: Path, *posts: str) -> Path:
    path = folder / "export.xml"
    path.write_text(WXR + "".join(posts) + "</channel></rss>", "utf-8")
    return path


def test_an_import_can_be_repeated(folder: Path) -> None:
    source = wordpress(folder, post(1, "Один"), post(2, "Два", status="draft"))
    done = bring(folder, source)
    assert (done.exit_code, totals(done)) == (
        *(0, "Texts: 2, of them drafts: 1; files: 0; there before: 0"),
    )
    before = written(folder)
    assert sorted(before) == ["2014/a-2.md", "2014/a.md"]
    done = bring(folder, source)
    assert (done.exit_code, totals(done)) == (
        *(0, "Texts: 0, of them drafts: 0; files: 0; there before: 2"),
    )
    assert written(folder) == before


def test_what_was_edited_or_kept_back_is_left_as_it_is(folder: Path) -> None:
    source = wordpress(folder, post(1, "Один"), post(2, "Два"))
    bring(folder, source)
    one, two = (folder / "entries" / "2014" / name for name in ("a.md", "a-2.md"))
    one.write_text(one.read_text().replace("Два", "Иначе"))
    two.write_text(two.read_text().replace("date:", "dates:"))
    before = written(folder)
    assert totals(bring(folder, source)).endswith("there before: 2")
    assert written(folder) == before


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    source = wordpress(folder, post(1, "Один"))
    done = bring(folder, source, "--dry-run", "--into", str(folder / "entries"))
    assert written(folder) == {}
    assert done.stdout.splitlines()[-2:] == [
        "Nothing was written; without --dry-run this would be:",
        "Texts: 1, of them drafts: 0; files: 0; there before: 0",
    ]


def test_pages_come_with_their_pictures(folder: Path) -> None:
    site = folder / "saved" / "old.example"
    (site / "upload").mkdir(parents=True)
    (site / "news").mkdir()
    (site / "upload" / "a.png").write_bytes(picture((4, 3), "PNG"))
    (site / "news" / "1.html").write_text(BITRIX, "windows-1251")
    (site / "news" / "index.html").write_text("<p>" + "<time>2020-01-01</time>" * 3)
    (site / "about.html").write_text("<p>О нас")
    done = bring(folder, folder / "saved")
    assert sorted(written(folder)) == ["2014/1.md", "2014/1/a.png"]
    assert "about.html: it says no date" in done.stdout
    assert done.exit_code == 1
    assert totals(bring(folder, folder / "saved")).endswith("there before: 1")


def test_pages_of_the_own_host_are_known_again(folder: Path) -> None:
    address = '<link rel="canonical" href="https://new.example/news/1.html"></head>'
    (folder / "saved.html").write_text(BITRIX.replace("</head>", address), "windows-1251")
    assert totals(bring(folder, folder / "saved.html")).startswith("Texts: 1,")
    assert totals(bring(folder, folder / "saved.html")).endswith("there before: 1")
    (text,) = written(folder).values()
    assert b"address:" not in text
    assert b"- /news/1.html" in text


def test_a_file_that_cannot_lie_beside_a_text_is_named(folder: Path) -> None:
    source = wordpress(folder, post(1, '<img src="https://old.example/i.php?n=1">'))
    done = bring(folder, source, "--offline")
    assert "stays where it is: https://old.example/i.php?n=1" in done.stdout


def test_a_feed_in_a_file(folder: Path) -> None:
    (folder / "rss.xml").write_text(RSS.replace("{encoding}", "utf-8"), "utf-8")
    done = bring(folder, folder / "rss.xml", "--offline")
    assert totals(done).startswith("Texts: 2,")
    assert "a file is not at hand, and stays where it is: https://old.example/b.pdf" in done.stdout
    assert "is not a URI" in done.stdout or "guid" in done.stdout


def test_the_folder_of_another_generator(folder: Path) -> None:
    site = folder / "site"
    (site / "_posts").mkdir(parents=True)
    (site / "_layouts").mkdir()
    (site / "_config.yml").write_text("permalink: pretty\n")
    (site / "_layouts" / "post.html").write_text("{{ content }}")
    (site / "index.html").write_text("---\nlayout: home\n---\n")
    (site / "_posts" / "2014-08-13-a.md").write_text("---\ntitle: A\n---\n![x](/a.png)\n")
    (site / "_posts" / "2014-08-14-b.md").write_text("---\ntitle: B\npublished: false\n---\nб\n")
    (site / "a.png").write_bytes(picture((4, 3), "PNG"))
    done = bring(folder, site)
    assert sorted(written(folder)) == [
        *("_posts/2014-08-13-a.md", "_posts/2014-08-14-b.md", "a.png"),
    ]
    assert 'old_permalinks = ["/:categories/:year/:month/:day/:title/"]' in done.stdout
    assert "index.html" in done.stdout
    assert totals(done) == "Texts: 2, of them drafts: 1; files: 1; there before: 0"
    assert totals(bring(folder, site)).endswith("there before: 2")
    (folder / "entries" / "_posts" / "2014-08-13-a.md").write_text("another")
    assert "another file of this name" in bring(folder, site).stdout


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"hugo.toml": "[permalinks]\nposts = '/:year/:slug/'\n"},
            '["/:year/:slug/", "/:sections/:slug/"]',
        ),
        ({"config.yaml": "a: ["}, '["/:sections/:slug/"]'),
        ({"pelicanconf.py": "ARTICLE_URL = 'n/{slug}/'\n"}, '["/n/{slug}/"]'),
        ({"pelicanconf.py": ""}, '["/{slug}.html"]'),
        ({"_config.yml": "permalink: /n/:title\n"}, '["/n/:title"]'),
    ],
)
def test_the_settings_that_keep_old_addresses_are_named(
    folder: Path, files: dict[str, str], line: str
) -> None:
    (folder / "site" / "content").mkdir(parents=True)
    (folder / "site" / "static").mkdir()
    for name, text in files.items():
        (folder / "site" / name).write_text(text)
    done = bring(folder, folder / "site")
    assert f"  old_permalinks = {line}" in done.stdout.splitlines()
    assert f'  static = "{folder / "site" / "static"}"' in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.xml", None, "cannot be read: there is no such file or folder"),
        ("a.xml", "words", "is no feed"),
        ("b.xml", "", "is no feed"),
        ("c.json", "{}", "is no feed"),
    ],
)
def test_what_cannot_be_imported_is_told(
    folder: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (folder / name).write_text(content)
    done = bring(folder, folder / name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_is_never_read_as_a_feed(folder: Path) -> None:
    source = wordpress(folder, post(1, "Тайна", status="draft"))
    source.write_text(source.read_text().replace("http://wordpress.org", "https://wordpress.org"))
    assert totals(bring(folder, source)).startswith("Texts: 1, of them drafts: 1;")
    done = bring(folder, source, "--as", "feed")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is no feed" in done.stderr


def test_an_address_that_does_not_answer_is_told(folder: Path) -> None:
    done = bring(folder, "http://127.0.0.1:9/feed")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("http://127.0.0.1:9/feed cannot be read: ")


def test_without_its_libraries_the_command_says_what_to_install(folder: Path) -> None:
    code = (
        "import sys; sys.modules['feedparser'] = None;"
        "from feedsvc.cli import main; main(['import', 'x'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "this needs more libraries (feedparser): pip install 'feedsvc[import]'\n"
    )


@pytest.mark.long
def test_one_text_that_costs_too_much_stops_no_other(folder: Path) -> None:
    bomb = "<div>" * 200_000
    source = wordpress(folder, post(1, "Один"), post(2, bomb), post(3, "Три"))
    done = bring(folder, source)
    assert totals(done).startswith(("Texts: 2,", "Texts: 3,"))
    assert {b"\xd0\x9e\xd0\xb4\xd0\xb8\xd0\xbd\n", "Три\n".encode()} <= {
        text.rpartition(b"---\n")[2] for text in written(folder).values()
    }


@pytest.mark.parametrize("most", [4, pytest.param(40, marks=pytest.mark.long)])
def test_an_import_that_is_killed_leaves_whole_files_and_is_completed_by_the_next(
    folder: Path, most: int
) -> None:
    source = wordpress(folder, *(post(n, f"Текст {n} " * 50) for n in range(1, 301)))
    command = [sys.executable, "-m", "feedsvc", "import", str(source)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "FEEDSVC_BASE_URL": "https://new.example"}
    kills = 0
    while kills < most:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        count = len(names(folder))
        while process.poll() is None and len(names(folder)) < count + 10:
            time.sleep(0.002)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        for name, text in written(folder).items():
            assert name.endswith(".tmp") or b"\xd0\xa2\xd0\xb5\xd0\xba\xd1\x81\xd1\x82" in text, (
                name
            )
    assert kills > 2
    done = bring(folder, source)
    assert len([name for name in names(folder) if name.endswith(".md")]) == 300
    assert done.exit_code == 0
    checked = run(folder, "check", "--format", "json")
    assert json.loads(checked.stdout) == []
