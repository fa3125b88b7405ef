"""Documents of LibreOffice, in the XML that LibreOffice writes."""

import io
from zipfile import ZipFile

import pytest

from feedsvc.model import Entry
from tests.support.parsing import Problems
from tests.support.word import html as html_of
from tests.support.word import odt, png, published, refused, zipped
from tests.support.word import warned as warned_of

TEXT = "<text:p>Текст новости.</text:p>"
PAGE = "\ufdd0/presscenter/news/detail/news.html"


def html(*content: str, styles: str = "") -> str:
    return html_of(odt(*content, styles=styles), "news.odt")


def warned(*content: str, **parts: object) -> tuple[Entry, Problems]:
    return warned_of(odt(*content, **parts), "news.odt")  # type: ignore[arg-type]


def style(name: str, properties: str = "", *, family: str = "text", parent: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="{family}" '
        f'style:parent-style-name="{parent}">'
        f"<style:text-properties {properties}/></style:style>"
    )


def level(number: int, form: str = "", rest: str = "") -> str:
    if not form:
        return f'<text:list-level-style-bullet text:level="{number}" text:bullet-char="•"/>'
    return f'<text:list-level-style-number text:level="{number}" style:num-format="{form}" {rest}/>'


def items(*texts: str) -> str:
    return "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in texts)


def frame(content: str, title: str = "") -> str:
    described = f"<svg:desc>{title}</svg:desc>" if title else ""
    return f'<draw:frame text:anchor-type="as-char">{content}{described}</draw:frame>'


def image(path: str) -> str:
    return f'<draw:image xlink:href="{path}" xlink:type="simple"/>'


def test_title_date_and_text_are_read_and_the_head_may_be_a_table() -> None:
    entry = published(odt(TEXT), "news.odt")
    assert (entry.title, entry.html) == ("Каток на площади открыт", "<p>Текст новости.</p>")

    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{each}</text:p></table:table-cell>" for each in cells)
        + "</table:table-row>"
        for cells in (("Заголовок", "Каток"), ("Дата", "24.11.2026"), ("Рубрика", "Спорт"))
    )
    entry = published(odt(TEXT, head=f"<table:table>{rows}</table:table>"), "news.odt")
    assert (entry.title, entry.categories[0].label) == ("Каток", "Спорт")
    assert entry.html == "<p>Текст новости.</p>"


def test_letters_links_headings_and_quotations_become_elements() -> None:
    styles = (
        style("T1", 'fo:font-weight="bold"')
        + style("T2", 'fo:font-style="italic"', parent="T1")
        + style("T3", 'fo:font-weight="400" style:text-line-through-style="solid"', parent="T1")
        + style("T4", 'style:text-position="super 58%"')
        + style("T5", 'style:text-position="-33% 58%"')
        + style("P1", parent="Quotations", family="paragraph")
        + style("loop", parent="loop", family="paragraph")
    )
    text = "".join(
        f'<text:span text:style-name="T{number}">т{number}</text:span>' for number in range(1, 7)
    )
    assert html(
        '<text:h text:outline-level="1">Раздел</text:h>',
        f'<text:p>{text}<text:a xlink:href="https://example.com/?a=1&amp;b=2">сайт</text:a></text:p>',
        '<text:h text:outline-level="99">Глубоко</text:h>',
        '<text:p text:style-name="P1">Сказано.</text:p><text:p text:style-name="loop">Раз</text:p>',
        styles=styles,
    ) == (
        "<h2>Раздел</h2>\n<p><strong>т1</strong><em><strong>т2</strong></em><s>т3</s><sup>т4</sup>"
        '<sub>т5</sub>т6<a href="https://example.com/?a=1&amp;b=2">сайт</a></p>\n<h3>Глубоко</h3>\n'
        "<blockquote><p>Сказано.</p></blockquote>\n<p>Раз</p>"
    )


def test_signs_that_are_elements_become_text() -> None:
    assert html(
        '<text:p>а<text:s text:c="1000000000"/>б<text:tab/>в<text:line-break/>г&lt;b&gt;\xad'
        '<text:soft-page-break/>, <text:date text:date-value="2026-11-24">24.11.2026</text:date>'
        '<text:bookmark-start text:name="x"/><text:unknown/><other/></text:p>',
        '<text:p/><text:p> </text:p><text:p><text:a xlink:href="#x">выше</text:a></text:p>',
        "<text:sequence-decls><text:sequence-decl/></text:sequence-decls>",
        "<text:table-of-content><text:index-body><text:p>1</text:p></text:index-body>"
        "</text:table-of-content>",
        "<text:section><text:p>внутри</text:p></text:section>",
    ) == (
        '<p>а б\tв<br>г&lt;b&gt;, 24.11.2026<a id="x"></a></p>\n'
        f'<p><a href="{PAGE}#x">выше</a></p>\n<p>внутри</p>'
    )


def test_lists_nest_and_keep_the_numbers_that_are_shown() -> None:
    styles = (
        f'<text:list-style style:name="L1">{level(1)}{level(2)}</text:list-style>'
        f'<text:list-style style:name="L2">{level(1, "1")}{level(11, "1")}</text:list-style>'
        '<text:list-style style:name="L3">'
        + level(1, "1", 'style:num-suffix="." text:start-value="3"')
        + level(2, "1", 'style:num-suffix="." text:display-levels="2"')
        + level(3, "а, б", 'style:num-suffix=")"')
        + level(4, "", "")
        + "</text:list-style>"
    )
    deeper = f"<text:list>{items('буква')}</text:list>"
    assert html(
        f'<text:list text:style-name="L1"><text:list-header><text:p>о</text:p></text:list-header>'
        f"<text:list-item><text:p>один</text:p><text:list>{items('внутри')}</text:list>"
        "</text:list-item><text:list-item><text:p>два</text:p><text:p>и ещё</text:p>"
        "</text:list-item></text:list>",
        f'<text:list text:style-name="L2">{items("раз", "два")}</text:list><text:p>между</text:p>',
        '<text:list text:style-name="L2" text:continue-numbering="true">'
        f"{items('три')}</text:list>",
        '<text:list text:style-name="L2"><text:list-item text:start-value="7"><text:p>семь</text:p>'
        "</text:list-item></text:list>",
        f'<text:list text:style-name="L3"><text:list-item><text:p>три</text:p><text:list>'
        f"<text:list-header><text:p>без</text:p></text:list-header>{items('пункт', 'пункт')}"
        f"<text:list-item>{deeper}<text:h>Г</text:h></text:list-item></text:list></text:list-item>"
        "</text:list>",
        f"<text:list>{items('без стиля')}</text:list>",
        styles=styles,
    ) == (
        "<ul><li>о</li><li>один<ul><li>внутри</li></ul></li><li><p>два</p><p>и ещё</p></li></ul>\n"
        "<ol><li>раз</li><li>два</li></ol>\n<p>между</p>\n"
        '<ol start="3"><li>три</li></ol>\n<ol start="7"><li>семь</li></ol>\n'
        '<ol start="3"><li>три<p>без</p><p>3.1. пункт</p><p>3.2. пункт</p><p>а) буква</p>'
        "<h2>Г</h2></li></ol>\n<ul><li>без стиля</li></ul>"
    )


def test_tables_have_heads_and_spans_and_no_million_of_cells() -> None:
    def cell(text: str, rest: str = "") -> str:
        return f"<table:table-cell {rest}><text:p>{text}</text:p></table:table-cell>"

    assert html(
        TEXT,
        "<table:table><table:table-column/><table:table-header-rows><table:table-row>"
        + cell("А")
        + cell("Б")
        + "</table:table-row></table:table-header-rows><table:table-rows><table:table-row-group>"
        "<table:table-row>"
        + cell("1", 'table:number-columns-spanned="2" table:number-rows-spanned="9999999"')
        + "<table:covered-table-cell/></table:table-row><table:table-row>"
        + cell("2", 'table:number-columns-repeated="3"')
        + "</table:table-row></table:table-row-group></table:table-rows></table:table>",
    ) == (
        '<p>Текст новости.</p>\n<table><thead><tr><th scope="col">А</th><th scope="col">Б</th></tr>'
        '</thead><tbody><tr><td colspan="2">1</td></tr><tr><td>2</td><td></td><td></td></tr>'
        "</tbody></table>"
    )
    cells = '<table:table-cell table:number-columns-repeated="999999"/>'
    many = f"<table:table-row>{cells}</table:table-row>"
    bomb = odt(TEXT, f"<table:table>{many * 201}</table:table>")
    assert refused(bomb, "news.odt") == [(0, "table-large", {})]


def test_footnotes_stand_below_the_text_and_lead_back() -> None:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>Сноска.</text:p></text:note-body></text:note>"
    )

    assert html(f"<text:p>Текст{note}.<text:note/></text:p>") == (
        f'<p>Текст<sup><a href="{PAGE}#footnote-1" id="fnref-footnote-ref-1">[1]</a></sup>.</p>\n'
        f'<hr>\n<ol><li id="footnote-1"><p>Сноска.</p> '
        f'<a href="{PAGE}#fnref-footnote-ref-1">↑</a></li></ol>'
    )


def test_pictures_are_shown_with_descriptions_and_captions() -> None:
    files = {"Pictures/a.png": png(), "Pictures/b.png": png(5, 5)}
    captioned = frame(
        f"<draw:text-box><text:p>{frame(image('Pictures/a.png'), 'Лёд')}Рис. 1. Каток</text:p>"
        "</draw:text-box>"
    )
    both = frame(image("Pictures/b.svg") + image("./Pictures/b.png"))
    entry = published(
        odt(
            f"<text:p>{captioned}</text:p>",
            TEXT,
            f"<text:p>Вот: {both}</text:p>",
            f"<text:p><draw:g>{frame(image('Pictures/b.png'))}</draw:g></text:p>",
            f"<text:p><draw:a>{frame(image('Pictures/a.png'))}</draw:a></text:p>",
            files=files,
        ),
        "news.odt",
    )

    assert entry.image is not None
    assert (entry.image.alt, entry.image.caption, entry.image.member) == (
        *("Лёд", "Рис. 1. Каток", "Pictures/a.png"),
    )
    assert [each.member for each in entry.inline] == ["Pictures/b.png"]
    b = '<img src="\ufdd0/media/news/b.png" alt="" width="5" height="5">'
    a = '<img src="\ufdd0/media/news/a.png" alt="" width="60" height="40">'
    assert entry.html == f"<p>Текст новости.</p>\n<p>Вот: {b}</p>\n<p>{b}</p>\n<p>{a}</p>"


def test_what_cannot_be_kept_is_counted_and_named() -> None:
    objects = "".join(
        frame(f'<draw:object xlink:href="./Object {number}"/>' + image("x.png"))
        for number in (1, 2, 3)
    )
    manifest = "".join(
        f'<manifest:file-entry manifest:full-path="Object {number}/" manifest:media-type="'
        f'application/vnd.oasis.opendocument.{kind}"/>'
        for number, kind in ((1, "formula"), (2, "chart"), (3, "spreadsheet"))
    )
    changes = "<text:tracked-changes><text:changed-region/></text:tracked-changes>"
    linked = "".join(
        map(frame, map(image, ("https://example.com/p.png", "../p.jpg", "P/x.emf", "")))
    )
    entry, problems = warned(
        changes,
        TEXT,
        f"<text:p>{objects}{frame('<draw:object><math:math/></draw:object>')}"
        f"{frame('<draw:object-ole/>')}{frame('')}<draw:line/><draw:custom-shape><text:p/>"
        "</draw:custom-shape><draw:custom-shape><text:p>В рамке</text:p></draw:custom-shape>"
        f"{frame('<draw:text-box><text:p>Надпись</text:p></draw:text-box>')}"
        f"{frame('<draw:text-box/>')}{linked}"
        "<office:annotation><text:p>Проверить!</text:p></office:annotation></text:p>",
        manifest=manifest,
    )

    assert entry.html == "<p>Текст новости.</p>"
    assert [(code, *values.values()) for _, code, values in problems] == [
        ("word-comments", "1"),
        ("word-drawings", "4"),
        ("word-equations", "2"),
        ("word-objects", "2"),
        ("word-picture", "x.emf"),
        ("word-picture-linked", ""),
        ("word-picture-linked", "p.jpg"),
        ("word-picture-linked", "p.png"),
        ("word-text-boxes", "2"),
        ("word-tracked", "1"),
    ]


def test_hidden_text_is_not_published() -> None:
    entry, problems = warned(
        TEXT,
        '<text:p>А<text:span text:style-name="H">секрет</text:span>'
        '<text:hidden-text text:string-value="секрет">секрет</text:hidden-text></text:p>',
        '<text:p text:style-name="HP">секрет</text:p><text:h text:style-name="HP">секрет</text:h>',
        '<text:p><text:hidden-paragraph text:is-hidden="true"/>секрет</text:p>',
        '<text:p><text:hidden-paragraph text:is-hidden="false"/>Б</text:p>',
        '<text:section text:display="none"><text:p>секрет</text:p></text:section>',
        styles=style("H", 'text:display="none"')
        + style("HP", 'text:display="none"', family="paragraph"),
    )

    assert entry.html == "<p>Текст новости.</p>\n<p>А</p>\n<p>Б</p>"
    assert problems == [(0, "word-hidden", {"count": "6"})]


def test_a_document_may_have_no_list_of_its_parts() -> None:
    with ZipFile(io.BytesIO(odt(TEXT))) as source:
        parts = {"content.xml": source.read("content.xml")}
    assert html_of(zipped(parts), "news.odt") == "<p>Текст новости.</p>"


ENCRYPTED = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (odt(TEXT, manifest=ENCRYPTED), "document-password"),
        (odt(TEXT, files={"content.xml": "<x/>"}), "document-other"),
        (odt(TEXT, files={"content.xml": "<x"}), "document-broken"),
        (odt("<text:s/>" * 100_001), "too-many-parts"),
    ],
)
def test_other_files_are_refused_with_what_they_are(data: bytes, code: str) -> None:
    assert [found for _, found, _ in refused(data, "news.odt")] == [code]
