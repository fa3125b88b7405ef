"""A backup by the line in docs/deploy.md, restored on an empty system, answers the same bytes."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.connections import ATOM
from tests.support.newsroom import ROOT, item
from tests.support.replicas import ask
from tests.support.service import SERVE, Service, page, soon

PATHS = ("/", ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/sitemap.xml", "/archive/", page("a"))
SOUND = "/media/b/b.mp3"


def commands(root: Path, backup: Path) -> list[str]:
    """Return the lines of the document, for a system below a folder."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    section = text.partition("## 8. Backup and restore")[2].partition("\n## ")[0]
    found = [line for line in section.splitlines() if line.startswith("tar ")]
    assert len(found) == 2
    lines = [re.sub(r"/backup/.*?\.tar\.gz", str(backup), line) for line in found]
    return [re.sub(r"(-C|cd) /(?=\s|$)", rf"\1 {root}", line) for line in lines]


def serve(root: Path) -> Service:
    """Serve the system below a folder, as its unit would."""
    places = (
        f"FEEDSVC_CONFIG={root}/etc/feedsvc/feedsvc.toml",
        f"FEEDSVC_ENTRIES={root}/srv/news",
        f"FEEDSVC_INSTANCE={root}/var/lib/feedsvc/1.0.0",
    )
    return Service(["env", *places, *SERVE], root)


def answers(service: Service) -> dict[str, tuple[int, dict[str, str], bytes]]:
    found = {}
    for path in (*PATHS, SOUND):
        soon(lambda: ask(service.port, path).status == 200)  # noqa: B023 - called at once
        status, headers, body = ask(service.port, path)
        headers.pop("date")
        found[path] = status, headers, body
    return found


def test_after_a_restore_every_address_answers_the_same(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "srv/news/b").mkdir(parents=True)
    (root / "etc/feedsvc").mkdir(parents=True)
    (root / "etc/feedsvc/feedsvc.toml").write_text(
        'base_url = "https://news.example"\nauthority = "news.example,2026"\n'
    )
    (root / "var/lib/feedsvc/1.0.0").mkdir(parents=True)
    key = root / "var/lib/feedsvc/1.0.0/desk.key"
    key.write_text("secret\n")
    (root / "srv/news/a.md").write_bytes(item("Первая"))
    (root / "srv/news/b.md").write_bytes(item("Вторая"))
    (root / "srv/news/b/b.mp3").write_bytes(b"ID3\x03" + bytes(1000))
    backup, restore = commands(root, tmp_path / "backup.tar.gz")
    service = serve(root)
    try:
        soon(lambda: service.shows("Вторая"))
        before = answers(service)
        subprocess.run(["bash", "-ec", backup], check=True)
    finally:
        service.stop()
    shutil.rmtree(root)
    root.mkdir()
    subprocess.run(["bash", "-ec", restore], check=True)
    assert key.read_text() == "secret\n"
    service = serve(root)
    try:
        soon(lambda: service.shows("Вторая"))
        assert answers(service) == before
    finally:
        service.stop()
