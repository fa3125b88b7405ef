"""Documents in the folder: which of them are entries, and which belong to one."""

from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.edition import Edition
from feedsvc.parsing import identifiers
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.check import check
from feedsvc.sync.scanner import Scan, examine
from tests.support.files import PDF, PHOTO, lay
from tests.support.folder import attached, old, quicken, rescan, running, shown, wait_for
from tests.support.newsroom import NOW, item
from tests.support.word import DATE, docx, odt, paragraph

TEXT = paragraph("Текст новости.")
PLAN = docx(paragraph("Пункт плана."), head=paragraph("План работ") + DATE)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    quicken(monkeypatch)
    # Whether or not the kernel tells of changes.
    return replace(settings, rescan=1)


def entries(settings: Settings, **named: tuple[str, ...]) -> set[str]:
    """Return the paths that a scan finds, as `examine` does that of each alone."""
    known = {path.replace("_", "."): names for path, names in named.items()}
    attached = frozenset(path for names in named.values() for path in names)
    root = settings.entries
    paths = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    found = {file.path for file in Scan(root, known)}
    assert {path for path in paths if examine(root, path, (), lambda: attached)} == found
    return found


def test_a_document_that_bears_the_name_of_a_text_belongs_to_it(settings: Settings) -> None:
    lay(settings, {"news.txt": b"", "news.docx": PLAN, "alone.docx": PLAN, "news.pages": b""})
    # Which nobody can read as an attachment either.
    assert entries(settings) == {"news.txt", "alone.docx", "news.pages"}


def test_a_document_that_a_text_names_belongs_to_it(settings: Settings) -> None:
    lay(settings, {"a.md": item(), "docs/plan.docx": PLAN, "other.odt": PLAN})
    assert entries(settings, a_md=("docs/plan.docx",)) == {"a.md", "other.odt"}


def test_documents_in_the_folder_of_any_entry_belong_to_it(settings: Settings) -> None:
    names = (
        "news.md",
        "news/plan.docx",
        "word.docx",
        "word/plan.odt",
        "word/old.doc",
        "x/plan.docx",
    )
    lay(settings, dict.fromkeys((*names, "word/deeper/plan.docx"), PLAN))
    assert entries(settings) == {"news.md", "word.docx", "x/plan.docx", "word/deeper/plan.docx"}
    found = {file.path: file.siblings for file in Scan(settings.entries)}
    assert found["news.md"] == ("news/plan.docx",)
    assert found["word.docx"] == ("word/old.doc", "word/plan.odt")


def test_a_document_does_not_belong_to_another_of_its_name(settings: Settings) -> None:
    lay(settings, {"a.docx": PLAN, "a.odt": PLAN, "a.doc": b"", "a.pdf": PDF, "a.jpg": PHOTO})
    assert entries(settings) == {"a.docx", "a.odt", "a.doc"}
    found = {file.path: file.siblings for file in Scan(settings.entries)}
    assert found["a.docx"] == ("a.jpg", "a.pdf")


def test_a_folder_that_cannot_be_listed_has_no_entries(settings: Settings, tmp_path: Path) -> None:
    old(settings.entries / "plan.docx", PLAN)
    elsewhere = replace(settings, entries=tmp_path / "gone")
    assert examine(elsewhere.entries, "plan.docx") is None


def test_a_document_is_published_and_changed_as_word_saves_it(settings: Settings) -> None:
    with running(settings):
        (settings.entries / "~$news.docx").write_bytes(b"owner")
        _save_as_word(settings.entries, docx(TEXT))
        wait_for(lambda: shown(settings) == {"news": "Каток на площади открыт"})
        _save_as_word(settings.entries, docx(TEXT, head=paragraph("Каток закрыт") + DATE))
        wait_for(lambda: shown(settings) == {"news": "Каток закрыт"})
        (settings.entries / "~$news.docx").unlink()
        rescan(settings)
        assert shown(settings) == {"news": "Каток закрыт"}


def _save_as_word(folder: Path, data: bytes) -> None:
    """Save a document as Word does: beside the old one, which is moved away first."""
    (folder / "~WRD0001.tmp").write_bytes(data)
    if (folder / "news.docx").exists():
        (folder / "news.docx").rename(folder / "~WRL0002.tmp")
    (folder / "~WRD0001.tmp").rename(folder / "news.docx")
    (folder / "~WRL0002.tmp").unlink(missing_ok=True)


def test_a_document_that_comes_before_the_text_that_names_it_is_never_an_entry(
    settings: Settings,
) -> None:
    with running(settings):
        (settings.entries / "plan.docx").write_bytes(PLAN)
        (settings.entries / "news.md").write_bytes(item(body="[План](plan.docx)"))
        (settings.entries / "last.odt").write_bytes(odt("<text:p>Текст.</text:p>"))
        wait_for(lambda: "last" in shown(settings))
        assert shown(settings) == {"news": "Title", "last": "Каток на площади открыт"}
        assert attached(settings, "news") == ["plan.docx"]
        with Catalogue(settings.instance).snapshot() as snapshot:
            # It was never there: what was public once is gone, and not unknown.
            assert Edition(snapshot, NOW).find("plan") is None


def test_a_text_takes_the_place_of_the_document_of_its_name(settings: Settings) -> None:
    old(settings.entries / "news.docx", docx(TEXT))
    old(settings.entries / "plan.docx", PLAN)
    with running(settings):
        assert shown(settings) == {"news": "Каток на площади открыт", "plan": "План работ"}
        (settings.entries / "news.md").write_bytes(item(body="[План](plan.docx)"))
        wait_for(lambda: shown(settings) == {"news": "Title"})
        assert attached(settings, "news") == ["news.docx", "plan.docx"]
        (settings.entries / "news.md").write_bytes(item("Без плана"))
        wait_for(lambda: shown(settings).get("news") == "Без плана")
        rescan(settings)
        wait_for(lambda: shown(settings) == {"news": "Без плана", "plan": "План работ"})


def test_all_is_the_same_when_the_folder_is_read_anew(settings: Settings) -> None:
    lay(
        settings, {"a-plan.docx": PLAN, "news.md": item(body="[План](a-plan.docx)"), "b.docx": PLAN}
    )
    with running(settings):
        assert shown(settings) == {"news": "Title", "b": "План работ"}


def test_a_check_reads_texts_first(settings: Settings) -> None:
    lay(
        settings,
        {"a.doc": b"", "news.md": item(body="[План](plan.doc)"), "plan.doc": b"\xd0\xcf\x11\xe0"},
    )
    checked = check(settings)
    assert [(problem.path, problem.code) for problem in checked.problems] == [
        ("a.doc", "document-old")
    ]
    assert checked.files == 2


@pytest.fixture
def _without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.parsing.WING_LIBRARIES", ("no-such-library",))


@pytest.mark.usefixtures("_without_the_extra")
def test_without_the_extra_each_document_says_what_is_to_be_installed(settings: Settings) -> None:
    lay(settings, {f"n{end}": PLAN for end in identifiers.DOCUMENT_SUFFIXES} | {"a.doc": b""})
    assert [(problem.path, problem.code) for problem in check(settings).problems] == [
        ("a.doc", "document-old"),
        ("n.docx", "word-missing"),
        ("n.odt", "word-missing"),
    ]
