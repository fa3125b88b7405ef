"""Embedded players as links, and what vanishes from HTML."""

import pytest

from feedsvc.parsing.embeds import label, page_address, without_embeds
from tests.support.parsing import entry, markdown

LONG = "https://vk.com/video_ext.php?" + "a=b&" * 1000
PAGES = {
    "https://www.youtube.com/embed/abc-1?start=2": "https://youtube.com/watch?v=abc-1",
    "//www.youtube-nocookie.com/embed/abc": "https://youtube.com/watch?v=abc",
    "https://www.youtube.com/embed/videoseries?list=PL1": "https://youtube.com/playlist?list=PL1",
    "https://rutube.ru/play/embed/abc/": "https://rutube.ru/video/abc/",
    "https://rutube.ru/video/embed/123": "https://rutube.ru/video/123/",
    "https://vk.com/video_ext.php?oid=-1&id=2&hash=3": "https://vk.com/video-1_2",
    "https://vkvideo.ru/video_ext.php?oid=1&id=2": "https://vk.com/video1_2",
    "https://vk.com/video_ext.php?oid=a&id=2": "https://vk.com/video_ext.php?oid=a&id=2",
    "https://player.vimeo.com/video/1?h=2": "https://vimeo.com/1",
    "https://ok.ru/videoembed/1": "https://ok.ru/video/1",
    "https://www.dailymotion.com/embed/video/a1": "https://dailymotion.com/video/a1",
    "https://yandex.ru/map-widget/v1/?um=a": "https://yandex.ru/map-widget/v1/?um=a",
    "https://[": "https://[",
    "https://vk.com/video_ext.php?" + "a=b&" * 1000: "https://vk.com/video_ext.php?"
    + "a=b&" * 1000,
}


@pytest.mark.parametrize("address", PAGES)
def test_a_player_has_a_page_that_shows_the_same(address: str) -> None:
    assert page_address(address) == PAGES[address]


def test_a_link_says_what_it_leads_to() -> None:
    assert label("https://www.rutube.ru/a", "ru") == "Смотреть на rutube.ru"
    assert label("https://rutube.ru/a", "ru", "Фильм") == "Смотреть: Фильм"
    assert label("files/a.mp4", "en") == "Open a.mp4"
    assert label("https://[/a", "en") == "Open a"


WATCH = '<a href="https://rutube.ru/video/a/">Watch at rutube.ru</a>'
REPLACED = {
    '<iframe src="https://rutube.ru/play/embed/a"></iframe>': f"<p>{WATCH}</p>",
    "a\n<IFRAME SRC=https://rutube.ru/play/embed/a>b</iframe>c": f"a\n<p>{WATCH}</p>c",
    '<p>a <iframe src="https://rutube.ru/play/embed/a" /> b</p>': f"<p>a {WATCH} b</p>",
    '<iframe title="a &amp; b" src="https://c.example/?d&amp;e"></iframe>': (
        '<p><a href="https://c.example/?d&amp;e">Watch: a &amp; b</a></p>'
    ),
    '<iframe data-src="//rutube.ru/play/embed/a"></iframe>': f"<p>{WATCH}</p>",
    '<iframe src="about:blank"></iframe>a': "a",
    "<iframe></iframe>a": "a",
    '<video><source src="https://b.example/c.mp4"><p>No.</p></video>': (
        '<p><a href="https://b.example/c.mp4">Watch at b.example</a></p>'
    ),
    "<video></video>a": "a",
    '<audio src="c.mp3"></audio>': '<p><a href="c.mp3">Open c.mp3</a></p>',
    '<object data="c.pdf">d</object>': '<p><a href="c.pdf">Open c.pdf</a></p>',
    '<embed src="c.pdf">d': '<p><a href="c.pdf">Open c.pdf</a></p>d',
    "a<script>b\n\nc</script>d": "ad",
    "a<STYLE>b</STYLE >c": "ac",
    "a<noscript><img src='b'></noscript>c": "ac",
    "<p><noscript>a</noscript></p>\nb": "b",
    "a<script>b\n\nc<script>d\n\ne": "a\n\nc\n\ne",
    "a<script>b": "a",
    "a</script>b</iframe": "ab",
    "a<textarea>b</textarea>c<plaintext>d": "abcd",
    "<!-- <script> -->a<style></style>": "<!-- <script> -->a",
    '<a title="<script>">a</a><style></style>': '<a title="<script>">a</a>',
}


@pytest.mark.parametrize("html", REPLACED)
def test_players_are_links_and_code_vanishes(html: str) -> None:
    assert without_embeds(html, "en") == REPLACED[html]


def test_no_code_is_left_in_an_entry() -> None:
    body = (
        "<script>\nvar a = 1;\n\nvar b = 2;\n</script>\n\n<style>p { color: red }</style>\n\n"
        "Text.\n\n<video controls>\n<source src='https://a.example/b.mp4'>\n</video>\n"
    )
    assert entry(markdown(body=body)).html == (
        '\n\n<p>Text.</p>\n<p><a href="https://a.example/b.mp4">Watch at a.example</a></p>\n'
    )


def test_code_that_is_shown_is_left() -> None:
    assert entry(markdown(body="`<script>a</script>`\n")).html == (
        "<p><code>&lt;script&gt;a&lt;/script&gt;</code></p>\n"
    )
