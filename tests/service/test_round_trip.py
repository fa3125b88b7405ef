"""What feedsvc serves, imported again, serves the same bytes."""

import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.attacks import ATTACKS, attacked
from tests.support.files import picture
from tests.support.newsroom import ROOT, item
from tests.support.service import SERVE, Service
from tests.support.waiting import wait_for

# With an address of the site that is the first service's, so that both say the same.
VARIABLES = {
    "FEEDSVC_LANGUAGE": "ru",
    "FEEDSVC_TIMEZONE": "Europe/Moscow",
    "FEEDSVC_AUTHORITY": "press.example,2014",
    "FEEDSVC_AUTHOR": "Управа района",
}
FEEDS = "/feeds/atom.xml /feeds/rss.xml /feeds/feed.json /feeds/yandex.xml /feeds/opml.xml".split()


def lay(entries: Path) -> None:
    """Write entries of every kind that a reader can see."""
    shutil.copytree(ROOT / "entries", entries, dirs_exist_ok=True)
    files = {
        "a.md": item("A & <b>", date="2026-06-30 23:00", categories="Спорт", author="Иван"),
        "b.md": item("B", date="2026-06-01", lang="en", correction="Нет <i>", categories="Спорт"),
        "c.md": item(
            *("C", "2026-05-05", "[x](/y) ![](c.png)\n\n## H\n\n* a\n* b\n\nx[^1]\n\n[^1]: y"),
            updated="2026-07-01",
        ),
        "d.md": item("D", date="1901-05-05", guid="https://old.example/d", summary="S & <s>"),
        "gone.md": item("G", date="2026-06-15", status="withdrawn", reason="Ошибка & <b>"),
        "e.txt": "Заголовок\n30.06.2026\nТекст www.mos.ru\nстрока\n\nЕщё".encode(),
        "f.md": b"---\ntitle: F\ndate: 2026-06-20\n"
        b"image: {file: c.png, alt: 'A \"q\"', caption: C & x}\n"
        b"---\nSee [d](d.md) and {x} [a] `{{ x }}`.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n",
        "g.html": b"---\ntitle: G\ndate: 2026-06-21\n---\n<p>HTML</p>",
    }
    files |= {f"x{n}.md": attacked(attack, id=f"x{n}") for n, attack in enumerate(ATTACKS)}
    files |= {name: picture((4, 3), "PNG") for name in ("a.png", "c.png", "d.png")}
    files |= {f"old/{n}.md": item(f"N{n}", f"20{10 + n % 16}-0{1 + n % 9}-01") for n in range(60)}
    (entries / "old").mkdir()
    for name, data in files.items():
        (entries / name).write_bytes(data)
    (entries / "a").mkdir(exist_ok=True)
    (entries / "a" / "план.pdf").write_bytes(b"%PDF-1.4")


@contextmanager
def serving(folder: Path, site: str | None = None) -> Iterator[Service]:
    """Serve a folder's entries, at an address that is another service's if it is given."""
    command = ["env", *(f"{name}={value}" for name, value in VARIABLES.items())]
    command += [f"FEEDSVC_BASE_URL={site}"] if site else []
    service = Service([*command, *SERVE], folder)
    try:
        wait_for(lambda: service.get("/readyz")[0] == 200)
        yield service
    finally:
        service.stop()


def ask(service: Service, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{service.port}{path}", timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def documents(service: Service, site: str) -> list[str]:
    """Return the paths of all documents that the sitemaps name, and of the feeds."""
    found = dict.fromkeys([*FEEDS, "/", "/sitemap.xml"])
    for path in re.findall(f"<loc>{site}([^<]*)", service.get("/sitemap.xml")[1]):
        found[path] = None
        found |= dict.fromkeys(re.findall(f"<loc>{site}([^<]*)", service.get(path)[1]))
    feeds = {
        link
        for path in found
        for link in re.findall(r'href="(/feeds/[^"]*)"', service.get(path)[1])
    }
    archives = re.findall(f'{site}(/feeds/archive/[^"]*)', service.get("/feeds/atom.xml")[1])
    return [*found, *sorted(feeds), *archives]


def test_what_is_served_and_imported_again_serves_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (first / "entries").mkdir()
    lay(first / "entries")
    with serving(first) as one:
        site = f"http://127.0.0.1:{one.port}"
        environ = {"PYTHONPATH": str(ROOT), "FEEDSVC_BASE_URL": site, **VARIABLES}
        command = [sys.executable, "-m", "feedsvc", "import", f"{site}/feeds/atom.xml"]
        command += ["--into", str(second / "entries")]
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        with serving(second, site) as other:
            paths = documents(one, site)
            assert len(paths) > 100
            assert [path for path in paths if ask(one, path) != ask(other, path)] == []
