"""What a text says about Dzen, and pictures that are too narrow for it."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from feedsvc import clock
from feedsvc.dates import to_microseconds
from feedsvc.parsing import read
from feedsvc.settings import Settings
from tests.support.newsroom import item
from tests.support.parsing import entry, markdown, press, refused

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Дзен: везде", "news"),
        ("Дзен: «Новости и Дзен»", "news"),
        ("Дзен: только новости", "news_only"),
        ("В Дзене: только в Дзене", "blogs_only"),
        ("Дзен: нет", "nowhere"),
        ("Дзен: да", None),
        ("dzen: news", "news"),
        ("dzen: News-only", "news_only"),
        ("Dzen: blogs_only", "blogs_only"),
        ("Автор: А. Б.", None),
    ],
)
def test_a_head_says_where_dzen_shows_a_text(line: str, expected: str | None) -> None:
    for found in (entry(press(line, "Т."), "a.txt"), entry(markdown(line))):
        assert found.dzen == expected


def test_what_is_no_place_in_dzen_keeps_the_file_back() -> None:
    assert [(line, code) for line, code, _ in refused(markdown("dzen: somewhere"))] == [
        (4, "bad-dzen")
    ]


def test_a_sentence_of_a_press_text_is_no_key() -> None:
    assert "Дзен: это философия" in entry(press("Дзен: это философия", "Т."), "a.txt").html


@pytest.mark.parametrize(
    ("keys", "site", "expected"),
    [
        ({}, "news", ["dzen-narrow"]),
        ({}, "", []),
        ({"dzen": "no"}, "news", []),
        ({"status": "draft"}, "news", []),
    ],
)
def test_pictures_that_dzen_would_not_take_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, str],
    site: str,
    expected: list[str],
) -> None:
    sizes = {"a.jpg": 640, "b.jpg": 699, "c.jpg": 10, "d.jpg": 10, "e.jpg": 700}
    for name, width in sizes.items():
        made = BytesIO()
        Image.new("RGB", (width, 10)).save(made, "JPEG")
        (tmp_path / name).write_bytes(made.getvalue())
    settings = replace(Settings(dzen=site).parsing)
    body = " ".join(f"![x]({name})" for name in sizes if name != "a.jpg")
    data = item(date="2026-06-24T12:00:00Z", body=body, image="a.jpg", **keys)
    published = 1_782_302_400_000_000

    def told(now: int) -> list[tuple[str, dict[str, str]]]:
        monkeypatch.setattr(clock, "now", lambda: now)
        found = read(data, "n.md", settings, tmp_path).problems
        return [(each.code, dict(each.values)) for each in found if "dzen" in each.code]

    values = {"names": "a.jpg, b.jpg, c.jpg, …", "width": "700"}
    assert told(published + 7 * DAY) == [(code, values) for code in expected]
    assert told(published + 7 * DAY + 1) == []


def test_pictures_that_dzen_takes_are_not_told(tmp_path: Path) -> None:
    Image.new("RGB", (700, 10)).save(tmp_path / "a.jpg")
    settings = Settings(dzen="news").parsing
    data = item(date="2046-06-24", body="T.", image="a.jpg")
    found = read(data, "n.md", settings, tmp_path)
    assert found.entry is not None
    assert to_microseconds(found.entry.published) > clock.now()
    assert [each.code for each in found.problems if "dzen" in each.code] == []
