"""Parsing: the bytes of an entry file in, an Entry or Problems out."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.model import Entry, Problem, Reading
from feedsvc.parsing import KINDS, MAX_SIZE, BinaryKind, is_entry_name
from feedsvc.parsing.context import Context
from feedsvc.problems import severity
from tests.support.parsing import entry, markdown, press, reading, refused


def test_a_file_of_one_mebibyte_is_read() -> None:
    data = press("").encode()
    data += b"a" * (MAX_SIZE - len(data))

    assert len(entry(data, "a.txt").html) == MAX_SIZE - len(press("")) + len("<p></p>")


def test_a_larger_file_is_refused() -> None:
    assert refused(b"a" * (MAX_SIZE + 1), "a.txt") == [(0, "too-large", {"size": "1048577"})]


def test_the_suffix_of_a_name_decides_whether_a_file_is_an_entry() -> None:
    for name in ("a.txt", "a.md", "a.TXT", "a.Md", "a.b.md", ".md", "a.html"):
        assert is_entry_name(name), name
    for name in ("a", "md", "a.md~", "a.txt.part"):
        assert not is_entry_name(name), name


def test_a_problem_names_its_file() -> None:
    found = reading("", "2014/Новость.md")

    assert found.problems == (Problem("2014/Новость.md", 1, "no-front-matter"),)


def test_problems_are_sorted_by_line() -> None:
    lines = [line for line, _, _ in refused(markdown("lang: 1", "foo: x", "id: a b", "status: y"))]

    assert lines == [4, 5, 6, 7]


# A kind of entry file that is not text: one byte for the length of the title, then the title.


def parse_binary(data: bytes, context: Context) -> Entry:
    if len(data) != data[0] + 1:
        raise context.refusal("encoding")
    return replace(entry(press("x"), "x.txt"), id=context.id_from_name(), title=data.hex())


@pytest.fixture
def binary_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, ".bin", BinaryKind(parse_binary))


@pytest.mark.usefixtures("binary_kind")
def test_a_binary_kind_gets_the_bytes_as_they_are() -> None:
    # Neither UTF-8, nor UTF-16 in spite of the first two bytes, nor free of NUL and CR.
    data = b"\x05" + b"\xff\xfe\x00\r\n"

    assert is_entry_name("in/a.BIN")
    found = entry(data, "in/a.BIN")

    assert (found.id, found.title) == ("a", data.hex())


@pytest.mark.usefixtures("binary_kind")
def test_a_binary_kind_can_refuse_a_file() -> None:
    assert refused(b"\x05", "a.bin") == [(0, "encoding", {})]


@pytest.mark.usefixtures("binary_kind")
def test_a_binary_kind_is_bounded_in_size_as_well() -> None:
    assert refused(b"\x00" * (MAX_SIZE + 1), "a.bin") == [(0, "too-large", {"size": "1048577"})]


def test_without_a_kind_of_that_suffix_a_file_is_no_entry() -> None:
    assert not is_entry_name("a.bin")


def assert_sound(found: Reading) -> None:
    """Check that there is an entry unless there is an error, and that problems are sorted."""
    errors = [problem for problem in found.problems if severity(problem) == "error"]
    assert (found.entry is None) == bool(errors)
    assert list(found.problems) == sorted(found.problems)


KEYS = st.sampled_from(
    "title date id updated author summary lang categories status reason correction image"
    " attachments address guid Title foo".split()
)
VALUES = st.one_of(
    st.sampled_from(
        ["T", "13.08.2014", "2014-08-13", "[a, b]", "{a: b}", "*a", "&a x", "|\n  x", '"\\u0001"',
         "~", "published", "withdrawn", "http://a.ru/", "tag:a,2014:b", "ru", "!!str x", "[[", "'"]
    ),
    st.text(max_size=20),
)  # fmt: skip
FRONT = st.lists(st.tuples(KEYS, VALUES), max_size=6).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs)
)
BODIES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["Body.", "", ">" * 200, "<b></b>", "<div>&#" + "1" * 5000 + ";</div>"]),
)
SOURCES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(
        lambda start, front, body: f"---\n{start}{front}---\n{body}".encode("utf-8", "replace"),
        st.sampled_from(["", "title: T\ndate: 13.08.2014\n"]),
        FRONT,
        BODIES,
    ),
    st.builds(
        lambda title, date, body: f"{title}\n{date}\n{body}".encode("utf-8", "replace"),
        st.text(max_size=20),
        st.sampled_from(["13.08.2014", "13 августа 2014 г.", "x"]),
        BODIES,
    ),
    st.builds(
        lambda text, encoding: text.encode(encoding, "replace"),
        st.text("абвгдеёжзиыюя .\n0123", max_size=100),
        st.sampled_from(["cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le", "utf-8-sig"]),
    ),
)


@pytest.mark.parametrize("examples", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_any_bytes_give_an_entry_or_an_error(examples: int) -> None:
    @hypothesis_settings(derandomize=True, max_examples=examples)
    @given(SOURCES, st.sampled_from(["a.txt", "a.md", "Новость.MD", "x/!.TXT"]))
    @example(markdown(body="<div>&#" + "1" * 5000 + ";</div>").encode(), "a.md")
    def check(data: bytes, path: str) -> None:
        assert_sound(reading(data, path))

    check()


@pytest.mark.parametrize(
    ("path", "source", "html"),
    [
        ("a.md.txt", markdown(body="*x*"), "<p><em>x</em></p>\n"),
        ("b/a.MD.TXT", markdown(body="*x*"), "<p><em>x</em></p>\n"),
        ("a.md.md", markdown(body="*x*"), "<p><em>x</em></p>\n"),
        ("a.html.txt", markdown(body="<i>x</i>"), "<i>x</i>"),
        ("a.txt.txt", press("*x*"), "<p>*x*</p>"),
    ],
)
def test_a_suffix_that_notepad_added_is_no_part_of_the_name(
    path: str, source: str, html: str
) -> None:
    found = entry(source, path)

    assert (found.id, found.html) == ("a", html)


def test_other_suffixes_in_a_name_are_part_of_it() -> None:
    assert entry(press("x"), "a.docx.txt").id == "a.docx"
    assert entry(markdown(), "a.txt.md").id == "a.txt"
