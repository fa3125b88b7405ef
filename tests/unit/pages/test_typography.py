"""What pages do not break at the end of a line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from feedsvc.pages import html as pages
from feedsvc.pages.typography import unbroken, unbroken_html
from tests.support.attacks import parsed
from tests.support.newsroom import Newsroom, item
from tests.support.pages import entry_page


def kept(html: str) -> list[str]:
    """Return what the rendered HTML keeps on one line."""
    return re.findall('<span class="unbroken">(.*?)</span>', html)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Школе № 142 к её 30-летию", ["№ 142", "30-летию"]),
        ("№142, №\u00a07 и №\u00a0", ["№142", "№\u00a07"]),
        ("1-й, 2000-х, 12–24", ["1-й", "2000-х", "12–24"]),
        ("дома 12-24, COVID-19, А-30-летие, 30-летие-2", []),
        ("+7 495 123-45-67, 8–800–555–35–35, 2026-01-02", []),
        # Too long to stay on one line of a phone.
        ("20000-летие, 30-достопримечательность, № 1234567890", []),
        ("Без чисел — и №", []),
    ],
)
def test_a_number_keeps_its_sign_its_ending_and_its_range(text: str, expected: list[str]) -> None:
    assert kept(unbroken(text)) == kept(unbroken_html(f"<p>{text}</p>")) == expected


@given(st.text(alphabet="№ 01-–йa<&\"'>", max_size=40))
def test_the_text_itself_stays_as_it_was(text: str) -> None:
    for html in (unbroken(text), unbroken_html(f'<p title="{escape(text)}">{escape(text)}</p>')):
        root = parsed(f"<div>{html}</div>")
        assert root.text_content() == text
        assert root.xpath("//p/@title") in ([], [text])


def test_nothing_within_a_tag_changes() -> None:
    html = '<a href="/x?№ 1" title="30-летие > № 2">№ 3</a><img alt="№ 4">'
    assert unbroken_html(html) == html.replace("№ 3", '<span class="unbroken">№ 3</span>')


def test_a_found_number_is_kept_too() -> None:
    assert kept(unbroken_html("№ <mark>142</mark> в тексте")) == ["№ <mark>142</mark>"]


def test_markup_in_a_title_is_text() -> None:
    assert unbroken("<b>№ 1</b>") == '&lt;b&gt;<span class="unbroken">№ 1</span>&lt;/b&gt;'


def test_it_is_applied_to_titles_and_texts_wherever_pages_show_them(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item("К 30-летию", body="Школа № 142."),
            "b.md": item("Дом № 7", "2026-01-02", body="Текст."),
        }
    )
    page = entry_page(newsroom, "a")
    assert kept(page) == ["30-летию", "№ 142", "№ 7"]
    # What programs read is as it was written.
    assert "<title>К 30-летию — " in page
    assert '"headline": "К 30-летию"' in page
    home = pages.home(newsroom.edition(), newsroom.settings)
    month = pages.month(newsroom.edition(), newsroom.settings, "2026-01") or b""
    for listed in (home, month):
        assert kept(listed.decode()) == ["№ 7", "30-летию", "№ 142"]
