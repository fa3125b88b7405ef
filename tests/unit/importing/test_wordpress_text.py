"""The texts of WordPress as HTML."""

from collections.abc import Sequence
from time import process_time

import pytest

from feedsvc.importing.item import File
from feedsvc.importing.wordpress_text import as_html, paragraphs

PICTURES = {"1": File("/a.png", "A"), "2": File("/b.png", "B", "Подпись <i>")}


def gallery(numbers: Sequence[str]) -> list[File]:
    return [PICTURES[number] for number in numbers or PICTURES if number in PICTURES]


def html(text: str) -> str:
    return as_html(text, "ru", gallery)[0].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Один\nдва\n\nТри", "<p>Один<br>\nдва</p>\n<p>Три</p>"),
        ("Один\r\n\r\nдва", "<p>Один</p>\n<p>два</p>"),
        ("Один\n \xa0\nдва", "<p>Один</p>\n<p>два</p>"),
        ("<ul>\n<li>а\n<li>б</li>\n</ul>\nв", "<ul><li>а<li>б</li></ul><p>в</p>"),
        ("<p>а</p>\n\n<p>б</p>", "<p>а</p><p>б</p>"),
        ("<blockquote>а\n\nб</blockquote>", "<blockquote><p>а</p>\n<p>б</p>\n</blockquote>"),
        ("а<hr />б", "<p>а</p>\n<hr /><p>б</p>"),
        ("<pre>a\n\n b</pre>\n\nв", "<pre>a\n\n b</pre><p>в</p>"),
        ("<pre>a\n\n b", "<pre>a\n\n b"),
        ("<h2>а</h2>б", "<h2>а</h2><p>б</p>"),
        ("<!-- wp:paragraph -->\n<p>а\nб</p>\n<!-- /wp:paragraph -->", "<p>а\nб</p>"),
        ("а<!--more-->б<!--", "<p>аб</p>"),
    ],
)
def test_blank_lines_separate_paragraphs(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[caption id="x" width="9"]<a href="/b"><img src="/s" /></a> Подпись[/caption]',
            '<figure><a href="/b"><img src="/s" /></a><figcaption>Подпись</figcaption></figure>',
        ),
        (
            '[wp_caption caption="А & Б"]<img src="/s">[/wp_caption]',
            '<figure><img src="/s"><figcaption>А &amp; Б</figcaption></figure>',
        ),
        ("[caption]слова[/caption]", "<p>слова</p>"),
        (
            '[gallery ids="2,9"]',
            '<figure><img src="/b.png" alt="B"><figcaption>Подпись &lt;i&gt;</figcaption></figure>',
        ),
        (
            "https://rutube.ru/play/embed/abc/",
            '<p><a href="https://rutube.ru/video/abc/">Смотреть на rutube.ru</a></p>',
        ),
        (
            "[embed width=1]https://a.ru/b[/embed]",
            '<p><a href="https://a.ru/b">https://a.ru/b</a></p>',
        ),
        ('[video mp4="/v.mp4"][/video]', '<p><a href="/v.mp4">/v.mp4</a></p>'),
        ("[audio src='javascript:x']", ""),
        ('[code lang="x"]a < b & "c"[/code]', '<pre><code>a &lt; b &amp; "c"</code></pre>'),
        ("[code]a &lt; b[/code]", "<pre><code>a &lt; b</code></pre>"),
        ("[vc_row][vc_column w=1]текст[/vc_column][/vc_row]", "<p>текст</p>"),
        ("[скобки] [note] [1] [sic]", "<p>[скобки] [note] [1] [sic]</p>"),
        ("[/caption] [gallery ids='']x", None),
    ],
)
def test_shortcodes_become_what_they_show(text: str, expected: str | None) -> None:
    if expected is not None:
        assert html(text) == expected
    else:
        assert "[" not in html(text).replace("[/caption]", "")


def test_a_gallery_without_numbers_shows_the_pictures_of_the_text() -> None:
    assert html("[gallery]").count("<figure>") == 2


def test_what_is_left_out_is_told() -> None:
    _, left_out = as_html('a [contact-form-7 id="5"] [b x="1"]c[/b] [d]', "ru", gallery)
    assert left_out == ['[contact-form-7 id="5"]', '[b x="1"]']


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "[caption]",
            "[/caption]",
            "[embed]",
            "<!--",
            "<pre>",
            "</pre>",
            "<p>",
            "[gallery",
            "[a b=",
        ),
        *("\n\n", "<ul><li>", "https://a.ru/ ", "[code][caption]", "[x]a[/x]"),
    ],
)
def test_the_time_grows_with_the_length(piece: str) -> None:
    def cost(times: int) -> float:
        start = process_time()
        as_html(piece * times, "ru", lambda _numbers: [])
        return process_time() - start

    short = min(cost(4000) for _ in range(3))
    # Eight times as much, or thirty if the machine is busy; sixty-four if it grew with the square.
    assert min(cost(32_000) for _ in range(3)) < 30 * max(short, 0.005)


def test_paragraphs_of_nothing_are_nothing() -> None:
    assert paragraphs("\n \n") == ""
