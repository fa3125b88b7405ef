"""Decoding: UTF-8, what else is accepted, and what is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.encoding import decode
from feedsvc.text import clean, normalized, visible
from tests.support.files import picture
from tests.support.parsing import MOSCOW, NEWS, NO_FOLDER, entry, press, reading, refused, warned

PICTURE = picture(kind="PNG")


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode(),
        NEWS.encode("utf-8-sig"),
        NEWS.replace("\n", "\r\n").encode(),
        NEWS.replace("\n", "\r").encode(),
        NEWS.encode().removesuffix(b"\n"),
    ],
    ids=["UTF-8", "byte-order mark", "CRLF", "CR", "no last line end"],
)
def test_utf_8_is_read_with_every_kind_of_line_end(data: bytes) -> None:
    found = entry(data, "a.txt")

    assert (found.title, found.html) == (
        "Заголовок новости",
        "<p>Первый абзац текста новости.</p>",
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NEWS.encode("cp1251"), "Windows-1251"),
        (NEWS.replace("\n", "\r\n").encode("cp1251"), "Windows-1251"),
        (b"\xff\xfe" + NEWS.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + NEWS.encode("utf-16-be"), "UTF-16"),
        (NEWS.encode("utf-16-le"), "UTF-16"),
        (NEWS.encode("utf-16-be"), "UTF-16"),
        (NEWS.encode("koi8-r"), "KOI8-R"),
        (NEWS.encode("cp866"), "CP866"),
    ],
    ids=[
        "Windows-1251",
        "Windows-1251 CRLF",
        "UTF-16 LE",
        "UTF-16 BE",
        "UTF-16 LE without a mark",
        "UTF-16 BE without a mark",
        "KOI8-R",
        "CP866",
    ],
)
def test_another_accepted_encoding_is_read_with_a_warning(data: bytes, encoding: str) -> None:
    found, problems = warned(data, "a.txt")

    assert problems == [(0, "encoding-other", {"encoding": encoding})]
    assert found == entry(NEWS, "a.txt")


@pytest.mark.parametrize(
    "data",
    [
        press("ёж").encode("koi8-r"),
        NEWS.encode("iso8859-5"),
        press("Шановні мешканці! У зв'язку з ремонтом теплотраси води не буде.").encode("koi8-u"),
        press("Für Übergänge, größere Züge, schöne Grüße").encode("latin-1"),
        press("L'été à la plage : déjà prêts à être évalués, çà et là").encode("latin-1"),
        press("住民の皆様、明日の朝、給湯が停止されます。").encode("shift_jis"),
        press("尊敬的居民们，热水供应将于明天早上中断，请大家谅解").encode("gbk"),
        b"\xff\xfe" + NEWS.encode("utf-16-le") + b"a",
        NEWS.encode("utf-16-le") + b"a",
        NEWS.encode("utf-16-le")[1:],
        NEWS.encode("cp1251") + b"\x00",
        NEWS.encode("cp1251") + b"\x98",
        PICTURE,
        PICTURE * 1000,
        b"T\n13.08.2014\n" + b"\x01" * 50,
        bytes(range(256)) * 10,
    ],
    ids=["a word of KOI8-R", "ISO 8859-5", "KOI8-U", "German", "French", "Japanese", "Chinese",
         "half a UTF-16 character", "half a one without a mark", "UTF-16 without its first byte",
         "Windows-1251 and NUL", "not in Windows-1251", "picture", "many pictures", "controls",
         "all bytes"],
)  # fmt: skip
def test_bytes_in_no_accepted_encoding_are_refused(data: bytes) -> None:
    assert refused(data, "a.txt") == [(0, "encoding", {})]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"T\n13.08.2014\n" + "Новость".encode()[:-1], 3),
        (NEWS.encode().replace("Первый".encode(), "Первый".encode()[1:]), 3),
        (NEWS.encode() + b"\xff\n", 4),
        # A byte-order mark does not shift the line.
        (b"\xef\xbb\xbfT\n" + "я".encode()[:1], 2),
        (b"\xef\xbb\xbfT\n\xff", 2),
    ],
)
def test_damaged_utf_8_is_refused_with_its_line(data: bytes, line: int) -> None:
    assert refused(data, "a.txt") == [(line, "encoding-broken", {})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "byte-order mark"])
@pytest.mark.parametrize(
    "source",
    [
        NEWS,
        press("Ёлка"),
        press("An English text — with a dash, “quotation marks” and 5 €."),
        press("р"),
        press("📰"),
        press("рр р а"),
    ],
    ids=range(6),
)
def test_part_of_a_utf_8_file_is_never_taken_for_windows_1251(source: str, mark: bytes) -> None:
    data = mark + source.encode()

    for end in range(len(data)):
        found = reading(data[:end], "a.txt")
        assert {problem.code for problem in found.problems} <= {
            "no-title",
            "no-date",
            "bad-date",
            "date-no-year",
            "date-short-year",
            "no-body",
            "encoding-broken",
        }
        is_cut = "\ufffd" in data[:end].decode("utf-8-sig", "replace")
        assert ("encoding-broken" in {problem.code for problem in found.problems}) == is_cut


def test_forbidden_characters_are_removed_with_a_warning() -> None:
    found, problems = warned(
        "T\x07\n13.08.2014\nЭто\ufdd0 длинный\x9f текст\ufffe новости.", "a.txt"
    )

    assert problems == [(1, "characters-removed", {})]
    assert (found.title, found.html) == ("T", "<p>Это длинный текст новости.</p>")


# What is not said in other tests: a text as long as one wants it, and words of all letters.
SENTENCES = """\
Уважаемые жители! В связи с ремонтом теплотрассы на улице Чертановской горячей воды не будет
с понедельника по среду. Приносим извинения за неудобства, подъезд к домам останется свободным.
Глава управы ответит на вопросы жителей в четверг; явиться можно без записи, взяв паспорт.
Во дворе дома восемь установили качели, горку и щит для баскетбола. Объявлен конкурс рисунков
среди школьников: эскизы принимают до пятницы, лучшие украсят фасад библиотеки.
Цирк приедет в июне. Хор ветеранов выступит на площади, вход свободный. Ёлку зажгут в декабре.
Субботник пройдёт в парке: мешки, грабли и перчатки выдадут на месте, чай будет горячим."""
WORDS = SENTENCES.split()
CODECS = ("cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be")
CASES = (str, str.lower, str.upper, str.title)


def decoded(data: bytes) -> str | None:
    try:
        return decode(data, Context("a.txt", MOSCOW, NO_FOLDER))
    except Refused:
        return None


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("case", CASES)
def test_words_are_read_as_they_were_written_or_not_at_all(
    codec: str, case: Callable[[str], str]
) -> None:
    for count in range(1, 13):
        for start in range(len(WORDS) - count):
            text = case("Новость\n13.08.2014\n" + " ".join(WORDS[start : start + count]))
            found = decoded(text.encode(codec))
            assert found in (text, None)
            assert found == text or count < 5


@pytest.mark.parametrize("case", CASES)
def test_utf_8_that_lost_a_byte_is_read_in_no_encoding(case: Callable[[str], str]) -> None:
    for text in (SENTENCES, "Sentences in English — with dashes — and “quotation marks” — " * 5):
        data = case(text).encode()
        for position in range(0, len(data), 5):
            if data[position] < 0x80:
                continue
            assert decoded(data[:position] + data[position + 1 :]) is None


@settings(derandomize=True, max_examples=300)
@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_what_is_utf_8_is_read_as_that_or_not_at_all(text: str) -> None:
    expected = normalized(visible(clean(text.replace("\r\n", "\n").replace("\r", "\n"))))

    assert decoded(text.encode()) in (expected, None)
    assert decoded(("Новость " * 100 + text).encode()) == "Новость " * 100 + expected


def test_text_that_is_no_text_behind_its_beginning_is_refused() -> None:
    text = (SENTENCES * 30).encode("koi8-r")

    assert decoded(text) == SENTENCES * 30
    assert decoded(text + bytes(range(0x80, 0xC0)) * 100) is None
