"""WordPress exports as items."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from feedsvc.errors import ImportFailed
from feedsvc.importing.item import File, Item, LeftOut
from feedsvc.importing.wordpress import Export
from tests.support.import_sources import WXR, post


def picture(number: int, name: str, parent: int = 0) -> str:
    key = "<wp:meta_key>_wp_attachment_image_alt</wp:meta_key>"
    alt = f"<wp:postmeta>{key}<wp:meta_value>Б</wp:meta_value></wp:postmeta>"
    url = f"https://old.example/up/{name}"
    return post(
        number, more=alt, post_type="attachment", attachment_url=url, post_parent=str(parent)
    ).replace(
        "<content:encoded>", "<excerpt:encoded>В &lt;i&gt;</excerpt:encoded><content:encoded>"
    )


def export(folder: Path, *items: str, end: str = "</channel></rss>") -> Export:
    path = folder / "export.xml"
    path.write_text(WXR + "".join(items) + end, "utf-8")
    return Export(path, ["post"], "ru")


def texts(source: Export) -> list[Item]:
    return [each for each in source if isinstance(each, Item)]


def told(source: Export) -> list[str]:
    return [each.why.text() for each in source if isinstance(each, LeftOut)]


def test_a_post_is_an_item(tmp_path: Path) -> None:
    more = (
        '<category domain="category" nicename="a"><![CDATA[Спорт &amp; отдых]]></category>'
        '<category domain="post_tag" nicename="b">каток</category>'
        '<category domain="category" nicename="uncategorized">Без рубрики</category>'
        '<category domain="nav_menu" nicename="m">Меню</category>'
        "<excerpt:encoded>Кратко &amp;amp; ясно</excerpt:encoded>"
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value></wp:postmeta>"
    )
    (found,) = texts(export(tmp_path, post(more=more), picture(7, "a.png")))
    assert found == Item(
        where="А & 1 (1)",
        title="А & 1",
        html="<p>Текст</p>\n",
        base="https://old.example/2014/1/",
        name="а",
        published=datetime(2014, 8, 13, 15, 30, tzinfo=timezone(timedelta(hours=4))),
        guid="https://old.example/?p=1",
        address="https://old.example/2014/1/",
        aliases=("/2014/1/", "/?p=1"),
        author="Иван & Ко",
        categories=("Спорт & отдых", "каток"),
        summary="Кратко & ясно",
        image=File("https://old.example/up/a.png", "Б", "В"),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("publish", "published"),
        ("future", "published"),
        ("draft", "draft"),
        ("pending", "draft"),
        ("private", "draft"),
        ("strange", "draft"),
    ],
)
def test_what_was_hidden_stays_hidden(tmp_path: Path, status: str, expected: str) -> None:
    source = export(tmp_path, post(status=status))
    (found,) = texts(source)
    assert found.status == expected
    assert bool(told(source)) == (status == "strange")


def test_a_text_with_a_password_is_a_draft(tmp_path: Path) -> None:
    source = export(tmp_path, post(post_password="x"))
    assert [each.status for each in texts(source)] == ["draft"]
    assert told(source) == ["it had a password: it becomes a draft"]


def test_what_is_not_taken_is_told(tmp_path: Path) -> None:
    comment = "<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>"
    source = export(
        tmp_path,
        post(1, status="trash"),
        post(2, status="auto-draft"),
        post(3, post_type="page"),
        post(4, post_type="page"),
        post(5, more=comment),
        post(6, "a [contact-form-7 id='1']"),
    )
    assert [each.title for each in texts(source)] == ["А & 5", "А & 6"]
    assert told(source) == [
        "its status is «trash»",
        "its status is «auto-draft»",
        "this shortcode is left out: [contact-form-7 id='1']",
        "contents of another type, which are no news: 2; add them with --type",
        "comments, for which there is no place here: 1",
    ]


def test_another_type_can_be_news(tmp_path: Path) -> None:
    export(tmp_path, post(1, post_type="news"), post(2))
    found = texts(Export(tmp_path / "export.xml", ["news"], "ru"))
    assert [each.title for each in found] == ["А & 1"]


def test_small_pictures_become_the_large_ones_they_were_made_of(tmp_path: Path) -> None:
    content = '<img src="/up/a-300x200.png"> <img src="https://old.example/up/b-1x1.png">'
    (found,) = texts(export(tmp_path, post(1, content), picture(7, "a.png")))
    assert 'src="https://old.example/up/a.png"' in found.html
    assert "b-1x1.png" in found.html  # there is no larger one


def test_galleries_show_the_pictures_they_name_or_those_of_their_text(tmp_path: Path) -> None:
    pictures = [picture(7, "a.png"), picture(8, "b.png", 2)]
    first, second = texts(
        export(tmp_path, post(1, '[gallery ids="7"]'), post(2, "[gallery]"), *pictures)
    )
    assert ("a.png" in first.html, "b.png" in first.html) == (True, False)
    assert ("a.png" in second.html, "b.png" in second.html) == (False, True)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"post_date_gmt": "0000-00-00 00:00:00"}, "2014-08-13T15:30:00"),
        ({"post_date": "0000-00-00 00:00:00"}, "2014-08-13T11:30:00+00:00"),
        ({"post_date": "soon"}, None),
        ({"post_date": "", "post_date_gmt": ""}, None),
    ],
)
def test_dates_that_are_not_there(
    tmp_path: Path, dates: dict[str, str], expected: str | None
) -> None:
    (found,) = texts(export(tmp_path, post(1, "Текст", "", **dates)))
    assert (found.published and found.published.isoformat()) == expected


def test_a_damaged_export_gives_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    source = export(tmp_path, post(1), post(2, "a\x0bb"), post(3), end="<item><title>")
    assert [each.title for each in texts(source)] == ["А & 1", "А & 2", "А & 3"]
    assert "damaged" in told(source)[-1]


def test_entities_are_no_bombs_and_read_no_files(tmp_path: Path) -> None:
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(9)
    )
    text = WXR.replace(
        "<rss", f'<!DOCTYPE rss [{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<rss', 1
    )
    text += post(1).replace("А &amp;amp;", "&e8; &f;") + "</channel></rss>"
    (tmp_path / "export.xml").write_text(text, "utf-8")
    found = texts(Export(tmp_path / "export.xml", ["post"], "ru"))
    assert "root" not in str(found)
    assert len(str(found)) < 10_000


def test_a_file_that_is_no_xml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed):
        Export(tmp_path / "none.xml", ["post"], "ru")
