"""Lists, tables, headings and lines under the date in press texts, and what stays a paragraph."""

from datetime import datetime

import pytest

from tests.support.newsroom import ROOT
from tests.support.parsing import entry, refused, warned

HEAD = "Заголовок\n13.08.2014\n"
LONG = "Довольно длинный абзац, который ниже заголовка говорит о том же самом подробнее."


def html(body: str) -> str:
    return entry(f"{HEAD}\n{body}", "a.txt").html


def items(*texts: str, name: str = "ul") -> str:
    return f"<{name}>\n{''.join(f'<li>{text}</li>{chr(10)}' for text in texts)}</{name}>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("• а\n• б", items("а", "б")),
        ("•а", items("а")),
        ("Будут:\n— каток;\n— лыжня.", "<p>Будут:</p>\n" + items("каток;", "лыжня.")),
        ("Будут:\n\n- каток", "<p>Будут:</p>\n" + items("каток")),
        ("— каток;\n— Лыжня,\n— парк", items("каток;", "Лыжня,", "парк")),
        ("- каток\n- лыжня\nИ всё.", items("каток", "лыжня") + "\n<p>И всё.</p>"),
        ("1. Один\n2. Два www.mos.ru", None),
        ("1) один\n2) два\n3) три", items("один", "два", "три", name="ol")),
        ("• а\n— б\n— в", items("а") + "\n" + items("б", "в")),
    ],
)
def test_lines_that_begin_with_marks_are_lists(body: str, expected: str | None) -> None:
    if expected is not None:
        assert html(body) == expected
    else:
        assert html(body).startswith("<ol>\n<li>Один</li>\n<li>Два <a href=")


@pytest.mark.parametrize(
    "body",
    [
        "— Мы построим каток, — сказал мэр.",
        "— Когда откроют каток?\n— Зимой.",
        "- Мы строим.\n- Где?",
        "Мэр сказал:\n— Мы построим каток.",
        "1. Один",
        "2. Два\n3. Три",
        "1. Один\n3. Три",
        "13.08.2014\n14.08.2014",
        "1.5 метра\n2.5 метра",
        "-10 градусов\n-20 градусов",
        "—",
        "слова — слова\nслова — слова",
    ],
)
def test_what_may_be_speech_or_numbers_stays_a_paragraph(body: str) -> None:
    lines = "<br>\n".join(body.split("\n"))
    assert html(body) == f"<p>{lines}</p>"


def test_lines_with_tabs_are_a_table() -> None:
    assert html("Дом\tСрок, дней\nПервый\t5\nВторой \t 7 & 8") == (
        '<table><thead><tr><th scope="col">Дом</th><th scope="col">Срок, дней</th></tr>\n'
        "</thead><tbody><tr><td>Первый</td><td>5</td></tr>\n"
        "<tr><td>Второй</td><td>7 &amp; 8</td></tr>\n</tbody></table>"
    )


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("а\tб\nв\tг", ["<td>а</td><td>б</td>", "<td>в</td><td>г</td>"]),
        (
            "\tб\tв\n1\tг\tд\t",
            ["<td></td><td>б</td><td>в</td><td></td>", "<td>1</td><td>г</td><td>д</td><td></td>"],
        ),
        ("1\t2\n3\t4", ["<td>1</td><td>2</td>", "<td>3</td><td>4</td>"]),
    ],
)
def test_rows_are_as_wide_as_the_table(body: str, rows: list[str]) -> None:
    inner = "\n".join(f"<tr>{row}</tr>" for row in rows)
    assert html(body) == f"<table><tbody>{inner}\n</tbody></table>"


def test_text_around_a_table_stays_text() -> None:
    assert html("До\nа\tб\nв\tг\nПосле") == (
        "<p>До</p>\n<table><tbody><tr><td>а</td><td>б</td></tr>\n"
        "<tr><td>в</td><td>г</td></tr>\n</tbody></table>\n<p>После</p>"
    )


def test_one_line_with_a_tab_is_a_paragraph() -> None:
    assert html("а\tб") == "<p>а\tб</p>"
    assert html("\tКрасная строка.") == "<p>Красная строка.</p>"


def test_a_table_has_a_bound_on_its_cells() -> None:
    wide = "\t".join("a" * 200)
    assert refused(f"{HEAD}\n" + f"{wide}\n" * 101, "a.txt") == [(0, "table-large", {})]


def test_a_short_line_between_texts_is_a_heading() -> None:
    assert html(f"Начало.\n\nГде и когда\n\n{LONG}\n\nКонец.") == (
        f"<p>Начало.</p>\n<h2>Где и когда</h2>\n<p>{LONG}</p>\n<p>Конец.</p>"
    )


@pytest.mark.parametrize(
    "body",
    [
        f"Где и когда\n\n{LONG}",
        f"Начало.\n\n{LONG}\n\nПресс-служба префектуры",
        f"Начало.\n\nГде и когда.\n\n{LONG}",
        f"Начало.\n\nГде и когда?\n\n{LONG}",
        f"Начало.\n\nгде и когда\n\n{LONG}",
        f"Начало.\n\nГде\n\n{LONG}",
        f"Начало.\n\nИван Петров\n\nГлава управы\n\n{LONG}",
        f"Начало.\n\n{'Слово ' * 20}\n\n{LONG}",
        "Начало.\n\nГде и когда будет каток\n\nЗимой.",
        f"Начало.\n\nГде и когда\nвторая строка\n\n{LONG}",
    ],
)
def test_any_other_short_line_is_a_paragraph(body: str) -> None:
    assert "<h2>" not in html(body)


def test_lines_under_the_date_say_more() -> None:
    text = (
        "Заголовок\n\n13.08.2014\nРубрика: Спорт\n\nРубрики: Отдых; Спорт, ЖКХ\n"
        "Автор:  Иван   Петров\nИсправлено: дата\nИСПРАВЛЕНО: 14.08.2014 10:00\n\nТекст."
    )
    found = entry(text, "a.txt")
    assert [each.label for each in found.categories] == ["Спорт", "Отдых", "ЖКХ"]
    assert (found.author, found.correction, found.html) == ("Иван Петров", "дата", "<p>Текст.</p>")
    assert found.updated == datetime.fromisoformat("2014-08-14T10:00:00+04:00")


@pytest.mark.parametrize("line", ["Место: парк", "Автор", "Рубрика — спорт", "Внимание: автор: я"])
def test_other_lines_under_the_date_are_text(line: str) -> None:
    found = entry(f"{HEAD}{line}\nАвтор: Иван", "a.txt")
    assert found.author is None
    assert found.html == f"<p>{line}<br>\nАвтор: Иван</p>"


def test_faults_of_those_lines_are_told() -> None:
    text = f"{HEAD}Рубрика: !!!, {'а' * 101}\nИсправлено: 12.08.2014\n\nТекст."
    found, problems = warned(text, "a.txt")
    assert found.updated == found.published
    assert [(line, code) for line, code, _ in problems] == [
        *((3, "bad-category"), (3, "bad-category"), (4, "updated-early")),
    ]
    many = ", ".join(map(str, range(51)))
    _, problems = warned(f"{HEAD}Рубрики: {many}\nТекст.", "a.txt")
    assert [code for _, code, _ in problems] == ["categories-many"]
    assert refused(f"{HEAD}Автор: {'а' * 1001}\nТекст.", "a.txt") == [
        (3, "text-long", {"key": "author", "limit": "1000"})
    ]


def test_problems_below_those_lines_name_the_right_line() -> None:
    many = "Наш сайт news.example, " * 4000
    text = f"{HEAD}Рубрика: Спорт\n\nПервый.\n\n{many}"
    assert refused(text, "a.txt") == [(7, "addresses-many", {})]


def test_a_text_of_nothing_but_such_lines_has_no_text() -> None:
    assert refused(f"{HEAD}Автор: Иван", "a.txt") == [(3, "no-body", {})]


def test_the_example_of_the_guide_shows_all_of_that() -> None:
    guide = (ROOT / "docs" / "officer.md").read_text("utf-8")
    example = guide.partition("Вот всё сразу:\n\n```\n")[2].partition("```")[0]
    found = entry(example, "a.txt")
    for part in ("<ul>", "<ol>", "<table><thead>", "<h2>Адреса и время</h2>"):
        assert found.html.count(part) == 1
    assert (found.author, len(found.categories)) == ("Мария Иванова", 2)
    assert found.correction == "указано верное время начала"
