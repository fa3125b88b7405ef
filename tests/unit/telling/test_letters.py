"""Letters: what a mail program reads, whatever stands in names and titles."""

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default

import pytest

from feedsvc.settings import Settings
from feedsvc.telling.letters import compose, compose_test, domain
from feedsvc.telling.store import Part, Untold
from tests.support.newsroom import NOW, Newsroom
from tests.support.telling import BAD, GOOD, Office, letters, text, with_mail

NOTHING = Untold(Part((), 0), Part((), 0), Part((), 0))


def test_a_letter_says_where_and_what_is_wrong_and_what_to_do(office: Office) -> None:
    office.put("новости/a.txt", BAD)
    (letter,) = letters(office.settings)
    assert text(letter) == (
        "Не опубликовано: новости/a.txt\n"
        "    Строка 2: «завтра» — не дата\n"
        "    Что сделать: напишите день, месяц и год, например 13.08.2014, 13.08.2014 15:30 или"
        " 13 августа 2014\n"
        "\n"
        "Исправьте файл и сохраните его: он опубликуется сам, и об этом придёт письмо.\n"
        "\n"
        "-- \n"
        "Пресс-центр района Чертаново Южное\n"
        "https://news.example\n"
        "Это письмо написала программа; ответы на него никто не читает.\n"
    )


def test_a_letter_about_what_is_mended_has_the_address(office: Office) -> None:
    office.put("a.txt", BAD)
    office.put("a.txt", GOOD)
    assert text(letters(office.settings)[1]).startswith(
        "Исправлено и опубликовано: a.txt\n"
        "    Адрес: https://news.example/presscenter/news/detail/a.html\n"
    )


def test_the_headers_are_those_of_a_letter_from_a_program(office: Office) -> None:
    office.put("a.txt", BAD)
    (letter,) = letters(office.settings)
    sender = str(make_header(decode_header(raw(letter, "From"))))
    assert sender == "Пресс-центр района Чертаново Южное <feed@news.example>"
    assert letter["To"] == "press@news.example, chief@news.example"
    assert letter["Date"].datetime == datetime.fromisoformat("2026-07-01T15:00:02+03:00")
    assert letter["Message-ID"].endswith(".1@news.example>")
    assert (letter["Auto-Submitted"], letter["Content-Language"]) == ("auto-generated", "ru")
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert letter["Content-Transfer-Encoding"] == "quoted-printable"


def raw(letter: EmailMessage, name: str) -> str:
    """Return a header as it stands in the letter, unfolded."""
    lines = letter.as_bytes(policy=default.clone(refold_source="none")).decode("ascii")
    unfolded = lines.replace("\r\n", "\n").replace("\n ", " ")
    return next(
        line.partition(": ")[2] for line in unfolded.splitlines() if line.startswith(f"{name}: ")
    )


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nBcc: victim@news.example\r\n\r\nx.txt",
        "a\nSubject: x.txt",
        "=?utf-8?q?=0ABcc=3A_x?=.txt",
        "\u202etxt.exe.txt",
        "a\x00\x1b[2J.txt",
        "a\u2028b\x85c.txt",
        "длинное имя " * 20 + ".txt",
        "я" * 300 + ".txt",
        "x" * 3000 + ".txt",
        "\ud800.txt",
        "a, b <c@d>.txt",
    ],
)
def test_no_name_of_a_file_breaks_a_header_or_the_text(
    newsroom: Newsroom, office: Office, name: str
) -> None:
    office.put("a.txt", BAD)
    incident = replace(office.teller._store.lasting().named[0], path=name)  # noqa: SLF001
    untold = NOTHING._replace(kept=Part((incident,), 1))
    made = compose(untold, office.settings, "id", (), NOW)
    letter = message_from_bytes(made.data, policy=default)
    assert isinstance(letter, EmailMessage)
    assert [name for name, _ in letter.items()] == [
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
        *("X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type"),
        "Content-Transfer-Encoding",
    ]
    assert letter["Subject"] == made.subject
    assert len(made.subject) < 200
    assert text(letter).startswith(made.subject)
    assert max(map(len, made.data.split(b"\r\n"))) <= 78
    assert b"\n" not in made.data.replace(b"\r\n", b"")
    assert newsroom.settings.title


def test_the_title_of_the_site_breaks_no_header(settings: Settings) -> None:
    named = replace(with_mail(settings), title='News "of", <all>\x00 kinds; ' * 9)
    letter = message_from_bytes(compose_test(named, "id", NOW), policy=default)
    assert len(letter["From"].addresses) == 1
    assert letter["From"].addresses[0].addr_spec == "feed@news.example"


def test_a_long_subject_keeps_its_spaces(office: Office) -> None:
    office.newsroom.writer.record_watch_fault("ENOSPC")
    office.step()
    assert office.subjects() == ["Новые файлы замечаются позже обычного"]


def test_a_letter_about_several_files_names_five_problems_of_each(office: Office) -> None:
    office.put("a.txt", BAD)
    (incident,) = office.teller._store.lasting().named  # noqa: SLF001
    many = replace(incident, problems=incident.problems * 9)
    parts = [Part((many,) * count, count) for count in (1, 2)]
    one, two = (
        text(
            message_from_bytes(
                compose(NOTHING._replace(kept=part), office.settings, "id", (), NOW).data,
                policy=default,
            )
        )
        for part in parts
    )
    assert one.count("не дата") == 9
    assert two.count("не дата") == 10
    assert two.count("… и ещё 4\n") == 2


def test_there_is_no_letter_about_nothing(settings: Settings) -> None:
    with pytest.raises(ValueError, match="nothing to tell"):
        compose(NOTHING, with_mail(settings), "id", (), NOW)


@pytest.mark.parametrize(
    ("base_url", "authority", "name"),
    [
        ("https://news.example", "x.example,2014", "news.example"),
        ("http://127.0.0.1:8000", "x.example,2014", "x.example"),
        ("http://[::1]:8000", "x.example,2014", "x.example"),
        ("http://localhost:8000", "me@x.example,2014", "x.example"),
        ("", "x.example,2014", "x.example"),
    ],
)
def test_letters_have_ids_of_the_sites_own_domain(
    settings: Settings, base_url: str, authority: str, name: str
) -> None:
    assert domain(replace(settings, base_url=base_url, authority=authority)) == name


def test_a_letter_names_at_most_twenty_that_it_follows_up(
    settings: Settings, office: Office
) -> None:
    office.put("a.txt", BAD)
    untold = office.teller._store.untold()._replace(kept=office.teller._store.lasting())  # noqa: SLF001
    made = compose(untold, with_mail(settings), "id", tuple(map(str, range(30))), NOW)
    letter = message_from_bytes(made.data, policy=default)
    assert len(letter["References"].split()) == 20
    assert letter["In-Reply-To"] == "<29@news.example>"
    assert max(map(len, made.data.split(b"\r\n"))) <= 998
