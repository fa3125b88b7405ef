"""Target: documents of Word and LibreOffice, whose text is any XML."""

from feedsvc.parsing import read
from feedsvc.parsing.bounds import MAX_LENGTH
from feedsvc.text import clean, plain
from tests.fuzz.oracles import check_characters, check_problems, promise
from tests.support.markup import assert_harmless
from tests.support.parsing import MOSCOW, NO_FOLDER
from tests.support.word import docx, odt, png

_PICTURES = {"rId7": "media/image1.png", "rId8": "https://example.com/", "rId9": "media/a.emf"}


def check_document(data: bytes) -> int:
    """Read a document, by the first byte: of Word, of LibreOffice, or one that is no document."""
    kind, rest = data[:1], data[1:]
    text = clean(rest.decode(errors="ignore"))
    if kind < b"a":
        path, made = "news.docx", data
    elif kind < b"m":
        files = {"word/media/image1.png": png(1, 1)}
        path, made = "news.docx", docx(text, targets=_PICTURES, files=files)
    else:
        path, made = "news.odt", odt(text, files={"Pictures/a.png": png(1, 1)})
    found = read(made, path, MOSCOW, NO_FOLDER)
    check_problems(found.problems, len(data) + 10)
    if found.entry is None:
        promise(bool(found.problems), "a reason", found)
        return 0
    html = found.entry.html
    assert_harmless(html)
    check_characters(plain(html) + found.entry.title)
    promise(len(html) <= MAX_LENGTH, "bounded", len(html))
    promise("\ufdd1" not in html, "no marks of our own", html)
    return len(html)
