"""A newsroom with entries of every kind, in several months and years."""

import pytest

from feedsvc.sync.scanner import Scan
from tests.support.attacks import ATTACKS, attacked
from tests.support.files import picture
from tests.support.newsroom import NOW, SECOND, Newsroom, item
from tests.support.reads import read_all

DAY = 86400 * SECOND


@pytest.fixture
def varied(newsroom: Newsroom) -> Newsroom:
    """Publish entries of every kind, with pictures and other files."""
    entries = newsroom.settings.entries
    files = {
        "a.md": item("A & <b>", date="2026-06-30 23:00", categories="Спорт", author="Иван"),
        "b.md": item("B", date="2026-06-01", lang="en", correction="Нет <i>", categories="Спорт"),
        "c.md": item("C", date="2026-05-05", updated="2027-01-01", body="[x](/y) ![](c.png)"),
        "d.md": item("D", date="1901-05-05", guid="https://old.example/d", summary="S & <s>"),
        "gone.md": item("G", date="2026-06-15", status="withdrawn", reason="Ошибка & <b>"),
        "old.md": item("O", date="2026-05-01", status="withdrawn", categories="Спорт"),
        "draft.md": item("Draft", status="draft"),
        "later.md": item("Later", date="2026-07-02"),
        "e.txt": "Заголовок\n30.06.2026\nТекст www.mos.ru\n\n[Управа](#)".encode(),
    }
    files |= {f"x{n}.md": attacked(attack, id=f"x{n}") for n, attack in enumerate(ATTACKS)}
    files |= {name: picture((4, 3), "PNG") for name in ("a.png", "c.png", "d.png")}
    for name, data in files.items():
        (entries / name).write_bytes(data)
    (entries / "a").mkdir()
    (entries / "a" / "план.pdf").write_bytes(b"%PDF-1.4")
    found = sorted(Scan(entries), key=lambda file: file.path)
    newsroom.writer.apply(read_all(found, newsroom.settings), (), NOW - DAY)
    newsroom.writer.finish_first_index()
    return newsroom
