"""What a head in Russian says of the end of a text, its place and its original."""

from datetime import datetime

import pytest

from tests.support.parsing import entry, markdown, press, refused


def test_a_head_says_when_a_text_ends_where_it_stands_and_what_it_translates() -> None:
    lines = ("Действует до: 30.11.2046", "Закрепить: до 29 ноября 2046 г.", "Перевод: b.txt")
    for found in (entry(press(*lines, "Т."), "a.txt"), entry(markdown("\n".join(lines)))):
        assert found.expires == datetime.fromisoformat("2046-12-01T00:00:00+03:00")
        assert found.pinned == datetime.fromisoformat("2046-11-30T00:00:00+03:00")
        assert (found.translation_of and found.translation_of.name) == "b"


@pytest.mark.parametrize(
    ("line", "is_pinned"),
    [("Закрепить: да", True), ("Закреплено: нет", False), ("Закреплено: «да»", True)],
)
def test_a_head_says_whether_a_text_is_pinned(line: str, *, is_pinned: bool) -> None:
    assert (entry(press(line, "Т."), "a.txt").pinned is not None) == is_pinned


def test_on_the_day_on_which_a_text_is_to_go_it_is_gone() -> None:
    found = entry(press("Снять с публикации: 30.11.2046", "Т."), "a.txt")
    assert found.expires == datetime.fromisoformat("2046-11-30T00:00:00+03:00")


@pytest.mark.parametrize(
    "written", ["30.11.2046 в 0-00", "30 ноября 2046, 0 ч 00 мин", "00:00 30.11.2046"]
)
def test_a_midnight_that_is_written_in_any_way_is_no_whole_day(written: str) -> None:
    found = entry(press(f"Действует до: {written}", "Т."), "a.txt")
    assert found.expires == datetime.fromisoformat("2046-11-30T00:00:00+03:00")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Действует до: завтра", "bad-date"),
        ("Действует до: до 31.11.2046", "date-no-such-day"),
        ("Действует до: 01.12.1926", "expires-early"),
        ("Снять с публикации: 01.12.1926", "expires-early"),
    ],
)
def test_an_end_that_is_none_keeps_the_file_back(line: str, code: str) -> None:
    assert [(number, found) for number, found, _ in refused(press(line, "Т."), "a.txt")] == [
        (3, code)
    ]
