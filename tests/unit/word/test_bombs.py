"""Documents that are not what they say, and those that were made to do harm."""

import io
import os
from dataclasses import replace
from pathlib import Path
from struct import pack
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.cost import in_proportion
from tests.support.folder import old, running, shown
from tests.support.word import (
    cell,
    docx,
    html,
    huge_png,
    in_list,
    odt,
    paragraph,
    picture,
    png,
    refused,
    row,
    run,
    table,
    warned,
    zipped,
)

TEXT = paragraph("Текст новости.")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><d>&i;</d>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'


def codes(data: bytes, path: str = "news.docx") -> list[str]:
    return [code for _, code, _ in refused(data, path)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "document-broken"),
        (b"PK\x03\x04", "document-broken"),
        (b"\0" * 1000, "document-broken"),
        (OLE, "document-old"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "document-password"),
        (b"{\\rtf1\\ansi Text}", "document-old"),
        (b"\xef\xbb\xbf\r\n<html><body>Word</body></html>", "document-other"),
        (docx(TEXT)[:-40], "document-broken"),
        (docx(TEXT)[:600] + b"\0" * 600, "document-broken"),
        (docx(TEXT).replace(b"PK\x01\x02", b"PK\0\0"), "document-broken"),
        (zipped({"a.txt": "no document"}), "document-other"),
        (odt("<text:p>T</text:p>"), "document-other"),
        (docx(files={"word/document.xml": "<w/>"}), "document-broken"),
        (docx(files={"word/document.xml": "<w:document"}), "document-broken"),
        (docx(files={"word/styles.xml": ENTITIES}), "document-broken"),
        (docx(files={"word/document.xml": OUTSIDE}), "document-broken"),
        (docx(files={"word/document.xml": OUTSIDE.encode("utf-16")}), "document-broken"),
        (docx(files={"word/numbering.xml": "<w>" * 200 + "</w>" * 200}), "too-deep"),
        (docx(TEXT, "<w:sdt>" * 100 + "</w:sdt>" * 100), "too-deep"),
        (docx("<w:p/>" * 50_000), "too-many-parts"),
        (docx(files={"word/document.xml": "<w/>" * 600_001}), "too-many-parts"),
        (docx(files={"word/document.xml": b" " * (16 * 1024 * 1024 + 1)}), "too-many-parts"),
        (docx(table(row(*["<w:tc></w:tc>"] * 20_001))), "table-large"),
    ],
)  # fmt: skip
def test_what_is_no_document_of_word_is_refused_with_what_it_is(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_a_document_in_utf_16_is_read() -> None:
    with ZipFile(io.BytesIO(docx(TEXT))) as source:
        text = source.read("word/document.xml").decode().replace("UTF-8", "UTF-16")
    assert html(docx(files={"word/document.xml": text.encode("utf-16")})) == "<p>Текст новости.</p>"


def test_a_document_in_another_encoding_than_it_says_hides_no_entities() -> None:
    # UTF-7, in which nothing looks like a document type.
    hidden = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d +AFs-<d/>'
    assert codes(docx(files={"word/document.xml": hidden})) == ["document-broken"]


def test_old_documents_and_those_of_other_programs_are_asked_for_as_docx() -> None:
    for path in ("news.doc", "news.rtf", "News.PAGES"):
        assert codes(b"anything", path) == ["document-old"]


def test_a_document_has_more_room_than_a_text() -> None:
    noise = os.urandom(2 * 1024 * 1024)
    assert html(docx(TEXT, files={"word/media/unused.bin": noise}))
    assert codes(bytes(50 * 1024 * 1024 + 1)) == ["document-large"]


# Archives


def test_a_part_with_a_password_says_so() -> None:
    data = bytearray(docx(TEXT))
    at = data.index(b"PK\x01\x02")
    while at >= 0:  # the flag in each line of the list of files
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    assert codes(bytes(data)) == ["document-password"]


def test_a_part_that_unpacks_to_more_than_it_says_is_damaged() -> None:
    data = docx(files={"word/document.xml": " " * 100_000})
    data = data.replace(pack("<L", 100_000), pack("<L", 10))
    assert codes(data) == ["document-broken"]


def test_methods_of_packing_that_word_does_not_know_are_refused() -> None:
    with ZipFile(io.BytesIO(docx(TEXT))) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    assert html(zipped(parts, ZIP_STORED)) == "<p>Текст новости.</p>"
    assert codes(zipped(parts, ZIP_BZIP2)) == ["document-broken"]


def test_a_list_of_too_many_files_is_not_read() -> None:
    many = zipped({f"{number}": b"" for number in range(5001)})
    assert codes(many) == ["document-broken"]
    long = zipped({f"{number}{'x' * 1000}": b"" for number in range(1100)})
    assert codes(long) == ["document-broken"]
    # The larger form of the list, whose numbers stand elsewhere.
    end = docx(TEXT)
    at = end.rindex(b"PK\x05\x06")
    larger = end[:at] + b"PK\x06\x07" + bytes(16) + end[at:]
    assert codes(larger) == ["document-broken"]


def test_of_two_files_with_one_name_the_first_counts_and_names_lead_nowhere(tmp_path: Path) -> None:
    made = io.BytesIO(docx(TEXT))
    with ZipFile(made, "a", ZIP_DEFLATED) as target:
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("word/document.xml", "<second/>")
        target.writestr("../../outside.txt", "x")
        target.writestr("/etc/passwd", "x")
        target.writestr(ZipInfo("C:\\x"), "x")
    assert html(made.getvalue()) == "<p>Текст новости.</p>"
    assert not any(tmp_path.iterdir())


def test_relationships_that_lead_out_of_the_document_name_no_file() -> None:
    targets = {
        "a": "../../../../etc/passwd.png",
        "b": "%2e%2e/%2e%2e/x.png",
        "c": "http://127.0.0.1/a.png",
    }
    shown = "".join(paragraph(picture(name)) for name in targets)
    entry, problems = warned(docx(TEXT, shown, targets=targets))
    assert entry.html == "<p>Текст новости.</p>"
    assert [code for _, code, _ in problems] == [
        "media-broken",
        "media-broken",
        "word-picture-linked",
    ]


def test_pictures_that_are_bombs_are_named_and_the_text_is_published() -> None:
    files = {"word/media/huge.png": huge_png(), "word/media/long.png": bytes(200_000_000)}
    targets = {"a": "media/huge.png", "b": "media/long.png", "c": "media/missing.png"}
    shown = "".join(paragraph(picture(name)) for name in targets)
    entry, problems = warned(docx(TEXT, shown, targets=targets, files=files))
    assert entry.html == "<p>Текст новости.</p>"
    assert [(code, values["name"]) for _, code, values in problems] == [
        ("media-broken", "long.png"),
        ("media-broken", "missing.png"),
        ("media-large", "huge.png"),
    ]


def test_only_a_hundred_pictures_are_published() -> None:
    files = {f"word/media/{number}.png": png(1, 1) for number in range(102)}
    targets = {f"p{number}": f"media/{number}.png" for number in range(102)}
    shown = "".join(paragraph(picture(name)) for name in targets)
    entry, problems = warned(docx(TEXT, shown, targets=targets, files=files))
    assert len(entry.inline) == 100
    assert problems == [(0, "media-many", {"name": ""})]


def test_pictures_of_one_document_have_a_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.word.package.MAX_PICTURES", 100)
    files = {f"word/media/{number}.png": png() for number in range(3)}
    targets = {f"p{number}": f"media/{number}.png" for number in range(3)}
    shown = "".join(paragraph(picture(name)) for name in targets)
    entry, problems = warned(docx(TEXT, shown, targets=targets, files=files))
    assert [each.name for each in entry.inline] == ["0.png"]
    assert [code for _, code, _ in problems] == ["media-broken"] * 2


# Costs

COSTLY = {
    "styles that are based on one another": docx(
        *(paragraph("т", f'<w:pStyle w:val="s{number}"/>') for number in range(0, 3000, 10)),
        files={
            "word/styles.xml": "<w:styles xmlns:w='http://schemas.openxmlformats.org/wordprocessing"
            "ml/2006/main'>"
            + "".join(
                f'<w:style w:styleId="s{number}"><w:basedOn w:val="s{number + 1}"/></w:style>'
                for number in range(3000)
            )
            + "</w:styles>"
        },
    ),
    "fields in fields": docx(
        paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 3000 + run("т") * 3000)
    ),
    "ends of fields": docx(
        paragraph('<w:r><w:fldChar w:fldCharType="end"/></w:r>' * 9000 + run("т"))
    ),
    "tables in tables": docx(TEXT, table(row(cell("т"))) * 500),
    "items of lists": docx(*(in_list("т", "3", number % 9) for number in range(2000))),
    "paragraphs joined": docx(paragraph("т", "<w:rPr><w:del/></w:rPr>") * 3000, TEXT),
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_grows_in_a_document_costs_no_more_than_in_proportion(name: str) -> None:
    with in_proportion():
        warned(COSTLY[name])


def test_a_bomb_ends_its_reader_and_nothing_else(settings: Settings) -> None:
    old(settings.entries / "good.docx", docx(TEXT))
    deep = "<w:tbl><w:tr><w:tc>" * 24 + TEXT * 20 + "</w:tc></w:tr></w:tbl>" * 24
    old(settings.entries / "costly.docx", docx(TEXT, deep * 400))

    with running(replace(settings, rescan=3600)):
        assert shown(settings) == {"good": "Каток на площади открыт"}
        with Catalogue(settings.instance).snapshot() as snapshot:
            (problem,) = snapshot.problems()
    assert (problem.path, problem.code) == ("costly.docx", "too-costly")
