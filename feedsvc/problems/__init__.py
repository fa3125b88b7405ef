"""Every problem that an entry file can have: its severity, what is wrong, and what to do.

The texts are for a press officer, so they avoid the words of computing.
"""

from collections.abc import Iterable

from feedsvc.i18n import Message
from feedsvc.model import Problem
from feedsvc.problems.kind import Severity
from feedsvc.problems.of_files import OF_FILES
from feedsvc.problems.of_texts import OF_TEXTS

KINDS = OF_FILES | OF_TEXTS


def severity(problem: Problem) -> Severity:
    """Return the severity of a problem."""
    return KINDS[problem.code].severity


def has_errors(found: Iterable[Problem]) -> bool:
    """Return whether any of these problems keeps its file back."""
    return any(severity(problem) == "error" for problem in found)


def errors_first(found: Iterable[Problem]) -> list[Problem]:
    """Return problems in their order, but those first that keep the file back."""
    return sorted(found, key=lambda problem: severity(problem) != "error")


def message(problem: Problem) -> Message:
    """Return what is wrong, to be translated later."""
    return Message(KINDS[problem.code].what, dict(problem.values))


def what(problem: Problem, language: str) -> str:
    """Return what is wrong, in a language."""
    return message(problem).text(language)


def advice(problem: Problem, language: str) -> str:
    """Return what to do about it, in a language."""
    return Message(KINDS[problem.code].advice, dict(problem.values)).text(language)


def sentence(problem: Problem, language: str) -> str:
    """Return a problem as one line: `path:line: what is wrong: what to do`."""
    where = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return printable(f"{where}: {what(problem, language)}: {advice(problem, language)}")


def printable(line: str) -> str:
    """Return a line for a terminal: names may contain anything, line breaks and commands too."""
    return "".join(each if each.isprintable() else "?" for each in line)


def as_json(problem: Problem, language: str) -> dict[str, object]:
    """Return a problem as values for JSON; `code` is the same in every language."""
    return {
        "path": problem.path,
        "line": problem.line or None,
        "severity": severity(problem),
        "code": problem.code,
        "what": what(problem, language),
        "advice": advice(problem, language),
    }
