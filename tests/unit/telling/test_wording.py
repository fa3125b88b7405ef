"""Wording: every kind of incident is said in both languages, with what is needed and no more."""

from dataclasses import replace
from itertools import product

import pytest

from feedsvc.model import Problem
from feedsvc.settings import Settings
from feedsvc.telling import wording
from feedsvc.telling.incidents import Incident, Kind, Outcome
from tests.support.newsroom import NOW

OUTCOMES: tuple[Outcome, ...] = (
    "published",
    "scheduled",
    "draft",
    "withdrawn",
    "gone",
    "kept-back",
    "",
)
ERROR = Problem("a.txt", 2, "bad-date", (("value", "завтра"),))
WHOLE = Problem("a.txt", 0, "no-access")
REMARK = Problem("a.txt", 4, "unknown-key", (("key", "laiout"),))
KEPT = Incident(
    number=1,
    kind="kept-back",
    path="a.txt",
    code="",
    problems=(ERROR,),
    since=NOW,
    changed=NOW,
    mended=0,
    outcome="",
    page="/a.html",
    published=NOW,
)


def said(incident: Incident, settings: Settings) -> list[str]:
    return [wording.headline(incident, settings), *wording.details(incident, settings, 20)]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_incident_is_said(settings: Settings, language: str) -> None:
    spoken = replace(settings, language=language)
    files: tuple[Kind, ...] = ("kept-back", "remarks")
    folder: tuple[Kind, ...] = ("folder", "watching")
    for kind, outcome, mended in product(files, OUTCOMES, (0, NOW)):
        incident = replace(KEPT, kind=kind, outcome=outcome, mended=mended)
        assert all("{" not in line for line in said(incident, spoken))
        assert "a.txt" in said(incident, spoken)[0]
    for kind, code, mended in product(folder, ("closed", "empty", "vanished"), (0, NOW)):
        incident = replace(KEPT, kind=kind, path="", code=code, problems=(), mended=mended)
        assert all("{" not in line for line in said(incident, spoken))


def test_errors_come_first_and_remarks_are_called_so(settings: Settings) -> None:
    incident = replace(KEPT, problems=(REMARK, WHOLE, replace(REMARK, line=0), ERROR))
    lines = said(incident, replace(settings, language="en"))
    assert [line.partition(":")[0] for line in lines if not line.startswith("What to do")] == [
        "Not published",
        "What is wrong",
        "Line 2",
        "Remark, line 4",
        "Remark",
    ]


def test_remarks_on_what_is_published_need_no_such_word(settings: Settings) -> None:
    incident = replace(KEPT, kind="remarks", problems=(REMARK,), outcome="published")
    assert said(incident, replace(settings, language="en")) == [
        "There are remarks: a.txt",
        "Line 4: «laiout» is unknown and was ignored",
        "What to do: remove the line, or check the spelling",
        "It is published: https://news.example/a.html",
    ]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        ("published", "On the site the text stays as it was: https://news.example/a.html"),
        ("scheduled", "On July 1, 2026 3:00\u202fPM the text will appear as it was before"),
        ("draft", "What to do: "),
        ("", "What to do: "),
    ],
)
def test_of_a_file_that_is_kept_back_it_is_said_what_readers_see(
    settings: Settings, outcome: str, line: str
) -> None:
    incident = replace(KEPT, outcome=outcome)  # type: ignore[arg-type]
    assert said(incident, replace(settings, language="en"))[-1].startswith(line)


def test_a_long_line_is_cut_and_what_cannot_be_printed_is_replaced(settings: Settings) -> None:
    endless = Problem("a.txt", 2, "bad-date", (("value", "x\n" * 5000),))
    line = said(replace(KEPT, problems=(endless,)), settings)[1]
    assert len(line) == 1001
    assert "\n" not in line
