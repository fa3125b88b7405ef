"""The heads of press texts: what is one, what it means, and what stays text."""

from typing import NamedTuple

import pytest

from feedsvc.parsing import press_head
from feedsvc.parsing.context import Context
from feedsvc.parsing.yaml_values import Value
from tests.support.parsing import (
    MOSCOW,
    NO_FOLDER,
    Problems,
    entry,
    markdown,
    press,
    refused,
    warned,
)

DATE = "24.11.2026"
ALL = (
    "Заголовок: Открыт каток",
    f"Дата: {DATE}",
    "Статус: опубликовано",
    "Рубрики: Спорт; Объявления",
    "Автор: Мария Иванова",
    "Исправлено: 25.11.2026",
    "Исправлено: верное время",
    "Кратко: Каток открыт",
    "Язык: русский",
    "Адрес: https://old.example/katok/",
    "Издатель: Управа",
)


class Told(NamedTuple):
    """What a head says of an entry."""

    title: str
    published: str
    status: str
    html: str


def told(source: str, path: str = "a.txt") -> Told:
    found = entry(source, path)
    published = found.published.isoformat()[:16]
    return Told(found.title, published, found.status, found.html)


def head(*lines: str) -> press_head.Head:
    return press_head.read(lines, Context("a.txt", MOSCOW, NO_FOLDER))


@pytest.mark.parametrize(
    "fence", ["", "---", "— — —", "***", "———", "–––", "—-", "_ _ _", "======"]
)
@pytest.mark.parametrize("around", [0, 2, 4, 11])
def test_every_key_is_read_above_between_below_and_instead_of_title_and_date(
    fence: str, around: int
) -> None:
    lines = list(ALL)
    if around < 11:
        lines = lines[2:]
        lines.insert(min(around, 1), "Открыт каток")
        lines.insert(around, DATE)
    if fence:
        lines = [fence, *lines, fence]

    found = entry("\n".join([*lines, "", "Текст."]), "a.txt")

    assert (found.title, found.published.isoformat()) == (
        "Открыт каток",
        "2026-11-24T00:00:00+03:00",
    )
    assert [each.label for each in found.categories] == ["Спорт", "Объявления"]
    assert found.updated.isoformat() == "2026-11-25T00:00:00+03:00"
    assert (found.author, found.correction, found.summary, found.lang, found.publisher) == (
        *("Мария Иванова", "верное время", "Каток открыт", "ru", "Управа"),
    )
    assert (found.address, found.html) == ("https://old.example/katok/", "<p>Текст.</p>")


def test_the_keys_of_markdown_are_understood_as_well() -> None:
    lines = [
        *("title: “Субботник: где и когда”", "date:\t«24.11.2026»", "STATUS:\u00a0Draft"),
        *("categories:", "- Спорт", "• «Двор»", "reason: «А»", "id: subbotnik"),
        *("guid: tag:a.example,2014:1", "aliases: [/a/1, /a/2]", "author :  Иван  Петров"),
    ]

    found = entry("\n".join([*lines, "", "Текст."]), "a.txt")

    assert (found.title, found.status, found.id) == ("Субботник: где и когда", "draft", "subbotnik")
    assert [each.label for each in found.categories] == ["Спорт", "Двор"]
    assert (found.reason, found.guid, found.author) == ("А", "tag:a.example,2014:1", "Иван Петров")
    assert found.aliases == ("/a/1", "/a/2", "/presscenter/news/detail/a")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        *((f"Статус: {word}", "draft") for word in ("черновик", "ЧЕРНОВИК", "«скрыто»", "draft")),
        *((f"{key}: да", "draft") for key in ("Черновик", "Скрыть", "draft", "hidden")),
        *(
            ("Опубликовать: нет", "draft"),
            ("published: no", "draft"),
            ("Статус\tчерновик", "draft"),
        ),
        *(("Черновик", "draft"), ("НЕ ПУБЛИКОВАТЬ", "draft"), ("Статус：черновик", "draft")),
        *((f"Статус: {word}", "withdrawn") for word in ("отозвано", "Снято с публикации")),
        *(("Статус: withdrawn", "withdrawn"), ("status: Withdrawn", "withdrawn")),
        *(("Снять с публикации: да", "withdrawn"), ("Отозвано", "withdrawn")),
        *(("Статус: опубликовано", "published"), ("Опубликовать: да", "published")),
        *(("Снять с публикации: нет", "published"), ("Снять с публикации:", "published")),
        *(
            ("Статус:", "published"),
            ("черновик: нет", "published"),
            ("published: yes", "published"),
        ),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_head_says_whether_a_text_is_public(line: str, status: str, place: int) -> None:
    lines = ["Открыт каток", DATE, "", "Текст."]
    lines.insert(place, line)

    assert told("\n".join(lines)) == Told(
        "Открыт каток", "2026-11-24T00:00", status, "<p>Текст.</p>"
    )


@pytest.mark.parametrize(
    "line",
    [
        *("Статус: опубликовано", "Статус: черновик", "Снять с публикации: да"),
        *("Опубликовать: 25.11.2026 10:00", "Черновик: да", "Рубрики: А, Б", "Автор: Я"),
        *("Исправлено: 26.11.2026", "Исправлено: опечатка", "Обновлено: 26.11.2026"),
        *("Кратко: о чём", "Анонс: о чём", "Язык: английский", "Старый адрес: /a/1"),
        *("Картинка: {Файл: a.jpg, Описание: а, Подпись: б}", "Приложения: a.pdf, b.pdf"),
    ],
)
def test_the_keys_mean_the_same_in_markdown(line: str) -> None:
    written = line.replace("{Файл: a.jpg, Описание: а, Подпись: б}", "\nФайл: a.jpg\nОписание: а")
    in_text, problems = warned(press(written, "", "Текст."), "a.txt")
    in_markdown, others = warned(markdown(line, body="Текст."), "a.md")

    assert in_text.html == in_markdown.html.strip()
    assert {code for _, code, _ in problems} == {code for _, code, _ in others} <= {"media-missing"}
    for name in ("title published updated status reason correction author lang categories"
                 " summary image attachments aliases").split():  # fmt: skip
        assert getattr(in_text, name) == getattr(in_markdown, name), name


def test_a_withdrawn_text_says_why() -> None:
    assert entry(press("Снять с публикации: ошибка в дате", "", "Т."), "a.txt").reason == (
        "ошибка в дате"
    )
    found = entry(press("Статус: отозвано", "Причина: «ошибка»", "", "Т."), "a.txt")
    assert (found.status, found.reason) == ("withdrawn", "ошибка")


def test_a_text_comes_out_when_its_head_says() -> None:
    start = "Опубликовать: 25.11.2026 10:00"

    assert told(f"Каток\n{DATE}\n{start}\n\nТекст.").published == "2026-11-25T10:00"
    # Which may be its only date.
    assert told(f"Каток\n{start}\n\nТекст.").published == "2026-11-25T10:00"
    assert told(f"{start}\nКаток\nТекст.") == Told(
        "Каток", "2026-11-25T10:00", "published", "<p>Текст.</p>"
    )


def test_the_time_of_day_may_stand_on_a_line_of_its_own() -> None:
    lines = f"---\nЗаголовок: Каток\nДата: {DATE}\nВремя: 15:30\n---\nТекст."

    assert told(lines).published == "2026-11-24T15:30"
    assert [code for _, code, _ in warned(lines.replace("15:30", "25:30"), "a.txt")[1]] == [
        "unknown-key"
    ]
    assert [code for _, code, _ in warned(lines.replace("15:30", "днём"), "a.txt")[1]] == [
        "unknown-key"
    ]
    wrong = lines.replace(f"Дата: {DATE}\nВремя", f"Время: 1:00\nДата: {DATE}\nГод")
    assert [code for _, code, _ in warned(wrong, "a.txt")[1]] == ["unknown-key", "unknown-key"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (f"Субботник: где и когда\n{DATE}\n\nТекст.", "Субботник: где и когда"),
        (f"Субботник: где и когда\n\n{DATE}\nТекст.", "Субботник: где и когда"),
        (f"Анонс: концерт в парке\n{DATE}\nТекст.", "Анонс: концерт в парке"),
        (f"Герой: повесть\nо том\n{DATE}\nТекст.", "Герой: повесть о том"),
        (f"Штаб по развитию\nпроизводств\n{DATE}\n\nТекст.", "Штаб по развитию производств"),
        (f"{DATE}\nОткрыт каток\n\nТекст.", "Открыт каток"),
        (f"{DATE}\n\nОткрыт каток.\nТекст.", "Открыт каток."),
        (f"Дата публикации: {DATE}\nОткрыт каток\nТекст.", "Открыт каток"),
        (f"25.11.2026\n{DATE}\nТекст.", "25.11.2026"),
        (f"-----\nОткрыт каток\n{DATE}\n-----\nТекст.", "Открыт каток"),
        (f"Рубрика: Спорт\n{DATE}\nОткрыт каток\nТекст.", "Открыт каток"),
        (f"Открыт каток\n{DATE}\n---\nАвтор: Я\n---\nТекст.", "Открыт каток"),
        (f"Открыт каток\n{DATE}\nАвтор: Я\n---\nТекст.", "Открыт каток"),
        (f"Заголовок: «Открыт» каток «Лёд»\nДата: {DATE}\nТекст.", "«Открыт» каток «Лёд»"),
        (f"Заголовок: «Каток «Лёд» открыт»\nДата: {DATE}\nТекст.", "Каток «Лёд» открыт"),
        (f'Заголовок: "Каток\nДата: {DATE}\nТекст.', '"Каток'),
    ],
)  # fmt: skip
def test_title_and_date_are_found_as_people_write_them(source: str, title: str) -> None:
    found = warned(source, "a.txt")[0]

    assert (found.title, found.html) == (title, "<p>Текст.</p>")


@pytest.mark.parametrize(
    "text",
    [
        *("Телефон: 8 495 123-45-67", "Адрес: ул. Чертановская, 12", "Дата: 15 июня"),
        *("Причина: плановые работы", "Картинка: двор в снегу", "Название: «Лёд»"),
        "Язык: какой угодно",
        *("Обновлено: три двора", "Опубликовано: в газете", "https://a.example/"),
        *("Файл: нет", "Идентификатор: два слова", "Мы пишем: да", "Время: 15:30"),
        *("---", "---\nТелефон: 8 495", "---\nСтатус: черновиков нет"),
        "Автор\tКнига\nПушкин\tСказки",
        *("Статус\tСумма\nа\t1", "Рубрика — спорт", "1: 2", "«Цитата: да»", "Адрес:"),
    ],
)  # fmt: skip
def test_what_only_resembles_a_head_stays_text(text: str) -> None:
    source = press(text, "", "Статус многодетной семьи: черновик закона.")

    found = press_head.read(source.split("\n"), Context("a.txt", MOSCOW, NO_FOLDER))

    assert (found.body, [*found.values]) == (2, ["title", "date"])
    assert entry(source, "a.txt").status == "published"


@pytest.mark.parametrize(
    "line",
    [
        *("Статус: черновик", "статус:\tотозвано", "Снять с публикации: да", "Черновик: да"),
        *("Снять с публикации: ошибка", "Опубликовать: нет", "draft: true", "visibility: private"),
    ],
)
def test_a_line_of_the_text_that_says_it_is_no_news_keeps_the_file_back(line: str) -> None:
    ((number, code, _),) = refused(press("Текст.", "", line, "", "Ещё."), "a.txt")

    assert (number, code) == (5, "hidden-unclear")


@pytest.mark.parametrize(
    "line",
    [
        *("Статус: участник войны", "Снять с публикации: нет", "Опубликовать: да"),
        *("Черновик: закон о парках", "public: no", "Статус: " + "черновик " * 20),
    ],
)
def test_a_line_of_the_text_that_does_not_say_so_stays_text(line: str) -> None:
    assert line.strip() in entry(press("Текст.", "", line), "a.txt").html


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (press("Статус: отличный", "Т."), [(3, "unknown-status", {"value": "отличный"})]),
        (press("Черновик: наверно", "Т."),
         [(3, "hidden-unclear", {"key": "Черновик", "value": "наверно"})]),
        (press("Сатус: черновик", "Т."),
         [(3, "hidden-unclear", {"key": "Сатус", "value": "черновик"})]),
        ("Сатус: «Черновик»\n" + press("Т."),
         [(1, "hidden-unclear", {"key": "Сатус", "value": "«Черновик»"})]),
        (press("Т.", "", "status: draft"),
         [(5, "hidden-unclear", {"key": "status", "value": "draft"})]),
        (press("Т.", "", "Статус\tчерновик", "а"),
         [(5, "hidden-unclear", {"key": "Статус", "value": "черновик"})]),
        (press("---", "Статус: черновик", "Т."),
         [(4, "hidden-unclear", {"key": "Статус", "value": "черновик"})]),
        ("---\nЗаголовок: К\n", [(1, "front-matter-open", {})]),
        (f"---\nЗаголовок: К\nДата: {DATE}\nпросто слова\n---\nТ.", [(4, "bad-head", {})]),
        ("Статус: черновик\n", [(2, "no-title", {})]),
        ("Автор: Я", [(1, "no-title", {})]),
        ("Заголовок: Каток\n", [(2, "no-date", {})]),
        ("Каток\nДата: завтра\nТ.", [(2, "bad-date", {"value": "завтра"})]),
        (press("Опубликовать: завтра", "Т."), [(3, "bad-date", {"value": "завтра"})]),
        (press("Автор: Я", "Автор: Ты", "Т."), [(4, "key-twice", {"key": "Автор"})]),
        (press("Кратко: А", "Анонс: Б", "Т."), [(4, "key-twice", {"key": "Анонс"})]),
        (press("Снять с публикации: 01.12.1926", "Т."),
         [(3, "expires-early", {"value": "01.12.1926"})]),
        (press(*["Рубрика: А"] * 101, "Т."), [(103, "names-many", {})]),
        (press("Автор: " + "я" * 1001, "Т."),
         [(3, "text-long", {"key": "author", "limit": "1000"})]),
        (f"{DATE}\n{'Длинный абзац ' * 10}.\nТ.", [(2, "no-title", {})]),
    ],
    ids=range(20),
)  # fmt: skip
def test_what_looks_like_a_head_and_cannot_be_read_keeps_the_file_back(
    source: str, problems: Problems
) -> None:
    assert refused(source, "a.txt") == problems


def test_an_unknown_key_among_others_is_told_and_left_out() -> None:
    found, problems = warned(
        f"Заголовок: Каток\nРубрка: Спорт\nФыва: 1\nДата: {DATE}\nАвтор: Я\n\nТ.", "a.txt"
    )

    assert problems == [
        (2, "unknown-key-near", {"key": "Рубрка", "near": "рубрика"}),
        (3, "unknown-key", {"key": "Фыва"}),
    ]
    assert (found.title, found.author, found.html) == ("Каток", "Я", "<p>Т.</p>")
    # Below the last known one the text begins.
    assert entry(press("Автор: Я", "Фыва: 1"), "a.txt").html == "<p>Фыва: 1</p>"


def test_templates_of_other_systems_are_text_in_a_press_text() -> None:
    found = entry("{{ Каток }}\n24.11.2026\nАвтор: {% я %}\n\n{{ Т }}", "a.txt")

    assert (found.title, found.author, found.html) == ("{{ Каток }}", "{% я %}", "<p>{{ Т }}</p>")


def test_an_address_in_the_head_gives_the_id_unless_the_head_says_one() -> None:
    address = "Адрес: http://a.ru/presscenter/news/detail/77.html"

    assert entry(press(address, "", "Т."), "x.txt").id == "77"
    assert entry(press(address, "id: y", "", "Т."), "x.txt").id == "y"
    assert entry(press(address, "", "Т.", "Адрес страницы: http://b.ru/"), "x.txt").id == "77"


def test_the_parts_of_a_picture_stand_below_it() -> None:
    found = head(
        "К", DATE, "Картинка:", "Файл: a.jpg", "Что на картинке: «Двор»", "Описание: б", "Т"
    )
    same = head("К", DATE, "Картинка: «a.jpg»", "Подпись: Двор", "Т")
    plain = head("К", DATE, "Картинка: a.jpg", "Т")

    assert found.values["Картинка"] == Value(3, {"file": "a.jpg", "alt": "Двор"})
    assert found.body == 5
    assert same.values["Картинка"] == Value(3, {"file": "a.jpg", "caption": "Двор"})
    assert plain.values["Картинка"] == Value(3, "a.jpg")


def test_rows_of_a_table_are_a_head() -> None:
    found = head("Заголовок\tОткрыт каток", f"Дата:\t{DATE}", "Рубрика\tСпорт", "", "Текст")

    assert found == press_head.Head(
        {
            "title": Value(1, "Открыт каток"),
            "date": Value(2, DATE),
            "Рубрика": Value(3, ("Спорт",)),
        },
        4,
    )
