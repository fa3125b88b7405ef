"""Front matter: YAML, read as text with line numbers."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.newsroom import ROOT
from tests.support.parsing import Problems, entry, markdown, refused


@pytest.mark.parametrize(
    "source",
    [
        "\n \n---\ntitle: T\ndate: 13.08.2014\n---\nBody.\n",
        "--- \t\ntitle: T\ndate: 13.08.2014\n---  \nBody.\n",
        "---\ntitle: T\ndate: 13.08.2014\n...\nBody.\n",
        "---\n# a comment\ntitle:   T # another\n\ndate: '13.08.2014'\n---\n\nBody.\n",
        "---\n{title: T, date: 13.08.2014}\n---\nBody.\n",
        '---\n"title": T\ndate: "2014-08-13"\n---\nBody.\n',
        "---\ntitle: |\n  T\ndate: >-\n  13.08.2014\n---\nBody.\n",
        "---\ntitle: !!python/object/new:os.system T\ndate: !!timestamp 2014-08-13\n---\nBody.\n",
        "---\ntitle: &anchor T\ndate: 13.08.2014\nauthor: ~\nlang: null\nid:\nguid: ''\n---\nBody.",
    ],
    ids=["blank lines before", "white space", "dots", "comments", "braces", "quotation marks",
         "block scalars", "tags", "nothing"],
)  # fmt: skip
def test_front_matter_may_be_written_in_many_ways(source: str) -> None:
    assert entry(source) == entry(markdown())


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("08", "08"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("2014-08-13", "2014-08-13"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
        ('"null"', "null"),
        ("'~'", "~"),
        ("|\n  a\n  b\n", "a b"),
        (">\n  a\n\n  b\n", "a b"),
        ('"a\\nb\\u2014\\x41"', "a b—A"),
        ("a #b", "a"),
        ("!!int 5", "5"),
    ],
)
def test_a_value_stays_the_text_that_was_written(written: str, title: str) -> None:
    assert entry(f"---\ntitle: {written}\ndate: 13.08.2014\n---\nBody.").title == title


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ("", [(1, "no-front-matter", {})]),
        ("\n\nT\n13.08.2014\nx", [(3, "no-front-matter", {})]),
        ("----\ntitle: T\n---\nx", [(1, "no-front-matter", {})]),
        ("---\ntitle: T\n", [(1, "front-matter-open", {})]),
        ("\n---", [(2, "front-matter-open", {})]),
        ("---\ntitle: T\nx: a: b\n---\nx", [(3, "bad-yaml", {})]),
        ('---\ntitle: "T\n---\nx', [(3, "bad-yaml", {})]),
        ("---\ntitle: T\n\tx: y\n---\nx", [(3, "bad-yaml", {})]),
        ('---\ntitle: "\\uD800"\n---\nx', [(2, "bad-yaml", {})]),
        ("\n---\n%TAG\n---\nx", [(3, "bad-yaml", {})]),
        ("---\n- title\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\n# a\nT\n---\nx", [(3, "not-a-mapping", {})]),
        ("---\n*a\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\ntitle: T\n? [a]\n: b\n---\nx", [(3, "not-a-mapping", {})]),
        ("---\n? {a: b}\n: c\n---\nx", [(2, "not-a-mapping", {})]),
        ("---\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\n# a\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\n{}\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\ntitle: ~\ndate: null\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ("---\ntitle: ''\ndate:\n---\nx", [(1, "no-date", {}), (1, "no-title", {})]),
        ('---\ndate: 13.08.2014\ntitle: "\\u0001"\n---\nx',
         [(1, "no-title", {}), (3, "characters-removed", {})]),
        ("---\ntitle: T\ndate: 2014-08\n---\nx", [(3, "bad-date", {"value": "2014-08"})]),
        ("---\ntitle: &a 13.08.2014\ndate: *a\n---\nx", [(3, "bad-value", {"key": "date"})]),
        ("---\ntitle: [T]\ndate: {a: b}\n---\nx",
         [(2, "bad-value", {"key": "title"}), (3, "bad-value", {"key": "date"})]),
        ("---\ntitle: !!python/object/apply:os.system [T]\ndate: 13.08.2014\n---\nx",
         [(2, "bad-value", {"key": "title"})]),
        (markdown("title: T"), [(4, "key-twice", {"key": "title"})]),
        (markdown("foo: a", "foo:"),
         [(4, "unknown-key", {"key": "foo"}), (5, "key-twice", {"key": "foo"})]),
    ],
    ids=range(27),
)  # fmt: skip
def test_wrong_front_matter_is_refused(source: str, problems: Problems) -> None:
    assert refused(source) == problems


def test_a_value_may_be_nested_a_hundred_levels_deep() -> None:
    for start, end in (("[", "]"), ("{a: ", "}")):
        deepest = f"author: {start * 100}{end * 100}"
        assert refused(markdown(deepest)) == [(4, "bad-value", {"key": "author"})], start
        deeper = f"author: {start * 101}{end * 101}"
        assert refused(markdown(deeper)) == [(4, "too-deep", {})], start


# Each would overflow a stack, or take minutes, if values were built from it.
CRASHING = {
    "open brackets": "---\n" + "[" * 50_000 + "\n---\nx",
    "open brackets behind a name": "---\ntitle: " + "[" * 50_000 + "\n---\nx",
    "brackets": "---\ntitle: " + "[" * 50_000 + "]" * 50_000 + "\n---\nx",
    "braces": "---\ntitle: " + "{a: " * 50_000 + "\n---\nx",
    "dashes": "---\ntitle:\n" + "- " * 50_000 + "\n---\nx",
    "names": "---\n" + "? " * 50_000 + "\n---\nx",
    "aliases": "---\na0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 100))
    + "---\nx",
}


def test_no_front_matter_crashes_the_process(tmp_path: Path) -> None:
    for name, source in CRASHING.items():
        (tmp_path / f"{name.replace(' ', '-')}.md").write_text(source, encoding="utf-8")
    # In a process of its own: a stack overflow would end this one.
    program = (
        "import pathlib, sys\n"
        "from feedsvc.parsing import read\n"
        "from feedsvc.settings import Settings\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "for path in sorted(folder.iterdir()):\n"
        "    data = path.read_bytes()\n"
        "    print(path.stem, read(data, path.name, Settings().parsing, folder).entry)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr, sorted(done.stdout.splitlines())) == (
        0,
        "",
        sorted(f"{name.replace(' ', '-')} None" for name in CRASHING),
    )


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_what_ends_a_line_in_yaml_alone_is_not_counted(end: str) -> None:
    problems = refused(markdown(f"author: a{end}{end}b", "summary: ["))
    assert [line for line, code, _ in problems if code == "bad-yaml"] == [6]


def test_a_line_break_of_word_is_a_space() -> None:
    assert entry(markdown("author: a\u2028b")).author == "a b"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: «Субботник: где и когда»", "Субботник: где и когда"),
        ("title: “A: \\b #c”", "A: \\b #c"),
        ("title:\u00a0Субботник", "Субботник"),
        ("title: \u00a0 «A: b»", "A: b"),
        # YAML reads these, so that the marks are part of the title.
        ("title: «Бессмертный полк»", "«Бессмертный полк»"),
        ("title: «А» и «Б»", "«А» и «Б»"),
        ("Заголовок:\tСубботник", "Субботник"),
    ],
)
@pytest.mark.parametrize("fence", ["---", "— — —", "———", "–––", "—-"])
def test_what_word_makes_of_a_header_is_understood(line: str, title: str, fence: str) -> None:
    assert entry(f"{fence}\n{line}\nДата: 13.08.2014\n{fence}\n\nx").title == title


def test_lines_of_names_and_values_may_be_in_russian() -> None:
    found = entry("Заголовок: А\nДата: 13.08.2014\nРубрики: Б, В\nСтатус: черновик\n\nx")

    assert (found.title, found.status) == ("А", "draft")
    assert [each.label for each in found.categories] == ["Б", "В"]
