"""What is exported after a change is what an export of the whole site would be."""

import random
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from feedsvc.dates import to_microseconds
from feedsvc.export import run
from feedsvc.export.site import Answer, Site
from tests.support.exports import differing, export_to, exporting
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

DAY = 86_400 * SECOND
CATEGORIES = ("Sport", "Roads", "Schools")


def made(chance: random.Random, number: int, now: int) -> bytes:
    """Return an entry made by chance."""
    start = datetime(2026, 2, 1, tzinfo=UTC)
    keys = {}
    moment = start + timedelta(hours=chance.randrange(24 * 190))
    if chance.random() < 0.7:
        keys["categories"] = chance.choice(CATEGORIES)
    if chance.random() < 0.15:
        keys["status"] = chance.choice(["draft", "withdrawn"])
    if chance.random() < 0.2:
        later = datetime.fromtimestamp(now / SECOND, UTC) + timedelta(hours=chance.randrange(72))
        keys[chance.choice(["expires", "pinned", "updated"])] = later.isoformat()
    if chance.random() < 0.1:
        keys["lang"] = "en"
        keys["translation_of"] = f"n{chance.randrange(12)}"
    return item(f"News {number} {chance.random():.3}", moment.isoformat(), **keys)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 10))]
)
def test_changes_are_exported_as_the_whole_would_be(
    seed: int, newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    chance, now = random.Random(seed), NOW
    set_clock(now)
    newsroom.publish({f"n{n}.md": made(chance, n, now) for n in range(25)})
    folder = tmp_path / "out"
    with exporting(folder, newsroom.settings) as exporter:
        for round_ in range(6):
            now += chance.choice((SECOND, DAY))
            set_clock(now)
            numbers = chance.sample(range(32), chance.choice((0, 1, 1, 4)))
            gone = [f"n{n}.md" for n in numbers if chance.random() < 0.3]
            new = {f"n{n}.md": made(chance, n, now) for n in numbers}
            newsroom.apply({p: each for p, each in new.items() if p not in gone}, gone, now=now)
            exporter.changes()
            exporter.lists()
            fresh = tmp_path / f"fresh{round_}"
            export_to(fresh, newsroom.settings)
            assert differing(folder, fresh) == set(), (round_, numbers, gone)


def test_one_change_among_many_entries_renders_few_pages(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(NOW)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    newsroom.publish(
        {f"n{n}.md": item(f"News {n}", (start + timedelta(days=n)).isoformat()) for n in range(400)}
    )
    with exporting(tmp_path / "out", newsroom.settings) as exporter:
        asked: list[str] = []
        ask = Site.ask

        def noting(site: Site, path: str) -> AbstractContextManager[Answer | None]:
            asked.append(path)
            return ask(site, path)

        monkeypatch.setattr(Site, "ask", noting)
        newsroom.apply({"n200.md": item("Changed", (start + timedelta(days=200)).isoformat())})
        outcome = exporter.changes()
        assert outcome is not None
        assert len([path for path in asked if "/detail/" in path]) < 60
        assert not [path for path in asked if path.startswith("/archive/2021/01")]
        assert outcome.written < 25


def test_what_is_scheduled_appears_at_its_time(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    later = datetime.fromtimestamp(NOW / SECOND + 60, UTC)
    newsroom.publish({"a.md": item("A"), "later.md": item("Later", later.isoformat())})
    folder = tmp_path / "out"
    page = folder / "presscenter/news/detail/later.html"
    with exporting(folder, newsroom.settings) as exporter:
        assert not page.exists()
        assert not exporter.token()[1]
        set_clock(to_microseconds(later))
        assert exporter.token()[1]
        exporter.changes()
        assert page.exists()
        assert not exporter.token()[1]


def test_very_many_changes_are_exported_as_a_whole(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(NOW)
    monkeypatch.setattr(run, "MOST_TOUCHED", 3)
    newsroom.publish({f"n{n}.md": item(f"News {n}") for n in range(8)})
    with exporting(tmp_path / "out", newsroom.settings) as exporter:
        newsroom.apply({f"n{n}.md": item(f"Other {n}") for n in range(8)})
        exporter.changes()
    export_to(tmp_path / "fresh", newsroom.settings)
    assert differing(tmp_path / "out", tmp_path / "fresh") == set()


def test_the_guard_holds_for_changes_too(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    newsroom.publish({f"n{n}.md": item(f"News {n}") for n in range(30)})
    with exporting(tmp_path / "out", newsroom.settings) as exporter:
        draft = {f"n{n}.md": item(f"News {n}", status="draft") for n in range(28)}
        newsroom.apply(draft)
        outcome = exporter.changes()
        assert outcome is not None
        assert (outcome.deleted, outcome.held) == (0, 28)
        # One that is withdrawn meanwhile goes, and one that is a draft as well.
        newsroom.apply({"n28.md": item("News 28", status="withdrawn")})
        newsroom.apply({"n29.md": item("News 29", status="draft"), "x.md": item("X")})
        outcome = exporter.changes()
        pages = {path.name for path in (tmp_path / "out/presscenter/news/detail").iterdir()}
        assert {"n28.html", "n29.html"}.isdisjoint(pages)
        assert "n1.html" in pages


def test_what_was_held_back_goes_when_the_folder_is_in_order_again(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    newsroom.publish({f"n{n}.md": item(f"News {n}") for n in range(5)})
    page = tmp_path / "out/presscenter/news/detail/n1.html"
    with exporting(tmp_path / "out", newsroom.settings) as exporter:
        newsroom.writer.record_scan("empty", NOW)
        newsroom.apply({"n1.md": item("News 1", status="draft")})
        exporter.changes()
        assert page.exists()
        newsroom.writer.record_scan("", NOW)
        exporter.changes()
        assert not page.exists()


def test_pictures_come_and_go_with_their_entry(
    newsroom: Newsroom, set_clock: SetClock, tmp_path: Path
) -> None:
    set_clock(NOW)
    newsroom.publish({f"n{n}.md": item(f"News {n}") for n in range(9)})
    Image.new("RGB", (900, 600), "red").save(newsroom.settings.entries / "photo.png")
    out = tmp_path / "out"
    with exporting(out, newsroom.settings) as exporter:
        newsroom.apply({"photo.md": item("Photo", image="photo.png")})
        exporter.changes()
        pictures = {str(path.relative_to(out)) for path in out.rglob("photo.png*")}
        assert "media/photo/photo.png" in pictures
        # A thumbnail is a JPEG, whatever the picture is called.
        assert "preview/480/photo/photo.png.jpg" in pictures
        newsroom.apply({"photo.md": item("Photo", status="withdrawn")})
        exporter.changes()
        assert not list(out.rglob("photo.png*"))
