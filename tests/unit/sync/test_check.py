"""Checking files: the problems that a new catalogue would have, and nothing is changed."""

from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.sync.check import check
from tests.support.folder import old, running, titles
from tests.support.newsroom import item


def test_check_finds_what_a_new_catalogue_would(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", id="x"))
    old(settings.entries / "b.md", item("B", id="x"))
    old(settings.entries / "c.txt", b"Title\n")
    assert [(problem.path, problem.line, problem.code) for problem in check(settings).problems] == [
        ("b.md", 0, "id-twice"),
        ("c.txt", 2, "no-date"),
    ]
    assert not settings.instance.exists()


def test_check_refuses_categories_that_share_an_address(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", categories="Спорт"))
    old(settings.entries / "b.md", item("B", categories="СПОРТ"))
    old(settings.entries / "c.md", item("C", categories="Sport"))
    (problem,) = check(settings).problems
    values = (("label", "Sport"), ("other", "a.md"), ("taken", "Спорт"))
    assert (problem.path, problem.code, problem.values) == ("c.md", "category-twice", values)
    assert severity(problem) == "error"
    # The service publishes all three: nothing is lost by it.
    with running(settings):
        assert titles(settings) == {"A", "B", "C"}
