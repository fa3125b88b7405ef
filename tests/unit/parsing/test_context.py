"""The context of a parse: problems, addresses, and the files that a body does not mention."""

from pathlib import Path
from unicodedata import normalize

import pytest

from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import TooDeep
from feedsvc.parsing.context import Context, Refused
from tests.support.files import PDF, PHOTO
from tests.support.folder import old
from tests.support.parsing import MOSCOW, NO_FOLDER


@pytest.fixture
def context() -> Context:
    return Context("in/Новость.md", MOSCOW, NO_FOLDER)


def test_a_problem_keeps_the_path_and_the_beginning_of_long_values(context: Context) -> None:
    context.report("bad-value", 3, key="a" * 60)
    context.report("bad-value", 4, key="a" * 61)
    context.report("bad-value", 5, key=" a\n\tb\x07 ")
    context.report("too-large", size=7)

    assert [(problem.path, problem.line, problem.values) for problem in context.problems] == [
        ("in/Новость.md", 0, (("size", "7"),)),
        ("in/Новость.md", 3, (("key", "a" * 60),)),
        ("in/Новость.md", 4, (("key", "a" * 59 + "…"),)),
        ("in/Новость.md", 5, (("key", "a b"),)),
    ]


def test_twenty_problems_are_told_and_how_many_more_there_are(context: Context) -> None:
    for line in range(1000):
        context.report("unknown-key", line, key="x")
    context.report("bad-lang", 2000, value="x")
    context.report("bad-value", 3000, key="x")

    problems = context.problems
    assert [problem.line for problem in problems] == [*range(18), 2000, 3000, 0]
    # What differs in kind is kept, and an error above all.
    assert [problem.code for problem in problems[-3:]] == ["bad-lang", "bad-value", "problems-more"]
    assert problems[-1].values == (("count", "982"),)


def test_twenty_problems_are_all_of_them(context: Context) -> None:
    for line in range(20):
        context.report("unknown-key", line, key="x")

    assert [problem.code for problem in context.problems] == ["unknown-key"] * 20


def test_only_an_error_keeps_the_file_from_becoming_an_entry(context: Context) -> None:
    assert not context.has_errors()
    context.report("bad-lang", 4, value="x")
    assert not context.has_errors()
    context.report("bad-date", 3, value="x")
    assert context.has_errors()


def test_a_refusal_is_reported_and_returned_to_be_raised(context: Context) -> None:
    refusal = context.refusal("no-title", 1)

    assert isinstance(refusal, Refused)
    assert [(problem.code, problem.line) for problem in context.problems] == [("no-title", 1)]


def test_an_external_address_is_one_of_the_web(context: Context) -> None:
    assert context.external_address("http://мвд.рф/1", 4) == "http://xn--b1aew.xn--p1ai/1"
    longest = "http://a.ru/" + "a" * 1988
    assert context.external_address(longest, 4) == longest
    assert context.problems == ()
    for written in ("/a", "a.html", "mailto:a@b.ru", "http://[::1", "", longest + "a"):
        fresh = Context("in/a.md", MOSCOW, NO_FOLDER)
        assert fresh.external_address(written, 4) is None, written
        assert [problem.code for problem in fresh.problems] == ["bad-address"], written


def test_the_id_comes_from_the_name_of_the_file(context: Context) -> None:
    assert context.id_from_name() == "Novost"
    assert [problem.code for problem in context.problems] == ["id-from-name"]
    assert Context("in/a.b.md", MOSCOW, NO_FOLDER).id_from_name() == "a.b"


def test_a_name_from_a_mac_gives_the_same_id() -> None:
    ids = {
        Context(normalize(form, "in/Йод и ёж.md"), MOSCOW, NO_FOLDER).id_from_name()
        for form in ("NFC", "NFD")
    }
    assert ids == {"Yod-i-ezh"}


def render(source: str, page: str, files: EntryFiles) -> str:
    files.find("a.jpg")
    return source.format(page)


def test_a_body_is_rendered_for_the_entrys_page(context: Context) -> None:
    body = context.render_body(render, "<p>See {}</p>", context.files("7"), "/news/7/")

    assert body.html == "<p>See /news/7/</p>"
    assert body.summary == "See /news/7/"


def test_a_body_without_text_is_refused_unless_it_shows_or_names_a_file(context: Context) -> None:
    def empty(_source: str, _page: str, _files: EntryFiles) -> str:
        return "<p></p>"

    def picture(_source: str, _page: str, _files: EntryFiles) -> str:
        return '<p><img src="https://a.ru/1.png"></p>'

    assert context.render_body(picture, "", context.files("7"), "7").summary == ""
    assert context.render_body(render, "<p></p>", context.files("7"), "7").summary == ""
    before = context.problems
    assert before == ()
    with pytest.raises(Refused):
        context.render_body(empty, "", context.files("7"), "7")
    assert [problem.code for problem in context.problems] == ["no-body"]


def test_a_body_beyond_the_bounds_is_refused(context: Context) -> None:
    def deep(source: str, _page: str, _files: EntryFiles) -> str:
        raise TooDeep(len(source))

    for source in ("", "abc"):
        with pytest.raises(Refused):
            context.render_body(deep, source, context.files("7"), "7", above=4)
    # The line in the file, if that in the source is known.
    assert [(problem.code, problem.line) for problem in context.problems] == [
        ("too-deep", 0),
        ("too-deep", 7),
    ]


def test_siblings_become_the_picture_and_attachments(tmp_path: Path) -> None:
    for name in ("news/b.jpg", "news/c.jpg", "a.jpg"):
        old(tmp_path / name, PHOTO)
    for name in ("news/a.pdf", "x.pdf"):
        old(tmp_path / name, PDF)
    siblings = ("news/a.pdf", "news/b.jpg", "news/c.jpg")
    context = Context("news.md", MOSCOW, tmp_path, siblings)

    def arranged(*, named: str, inline: str) -> tuple[str | None, list[str], list[str]]:
        files = context.files("news")
        image = files.find(named) if named else None
        if inline:
            files.find(inline)
        image, attached, used = context.arrange_files(files, image, [])
        paths = [file.path for file in attached], [file.path for file in used]
        return image.path if image else None, *paths

    # The first picture of the siblings, unless the entry names another or the body shows one.
    assert arranged(named="", inline="") == ("news/b.jpg", ["news/a.pdf", "news/c.jpg"], [])
    assert arranged(named="a.jpg", inline="") == ("a.jpg", list(siblings), [])
    assert arranged(named="", inline="a.jpg") == (None, list(siblings), ["a.jpg"])
    assert arranged(named="", inline="x.pdf") == (
        "news/b.jpg", ["news/a.pdf", "news/c.jpg"], ["x.pdf"]
    )  # fmt: skip
    assert context.named_files == ["news/a.jpg", "a.jpg"] * 2 + ["news/x.pdf", "x.pdf"]
    assert {problem.code for problem in context.problems} == {"alt-missing"}


def test_each_file_that_cannot_be_published_is_reported_once(tmp_path: Path) -> None:
    context = Context("news.md", MOSCOW, tmp_path, ("news.jpg",))
    old(tmp_path / "news.jpg", b"no picture")
    files = context.files("news")
    for line in (4, 4, 5):
        files.find("b.pdf", line)

    assert context.arrange_files(files, None, []) == (None, (), ())

    assert [(problem.line, problem.code, problem.values) for problem in context.problems] == [
        (0, "media-broken", (("name", "news.jpg"),)),
        (4, "media-missing", (("name", "b.pdf"),)),
        (5, "media-missing", (("name", "b.pdf"),)),
    ]
