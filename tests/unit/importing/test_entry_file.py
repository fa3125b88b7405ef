"""Items as entry files: what is written, and what the service reads in it."""

from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.importing.entry_file import Composed, Place, Site, compose, files_of
from feedsvc.importing.item import File, Item
from feedsvc.model import Entry
from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.text import clean, place
from tests.support.files import picture

SETTINGS = Settings(authority="x,2014", language="ru").parsing
SITE = Site("new.example", {"https://old.example/2/": "two.md"})
ITEM = Item(
    where="x",
    title="Заголовок",
    html="<p>Текст.</p>",
    base="https://old.example/1/",
    published=datetime(2014, 8, 13, 11, 30, tzinfo=UTC),
    address="https://old.example/1/",
)


def made(root: Path, names: dict[str, str] | None = None, **changes: object) -> Composed:
    item = msgspec.structs.replace(ITEM, **changes)
    return compose(item, Place(root, "2014/a"), names or {}, SITE, SETTINGS)


def entry(root: Path, composed: Composed) -> Entry:
    found = read(composed.text.encode(), f"2014/a{composed.suffix}", SETTINGS, root).entry
    assert found, composed
    return found


def body(composed: Composed) -> str:
    return composed.text.split("---\n", 2)[2]


def head(composed: Composed) -> str:
    return composed.text.split("---\n", 2)[1]


def test_what_says_little_has_few_lines(tmp_path: Path) -> None:
    composed = made(tmp_path)
    assert (composed.suffix, composed.problems) == (".md", ())
    assert composed.text == (
        "---\ntitle: Заголовок\ndate: '2014-08-13T11:30:00+00:00'\n"
        "address: https://old.example/1/\n---\nТекст.\n"
    )


def test_everything_that_is_known_is_written_and_read(tmp_path: Path) -> None:
    (tmp_path / "2014" / "a").mkdir(parents=True)
    for name in ("i.png", "b.png"):
        (tmp_path / "2014" / "a" / name).write_bytes(picture((4, 3), "PNG"))
    (tmp_path / "2014" / "a" / "c.pdf").write_bytes(b"%PDF-1.4")
    names = {f"https://old.example/{name}": name for name in ("i.png", "b.png", "c.pdf")}
    composed = made(
        tmp_path,
        names,
        html='<p>Текст <img src="/b.png" alt="Вид" width="900"></p>',
        updated=ITEM.published and ITEM.published + timedelta(days=1, microseconds=5),
        author="Иван: «А»",
        categories=("Спорт", "yes"),
        summary="Не начало текста",
        lang="en",
        guid="urn:x:1",
        aliases=("/?p=1", "/1/"),
        image=File("https://old.example/i.png", "Снимок", "Подпись"),
        attachments=(File("https://old.example/c.pdf"), File("https://old.example/b.png")),
    )
    found = entry(tmp_path, composed)
    assert composed.problems == ()
    assert (found.title, found.author, found.lang) == ("Заголовок", "Иван: «А»", "en")
    assert found.updated == datetime(2014, 8, 14, 11, 30, tzinfo=UTC)
    assert [each.label for each in found.categories] == ["Спорт", "yes"]
    assert (found.summary, found.guid, found.address) == (
        *("Не начало текста", "urn:x:1", "https://old.example/1/"),
    )
    assert {"?p=1", "/1"} <= {*found.aliases}
    assert found.image
    assert (found.image.name, found.image.alt, found.image.caption) == (
        "i.png",
        "Снимок",
        "Подпись",
    )
    assert [file.name for file in found.inline] == ["b.png"]
    assert [file.name for file in found.attachments] == ["c.pdf"]
    assert 'width="4" height="3"' in found.html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://old.example/2/#x">а</a>', "[а](two.md#x)\n"),
        ('<a href="/2/">а</a>', "[а](two.md)\n"),
        ('<a href="3">а</a>', "[а](https://old.example/1/3)\n"),
        ('<a href="https://new.example/3?a=1">а</a>', "[а](/3?a=1)\n"),
        ('<a href="mailto:a@b.ru">а</a>', "[а](mailto:a@b.ru)\n"),
        ('<img src="i.png">', "![](https://old.example/1/i.png)\n"),
        ('<a href="http://[">а</a>', None),
    ],
)
def test_addresses_lead_where_they_led(tmp_path: Path, html: str, expected: str | None) -> None:
    composed = made(tmp_path, html=f"<p>{html}</p>")
    assert expected is None or body(composed) == expected


def test_links_within_a_page_stay_within_it(tmp_path: Path) -> None:
    html = '<p><a href="https://old.example/1/#b">а</a></p><h2 id="b">б</h2>'
    found = entry(tmp_path, made(tmp_path, html=html))
    assert '#b">а</a>' in found.html
    assert '<h2 id="b">' in found.html


def test_what_markdown_cannot_hold_is_html(tmp_path: Path) -> None:
    html = "<blockquote><p>а</p><cite>б</cite></blockquote>"
    composed = made(tmp_path, html=html)
    assert (composed.suffix, body(composed)) == (".html", html)


@pytest.mark.parametrize(
    "text",
    ["{{ a }} b", "{% raw %} x", "[caption id='x']y[/caption]", "a {: .b}", "[gallery] &amp;lt;"],
)
def test_text_that_looks_like_code_of_templates_stays_text(tmp_path: Path, text: str) -> None:
    composed = made(tmp_path, html=f"<p>{text}</p>")
    assert composed.problems == ()
    assert entry(tmp_path, composed).html == f"<p>{text}</p>"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.sampled_from("абв *_`~[]!&<>|\\#+-=.:@/${}%^()019 \"'\n"), max_size=30),
    st.text(max_size=20),
)
def test_any_title_and_words_are_read_as_they_were(tmp_path: Path, words: str, title: str) -> None:
    title = "Б " + " ".join(clean(title).replace("{", "").replace("[", "").split())
    composed = made(tmp_path, html=f"<p>а {escape(words)}</p>", title=title)
    found = entry(tmp_path, composed)
    bare = place(found.html, "").strip().removeprefix("<p>").removesuffix("</p>")
    assert found.title == " ".join(clean(title).split()) or not title.isascii()
    if "<" not in bare:  # an address became a link
        shown = " ".join(bare.replace("&quot;", '"').split())
        assert shown == " ".join(f"а {escape(words, quote=False)}".split())


@pytest.mark.parametrize(
    ("summary", "is_written"),
    [
        ("Текст.", False),
        ("Тек […]", False),
        ("Тек...", False),
        ("Заголовок", False),
        ("Другое", True),
        ("x" * 3000, False),
    ],
)
def test_a_summary_that_says_no_more_is_not_written(
    tmp_path: Path, summary: str, *, is_written: bool
) -> None:
    assert ("summary:" in head(made(tmp_path, summary=summary))) is is_written


def test_a_text_without_a_title_has_its_first_words(tmp_path: Path) -> None:
    assert "title: Текст.\n" in head(made(tmp_path, title=""))
    long = made(tmp_path, title="", html=f"<p>{'слово ' * 50}</p>")
    assert "слово…\n" in head(long)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2014, 8, 13, 15, 30), "2014-08-13T15:30:00"),  # noqa: DTZ001 - as sources have it
        (datetime(2014, 8, 13, 15, 30, 1, 5, UTC), "2014-08-13T15:30:01+00:00"),
        (None, None),
    ],
)
def test_dates(tmp_path: Path, moment: datetime | None, written: str | None) -> None:
    composed = made(tmp_path, published=moment, updated=datetime(2014, 1, 1, tzinfo=UTC))
    assert (f"date: '{written}'\n" in head(composed)) is (written is not None)
    assert "updated" not in head(composed)
    if written is None:
        assert [each.code for each in composed.problems] == ["no-date"]


def test_dates_from_before_zones_had_whole_minutes(tmp_path: Path) -> None:
    moscow = Settings(timezone=Settings().timezone.__class__("Europe/Moscow")).parsing
    item = msgspec.structs.replace(ITEM, published=datetime(1901, 5, 5, tzinfo=UTC))
    composed = compose(item, Place(tmp_path, "a"), {}, SITE, moscow)
    assert "date: '1901-05-05T00:00:00+00:00'\n" in head(composed)
    assert composed.problems == ()


def test_the_files_of_a_text() -> None:
    html = (
        '<img src="/a.png"><a href="b.PDF">б</a><a href="c.html">в</a><img src="data:image/png,x">'
        '<a href="ftp://x/d.zip">г</a><a href="mailto:e.zip">д</a><video src="f.mp4"></video>'
    )
    item = msgspec.structs.replace(
        ITEM, html=html, image=File("https://x/i.png"), attachments=(File("https://x/j.pdf"),)
    )
    assert files_of(item, "ru") == [
        *("https://x/i.png", "https://old.example/a.png", "https://old.example/1/b.PDF"),
        *("https://old.example/1/f.mp4", "https://x/j.pdf"),
    ]
