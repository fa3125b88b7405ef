"""Documents of Word, in the XML that Word itself writes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from feedsvc import parsing
from tests.support.word import (
    DATE,
    NAMES,
    TITLE,
    cell,
    docx,
    html,
    in_list,
    paragraph,
    picture,
    png,
    published,
    refused,
    relationships,
    row,
    run,
    styled,
    table,
    text_box,
    warned,
    zipped,
)

PAGE = "\ufdd0/presscenter/news/detail/news.html"
TEXT = paragraph("Текст новости.")
PNG = {"word/media/image1.png": png()}
SHOWN = {"rId7": "media/image1.png"}


def warnings(*content: str, **parts: object) -> list[tuple[str, dict[str, str]]]:
    _, problems = warned(docx(*content, TEXT, **parts))  # type: ignore[arg-type]
    return [(code, values) for _, code, values in problems]


# The head


def test_the_first_paragraph_is_the_title_and_the_next_one_the_date() -> None:
    entry = published(docx(TEXT))

    assert entry.title == "Каток на площади открыт"
    assert entry.published == datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Moscow"))
    assert entry.html == "<p>Текст новости.</p>"
    assert entry.summary == "Текст новости."
    assert (entry.id, entry.page) == ("news", "/presscenter/news/detail/news.html")


@pytest.mark.parametrize("style", ["1", "a6"])
def test_a_heading_is_a_title_like_a_paragraph(style: str) -> None:
    entry = published(docx(TEXT, head=styled("Открыт каток", style) + DATE))

    assert (entry.title, entry.html) == ("Открыт каток", "<p>Текст новости.</p>")


def test_the_head_may_be_lines_or_a_small_table() -> None:
    lines = TITLE + DATE + paragraph("Рубрика: Спорт") + paragraph("Автор: И. Иванова")
    rows = table(
        row("Заголовок", "Каток на площади открыт"),
        row("Дата", "24.11.2026"),
        row("Рубрика", "Спорт"),
        row("Автор:", "И. Иванова"),
    )
    for head in (lines, rows):
        entry = published(docx(TEXT, head=head))
        assert entry.title == "Каток на площади открыт"
        assert [each.label for each in entry.categories] == ["Спорт"]
        assert entry.author == "И. Иванова"
        assert entry.html == "<p>Текст новости.</p>"


def test_title_and_date_may_be_one_paragraph_with_line_breaks() -> None:
    line_break = "<w:r><w:br/></w:r>"
    head = paragraph(
        run("Каток открыт", "<w:b/>") + line_break + run("24.11.2026") + line_break
        + run("Первая ", "<w:i/>") + run("строка.")
    )  # fmt: skip

    entry = published(docx(TEXT, head=head))

    assert entry.title == "Каток открыт"
    assert entry.html == "<p><em>Первая </em>строка.</p>\n<p>Текст новости.</p>"


def test_a_draft_stays_one_wherever_that_stands() -> None:
    assert (
        published(docx(TEXT, head=TITLE + DATE + paragraph("Статус: черновик"))).status == "draft"
    )
    ((line, code, _),) = refused(docx(TEXT, paragraph("Статус: черновик")))
    assert (line, code) == (4, "hidden-unclear")


def test_a_document_without_a_date_says_so_with_the_number_of_the_paragraph() -> None:
    text = docx(TEXT, TEXT, head=TITLE)
    assert refused(text) == [(2, "bad-date", {"value": "Текст новости."})]
    assert refused(docx(head="")) == [(1, "no-title", {})]


def test_a_picture_beside_the_title_or_in_its_table_is_kept() -> None:
    shown = picture("rId7", "Каток")
    titles = (
        paragraph(shown + run("Каток открыт")) + DATE,
        paragraph(shown) + paragraph("Каток открыт") + DATE,
        table(
            row("Заголовок", cell(paragraph(run("Каток открыт") + shown))),
            row("Дата", "24.11.2026"),
        ),
    )
    for head in titles:
        entry = published(docx(TEXT, head=head, targets=SHOWN, files=PNG))
        assert (entry.title, entry.html) == ("Каток открыт", "<p>Текст новости.</p>")
        assert entry.image is not None
        assert entry.image.alt == "Каток"


def test_a_document_of_other_programs_may_lie_elsewhere_and_lack_all_else() -> None:
    body = f"<w:document {NAMES}><w:body>{TITLE}{DATE}{TEXT}</w:body></w:document>"
    for name in ("word/document.xml", "document.xml", "docs/document2.xml"):
        found = {"_rels/.rels": relationships({"x": "styles.xml", "y": "/" + name})}
        data = zipped({name: body} | ({} if name == "word/document.xml" else found))
        assert html(data) == "<p>Текст новости.</p>"


# The text


def test_headings_letters_and_links_become_elements() -> None:
    link = '<w:hyperlink r:id="rId9">' + run("сайт", '<w:rStyle w:val="a7"/>') + "</w:hyperlink>"
    text = docx(
        styled("Расписание", "1"),
        paragraph(
            run("жирно", "<w:b/>")
            + run("прямо", '<w:b w:val="0"/>')
            + run("косо", "<w:i/>")
            + run("сильно", '<w:rStyle w:val="Strong"/>')
            + run("2", '<w:vertAlign w:val="superscript"/>')
            + run("2", '<w:vertAlign w:val="subscript"/>')
            + run("было", "<w:strike/>")
            + link
        ),
        styled("Подробнее", "2"),
        styled("Сказано так.", "21"),
        styled("Раздел", "Own"),
        styled("Раздел", "OwnToo"),
        paragraph("По уровню", '<w:outlineLvl w:val="2"/>'),
        paragraph("Обычный", '<w:pStyle w:val="nowhere"/><w:outlineLvl w:val="9"/>'),
        targets={"rId9": "https://example.com/?a=1&b=2"},
    )

    assert html(text) == (
        "<h2>Расписание</h2>\n<p><strong>жирно</strong>прямо<em>косо</em><strong>сильно</strong>"
        '<sup>2</sup><sub>2</sub><s>было</s><a href="https://example.com/?a=1&amp;b=2">сайт</a></p>'
        "\n<h3>Подробнее</h3>\n<blockquote><p>Сказано так.</p></blockquote>\n<h3>Раздел</h3>"
        "\n<h3>Раздел</h3>\n<h4>По уровню</h4>\n<p>Обычный</p>"
    )


def test_fields_and_bookmarks_are_links() -> None:
    def character(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    instruction = '<w:r><w:instrText> HYPERLINK "https://example.com/" </w:instrText></w:r>'
    complex_field = character("begin") + instruction + character("separate") + run("поле")
    simple = '<w:fldSimple w:instr=" DATE ">' + run("сегодня") + "</w:fldSimple>"
    anchor = '<w:hyperlink w:anchor="_Toc1">' + run("ниже") + "</w:hyperlink>"
    both = '<w:hyperlink r:id="rId9" w:anchor="x">' + run("там") + "</w:hyperlink>"
    nowhere = '<w:hyperlink r:id="rId404">' + run("никуда") + "</w:hyperlink>"
    text = docx(
        paragraph(complex_field + character("end") + simple),
        paragraph(anchor + both + nowhere),
        paragraph(
            '<w:bookmarkStart w:id="0" w:name="_Toc1"/><w:bookmarkStart w:id="1"/>' + run("Тут")
        ),
        targets={"rId9": "https://example.com/a"},
    )

    assert html(text) == (
        '<p><a href="https://example.com/">поле</a>сегодня</p>\n'
        f'<p><a href="{PAGE}#_Toc1">ниже</a>'
        '<a href="https://example.com/a#x">там</a>никуда</p>\n<p><a id="_Toc1"></a>Тут</p>'
    )


def test_signs_that_are_elements_in_word_become_text() -> None:
    signs = (
        "<w:r><w:t>а</w:t><w:tab/><w:t>б</w:t><w:br/><w:t>в</w:t><w:cr/><w:noBreakHyphen/>"
        '<w:softHyphen/><w:t>г\xad\u200b\ufdd1</w:t><w:br w:type="page"/>'
        '<w:sym w:font="Wingdings" w:char="F0FC"/><w:sym w:font="Wingdings" w:char="zz"/></w:r>'
    )

    assert html(docx(paragraph(signs), paragraph(" "), paragraph(""))) == (
        "<p>а\tб<br>в<br>‑г✓</p>"
    )


def test_lists_nest_and_keep_the_numbers_that_word_shows() -> None:
    text = docx(
        in_list("один", "1"),
        in_list("внутри", "1", 1),
        in_list("два", "1"),
        paragraph("между"),
        in_list("первый", "2"),
        in_list("второй", "2"),
        paragraph("между"),
        in_list("третий", "2"),
        in_list("снова первый", "5"),
        in_list("второй опять", "5"),
        in_list("подпункт", "2", 1),
    )

    assert html(text) == (
        "<ul><li>один<ul><li>внутри</li></ul></li><li>два</li></ul>\n<p>между</p>\n"
        "<ol><li>первый</li><li>второй</li></ol>\n<p>между</p>\n"
        '<ol start="3"><li>третий</li></ol>\n<ol><li>снова первый</li><li>второй опять'
        "<ol><li>подпункт</li></ol></li></ol>"
    )


def test_numbers_that_html_does_not_count_become_text() -> None:
    text = docx(
        in_list("глава", "3"),
        in_list("часть", "3", 1),
        in_list("часть", "3", 1),
        in_list("пункт", "4"),
        in_list("пункт", "4"),
        in_list("римский", "4", 1),
        in_list("без", "6"),
        in_list("нет списка", "7"),
        in_list("нет списка", "99"),
        in_list("нет уровня", "2", 8),
        styled("из стиля", "Numbered"),
        styled("и из его основы", "NumberedToo"),
        styled("и из своего", "NumberedThree"),
        paragraph("Заголовок", '<w:pStyle w:val="1"/><w:numPr><w:numId w:val="2"/></w:numPr>'),
    )

    assert html(text) == (
        "<ol><li>глава</li></ol>\n<p>1.1. часть</p>\n<p>1.2. часть</p>\n<p>а) пункт</p>\n"
        "<p>б) пункт</p>\n<p>I. римский</p>\n<p>без</p>\n<p>нет списка</p>\n<p>нет списка</p>\n"
        "<p>нет уровня</p>\n<ol><li>из стиля</li><li>и из его основы</li>"
        "<li>и из своего</li></ol>\n"
        "<h2>4. Заголовок</h2>"
    )


def test_tables_have_heads_if_word_says_so_or_all_of_their_first_row_is_bold() -> None:
    said = table(row("День", "Час", properties="<w:tblHeader/>"), row("1", "2"))
    bold = table(
        row(*(cell(paragraph(run(each, "<w:b/>"))) for each in ("День", "Час"))), row("1", "2")
    )
    expected = (
        '<table><thead><tr><th scope="col">День</th><th scope="col">Час</th></tr></thead>'
        "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    )
    assert html(docx(TEXT, said)) == html(docx(TEXT, bold)) == f"<p>Текст новости.</p>\n{expected}"


def test_cells_of_tables_span_and_may_hold_more_than_one_paragraph() -> None:
    merged = table(
        row(cell("вдвоём", '<w:gridSpan w:val="2"/>'), cell("вниз", '<w:vMerge w:val="restart"/>')),
        row("а", cell(paragraph("б") + paragraph("в")), cell("", "<w:vMerge/>")),
        row("x", cell("", '<w:gridSpan w:val="999999999"/>'), "z"),
    )

    assert html(docx(TEXT, merged)) == (
        '<p>Текст новости.</p>\n<table><tbody><tr><td colspan="2">вдвоём</td><td rowspan="2">вниз'
        "</td></tr><tr><td>а</td><td><p>б</p><p>в</p></td></tr><tr><td>x</td><td></td><td>z</td>"
        "</tr></tbody></table>"
    )


def test_footnotes_stand_below_the_text_and_lead_back() -> None:
    reference = '<w:r><w:rPr><w:rStyle w:val="a8"/></w:rPr><w:footnoteReference w:id="2"/></w:r>'
    nowhere = '<w:r><w:footnoteReference w:id="77"/></w:r>'
    link = '<w:hyperlink r:id="rId1">' + run("Сайт") + "</w:hyperlink>"
    own = paragraph("<w:r><w:footnoteRef/></w:r>" + link + run(" мэрии."))
    data = docx(
        paragraph(run("Текст") + reference + run(".") + nowhere),
        notes=f'<w:footnote w:id="2">{own}</w:footnote>',
        files={
            "word/_rels/footnotes.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://'
            'schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            'Type="x" Target="https://example.com/" TargetMode="External"/></Relationships>'
        },
    )

    entry = published(data)

    assert entry.html == (
        f'<p>Текст<sup><a href="{PAGE}#footnote-2" id="fnref-footnote-ref-2">[1]</a></sup>.</p>\n'
        "<hr>\n"
        '<ol><li id="footnote-2"><p><a href="https://example.com/">Сайт</a> мэрии. '
        f'<a href="{PAGE}#fnref-footnote-ref-2">↑</a></p></li></ol>'
    )
    assert entry.summary.startswith("Текст.")


# Pictures


def test_a_picture_that_the_text_begins_with_is_that_of_the_entry() -> None:
    shown = paragraph(picture("rId7", "Каток вечером"))
    data = docx(shown, styled("Фото: мэрия", "a5"), TEXT, targets=SHOWN, files=PNG)

    entry = published(data)

    assert entry.image is not None
    assert (entry.image.name, entry.image.path) == ("image1.png", "news.docx")
    assert entry.image.member == "word/media/image1.png"
    assert (entry.image.width, entry.image.height, entry.image.length) == (60, 40, len(png()))
    assert (entry.image.alt, entry.image.caption) == ("Каток вечером", "Фото: мэрия")
    assert entry.html == "<p>Текст новости.</p>"


def test_other_pictures_stay_where_they_are_with_descriptions_and_captions() -> None:
    emblem = picture("rId8", "", place="anchor")
    data = docx(
        TEXT,
        paragraph(picture("rId7", "Лёд\nАвтоматически созданное описание")),
        styled("На катке", "a5"),
        paragraph(run("Эмблема: ") + emblem),
        paragraph(picture("rId7", "IMG_0001.JPG")),
        targets={**SHOWN, "rId8": "/word/media/an image.png"},
        files={**PNG, "word/media/an image.png": png(1, 1)},
    )

    entry = published(data)

    assert entry.image is None
    assert [(each.name, each.width) for each in entry.inline] == [
        ("image1.png", 60),
        ("picture.png", 1),
    ]
    assert entry.html == (
        "<p>Текст новости.</p>\n"
        '<figure><img alt="Лёд" src="\ufdd0/media/news/image1.png" width="60"'
        ' height="40"><figcaption>На катке</figcaption></figure>\n<p>Эмблема: '
        '<img src="\ufdd0/media/news/picture.png" width="1" height="1"></p>\n'
        '<p><img src="\ufdd0/media/news/image1.png" width="60" height="40"></p>'
    )


def test_pictures_of_older_word_are_found() -> None:
    old = (
        '<w:r><w:pict><v:shape id="_x0000_i1"><v:imagedata r:id="rId7" o:title="Лёд"/></v:shape>'
        "</w:pict></w:r>"
    )

    assert 'alt="Лёд"' in html(docx(TEXT, paragraph(old), targets=SHOWN, files=PNG))


def test_pictures_that_cannot_be_shown_are_named() -> None:
    shown = [
        paragraph(picture(name, kind=kind))
        for name, kind in (("e", "embed"), ("l", "link"), ("x", "embed"), ("b", "embed"))
    ]
    targets = {"e": "media/image2.emf", "l": "file:///C:\\foto\\a.jpg", "b": "media/bad.png"}
    assert warnings(TEXT, *shown, targets=targets, files={"word/media/bad.png": b"no"}) == [
        ("media-broken", {"name": "bad.png"}),
        ("word-picture", {"name": "image2.emf"}),
        ("word-picture-linked", {"name": "a.jpg"}),
    ]


# What cannot be kept


def test_changes_are_published_as_if_they_were_accepted_and_told() -> None:
    changed = paragraph(
        run("Было ")
        + '<w:ins w:id="1" w:author="Шеф">'
        + run("вставлено")
        + '</w:ins><w:del w:id="2"><w:r><w:delText>убрано</w:delText></w:r></w:del>',
        '<w:rPr><w:ins w:id="3"/></w:rPr>',
    )
    joined = paragraph("Первая ", '<w:rPr><w:del w:id="4"/></w:rPr>') + paragraph("и вторая.")
    rows = table(
        row("ушла", "строка", properties='<w:del w:id="5"/>'),
        row("стоит", "строка", properties='<w:ins w:id="6"/>'),
    )
    entry, problems = warned(docx(changed, joined, rows))

    assert problems == [(0, "word-tracked", {"count": "6"})]
    assert entry.html == (
        "<p>Было вставлено</p>\n<p>Первая и вторая.</p>\n"
        "<table><tbody><tr><td>стоит</td><td>строка</td></tr></tbody></table>"
    )


def test_hidden_text_is_not_published() -> None:
    secret = run("секрет", "<w:vanish/>")
    entry, problems = warned(
        docx(
            paragraph(run("Видно.") + secret + "<w:r><w:rPr><w:vanish/></w:rPr><w:tab/></w:r>"),
            styled("тайна", "Secret"),
            paragraph(run("Снова.", '<w:vanish w:val="0"/>'), '<w:pStyle w:val="Secret"/>'),
        )
    )

    assert problems == [(0, "word-hidden", {"count": "2"})]
    assert entry.html == "<p>Видно.</p>\n<p>Снова.</p>"


def test_what_is_neither_text_nor_picture_is_counted() -> None:
    def graphic(content: str) -> str:
        return f"<w:r><w:drawing><wp:inline>{content}</wp:inline></w:drawing></w:r>"

    chart = graphic('<a:graphic><a:graphicData><c:chart r:id="rId5"/></a:graphicData></a:graphic>')
    smart_art = graphic(
        '<a:graphic><a:graphicData><dgm:relIds r:dm="rId6"/></a:graphicData></a:graphic>'
    )
    shape = graphic("<a:graphic><a:graphicData><wps:wsp/></a:graphicData></a:graphic>")
    line = '<w:r><w:pict><v:rect o:hr="t"/></w:pict></w:r>'
    sheet = (
        '<w:r><w:object><v:shape><v:imagedata r:id="rId7"/></v:shape>'
        '<o:OLEObject Type="Embed" ProgID="Excel.Sheet.12"/></w:object></w:r>'
    )
    old_equation = '<w:r><w:object><o:OLEObject ProgID="Equation.3"/></w:object></w:r>'
    equation = "<m:oMathPara><m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath></m:oMathPara>"
    comment = '<w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'

    assert warnings(
        paragraph(text_box("В рамке")),
        paragraph(chart + smart_art + shape + line),
        paragraph(sheet + old_equation + equation + "<m:oMath/>" + comment),
        '<w:altChunk r:id="rId10"/>',
    ) == [
        ("word-comments", {"count": "1"}),
        ("word-drawings", {"count": "3"}),
        ("word-equations", {"count": "3"}),
        ("word-objects", {"count": "2"}),
        ("word-text-boxes", {"count": "1"}),
    ]


def test_links_to_other_documents_are_links_to_their_pages() -> None:
    targets = {"a": "./other.docx", "b": "./note.md#x", "c": "file:///C:/x.docx", "d": "./a.pdf"}
    linked = "".join(
        f'<w:hyperlink r:id="{name}">' + run(name) + "</w:hyperlink>" for name in targets
    )

    entry, problems = warned(docx(paragraph(linked), targets=targets))

    assert problems == [(0, "media-missing", {"name": "./a.pdf"})]
    assert entry.html == (
        f'<p><a href="{PAGE.replace("news.html", "other.html")}">a</a>'
        f'<a href="{PAGE.replace("news.html", "note.html")}#x">b</a><a>c</a><a>d</a></p>'
    )


def test_without_the_extra_a_document_says_what_is_to_be_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "WING_LIBRARIES", ("no-such-library",))
    assert refused(docx(TEXT)) == [(0, "word-missing", {})]
