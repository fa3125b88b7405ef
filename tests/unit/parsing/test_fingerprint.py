"""The parse fingerprint: what has entry files read again, and what must not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedsvc import parsing
from feedsvc.edition import Edition
from feedsvc.model import Entry
from feedsvc.parsing.context import Context
from feedsvc.settings import ParseSettings, Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.loop import SyncLoop
from tests.support.folder import old, shown
from tests.support.newsroom import NOW, Newsroom, item
from tests.support.parsing import MOSCOW
from tests.support.reads import record_reads

# Each differs from `MOSCOW` in one field.
OTHERS = {
    "timezone": replace(MOSCOW, timezone=ZoneInfo("Asia/Tokyo")),
    "permalink": replace(MOSCOW, permalink="/other/<id>/"),
    "authority": replace(MOSCOW, authority="other.example,2020"),
    "language": replace(MOSCOW, language="ru"),
    "static": replace(MOSCOW, static=Path("old")),
    "old_permalinks": replace(MOSCOW, old_permalinks=("/:title/",)),
    "dzen": replace(MOSCOW, dzen="news"),
}
# Loads what is loaded late, too; Pillow only with a picture.
PARSE = """
import PIL
from feedsvc import parsing, settings
shipped = settings.Settings()
data = b"---\\ntitle: T\\ndate: 2026-01-01\\n---\\nText."
assert parsing.read(data, "a.md", shipped.parsing, shipped.entries).entry
"""


def loaded(program: str) -> list[str]:
    """Return the modules that a fresh interpreter has loaded after a program."""
    program = f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    modules: list[str] = json.loads(done.stdout)
    return modules


@pytest.fixture
def forget() -> Iterator[None]:
    """Have the program's part of the fingerprint computed anew, here and afterwards."""
    parsing.program_fingerprint.cache_clear()
    yield
    parsing.program_fingerprint.cache_clear()


# What it covers


def test_each_setting_of_the_parsers_changes_the_fingerprint() -> None:
    assert [field.name for field in fields(ParseSettings)] == list(OTHERS)
    before = parsing.fingerprint(MOSCOW)
    for name, settings in OTHERS.items():
        assert parsing.fingerprint(settings) != before, name
    assert len({parsing.fingerprint(settings) for settings in OTHERS.values()}) == len(OTHERS)


def test_the_same_settings_give_the_same_fingerprint_in_every_process() -> None:
    program = (
        "from feedsvc import parsing\nfrom feedsvc.settings import Settings\n"
        "print(parsing.fingerprint(Settings().parsing))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == parsing.fingerprint(Settings().parsing)


def test_no_other_setting_reaches_the_parsers_or_the_fingerprint() -> None:
    settings = Settings()
    parse = settings.parsing
    others = {field.name for field in fields(Settings)} - {field.name for field in fields(parse)}

    assert "title" in others
    for name in sorted(others):
        assert not hasattr(parse, name), name
    other = replace(settings, title="Other", feed_size=7, entries=Path("x"))
    assert parsing.fingerprint(other.parsing) == parsing.fingerprint(parse)


def test_a_parser_gets_no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    contexts: list[Context] = []

    def parse(_data: bytes, context: Context) -> Entry:
        contexts.append(context)
        raise context.refusal("encoding")

    monkeypatch.setitem(parsing.KINDS, ".bin", parsing.BinaryKind(parse))
    settings = Settings()
    parsing.read(b"", "a.bin", settings.parsing, settings.entries)

    (context,) = contexts
    assert context.settings == settings.parsing
    assert not any(isinstance(value, Settings) for value in vars(context).values())


@pytest.mark.usefixtures("forget")
def test_another_version_of_a_library_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = parsing.fingerprint(MOSCOW)
    for library in (*parsing.LIBRARIES, *parsing.WING_LIBRARIES):
        parsing.program_fingerprint.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(
                parsing,
                "version",
                lambda name, library=library: "0" if name == library else metadata.version(name),
            )
            assert parsing.fingerprint(MOSCOW) != before, library


@pytest.mark.usefixtures("forget")
def test_installing_a_wing_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parsing.fingerprint(MOSCOW)
    parsing.program_fingerprint.cache_clear()
    monkeypatch.setattr(parsing, "WING_LIBRARIES", ("no-such-library",))
    assert parsing.fingerprint(MOSCOW) != before


def test_a_wing_is_loaded_only_with_a_document() -> None:
    names = loaded(PARSE)
    assert not [name for name in names if name.startswith(("mammoth", "feedsvc.word"))]


@pytest.mark.usefixtures("forget")
def test_another_source_of_a_parser_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = parsing.fingerprint(MOSCOW)
    really = Path.read_bytes
    folder = Path(parsing.__file__).parent
    sources = ["__init__.py", "markdown.py", "sanitizer.py", "../text.py", "../media/types.py"]
    sources += ["../word/docx.py", "../media/archive.py"]
    for name in sources:
        changed = (folder / name).resolve()
        parsing.program_fingerprint.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(
                Path,
                "read_bytes",
                lambda path, changed=changed: really(path) + b"#" * (path == changed),
            )
            assert parsing.fingerprint(MOSCOW) != before, name


def test_every_module_that_parsing_loads_is_covered_or_shapes_no_entry() -> None:
    covered = {Path(str(module.__file__)) for module in parsing.MODULES}
    covered |= set(Path(parsing.__file__).parent.glob("*.py"))
    # Settings count by their values; the rest holds texts for people, and nothing else.
    # The clock decides which pictures are told, and nothing else.
    harmless = {"__init__.py", "clock.py", "errors.py", "i18n.py", "media/__init__.py"}
    harmless |= {"settings.py", "setting_tables.py", "setting_values.py", "receiver_values.py"}
    package = Path(parsing.__file__).parents[1]
    uncovered = set()
    for name in loaded(PARSE):
        if name.split(".")[0] == "feedsvc":
            module = Path(str(sys.modules[name].__file__))
            if module not in covered:
                uncovered.add(str(module.relative_to(package)))

    assert uncovered == harmless


def test_every_library_that_parsing_loads_is_covered_or_shapes_no_entry() -> None:
    owners = metadata.packages_distributions()
    names = set(loaded(PARSE)) - set(loaded("pass"))
    libraries = {owner for name in names for owner in owners.get(name, ())}
    # Werkzeug loads MarkupSafe, and Babel pytz if it is there; the parsers use nothing of them.
    harmless = {"feedsvc", "markupsafe", "pytz"}

    assert {library.lower() for library in libraries} - harmless == set(parsing.LIBRARIES)


def test_settings_can_be_loaded_without_the_parsers() -> None:
    modules = loaded("import feedsvc.settings")

    assert "feedsvc.settings" in modules
    for name in ("comrak", "nh3", "linkify_it", "feedsvc.parsing"):
        assert name not in modules, name


# What follows from it


def test_the_last_good_version_stays_until_a_file_is_read_again(newsroom: Newsroom) -> None:
    newsroom.writer.set_parse_fingerprint("one")
    newsroom.publish({"a.md": item("A"), "b.md": item("B")})
    kept = newsroom.writer.fingerprint("a.md")
    entries = newsroom.edition().newest(10)

    newsroom.writer.set_parse_fingerprint("one")
    assert newsroom.writer.fingerprint("a.md") == kept != ""

    newsroom.writer.set_parse_fingerprint("two")
    assert [newsroom.writer.fingerprint(name) for name in ("a.md", "b.md")] == ["", ""]
    assert newsroom.edition().newest(10) == entries
    # A file that can no longer be parsed keeps its entry, too.
    newsroom.apply({"a.md": b"---\nno front matter", "b.md": item("B, again")})
    assert {entry.title for entry in newsroom.edition().newest(10)} == {"A", "B, again"}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return record_reads(monkeypatch)


def test_another_fingerprint_has_a_folder_read_again(settings: Settings, reads: list[str]) -> None:
    old(settings.entries / "a.md", item("A", date="2026-01-01 12:00"))
    old(settings.entries / "b.md", item("B"))
    with closing(SyncLoop(settings)) as sync:
        sync.run(sync.is_busy)
    assert sorted(reads) == ["a.md", "b.md"]
    assert shown(settings) == {"a": "A", "b": "B"}

    reads.clear()
    with closing(SyncLoop(replace(settings, title="Other", feed_size=7))) as sync:
        sync.run(sync.is_busy)
    assert reads == []  # another title is no other parse

    old(settings.entries / "b.md", b"---\nno front matter")
    moved = replace(settings, timezone=ZoneInfo("Asia/Tokyo"))
    with closing(SyncLoop(moved)) as sync:
        assert shown(settings) == {"a": "A", "b": "B"}  # nothing is missing meanwhile
        sync.run(sync.is_busy)
    assert sorted(reads) == ["a.md", "b.md"]
    assert shown(settings) == {"a": "A", "b": "B"}
    with Catalogue(settings.instance).snapshot() as snapshot:
        entries = Edition(snapshot, NOW).newest(10)
    # b.md is still as it was parsed for Moscow.
    assert {entry.id: entry.published.isoformat()[-6:] for entry in entries} == {
        "a": "+09:00",
        "b": "+03:00",
    }
