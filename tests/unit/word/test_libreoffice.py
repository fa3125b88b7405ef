"""Documents that LibreOffice wrote, one in each of its formats.

`tests/data/word/skating.*` are by LibreOffice 7.4:
`soffice --headless --convert-to docx skating.odt`, and the same with `odt`.
"""

import pytest

from tests.support.newsroom import ROOT
from tests.support.word import png, refused, warned

FOLDER = ROOT / "tests" / "data" / "word"


@pytest.mark.parametrize("end", ["docx", "odt"])
def test_nothing_of_a_document_is_lost(end: str) -> None:
    path = f"skating.{end}"
    entry, problems = warned((FOLDER / path).read_bytes(), path)

    assert problems == [(0, "word-comments", {"count": "1"})]
    assert (entry.title, entry.published.date().isoformat()) == (
        "Каток на площади открыт",
        "2026-11-24",
    )
    (picture,) = entry.inline
    assert (picture.width, picture.height, picture.length > 0) == (60, 40, True)
    assert picture.length >= len(png()) - 100
    for part in (
        "<p>Каток <strong>на площади</strong> открыт<sup><a ",
        '<a href="https://example.com/">Сайт</a>.</p>',
        "<h2>Расписание</h2>",
        "<ul><li>Лёд<ul><li>утром</li><li>вечером</li></ul></li></ul>",
        "<ol><li>Глава",
        "<p>1.1. пункт</p>",
        "<p>1.2. пункт</p>",
        "<p>Между.</p>",
        '<ol start="2"><li>Вторая</li></ol>',
        '<table><thead><tr><th scope="col">День</th><th scope="col">Часы</th></tr></thead>',
        "<tbody><tr><td>Суббота</td><td>10–22</td></tr></tbody></table>",
        'alt="Каток вечером"',
        "<p>Примечание.</p>",
        "По данным мэрии.",
    ):
        assert part in entry.html
    assert "Проверить" not in entry.html


def test_a_document_under_the_name_of_the_other_format_says_so() -> None:
    data = (FOLDER / "skating.odt").read_bytes()
    assert refused(data) == [(0, "document-other", {})]
