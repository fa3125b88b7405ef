"""What a check found as text, for the command `check`."""

from collections.abc import Iterable, Iterator, Sequence

from feedsvc import problems
from feedsvc.i18n import translations
from feedsvc.model import Problem
from feedsvc.sync.check import Checked

# What is said of more files than this is said once.
_FEW = 3
# Of one kind of warning, so many lines; what is wrong with pictures is another one for each.
_LINES = 10


def describe(checked: Checked, language: str) -> Iterator[str]:
    """Yield the lines that describe what was found: errors, warnings, totals.

    Nothing is said of a folder in which nothing is wrong.
    """
    _ = translations(language).gettext
    yield from described(checked.problems, language)
    if checked.problems:
        errors, warnings = _split(checked.problems)
        text = _("Files: {files}; kept back: {kept_back}; errors: {errors}; warnings: {warnings}")
        yield text.format(
            files=checked.files,
            kept_back=len({problem.path for problem in errors}),
            errors=len(errors),
            warnings=len(warnings),
        )


def described(found: Sequence[Problem], language: str) -> Iterator[str]:
    """Yield the lines that describe problems, errors first."""
    _ = translations(language).gettext
    errors, warnings = _split(found)
    if errors:
        yield _("Errors:")
        yield from _grouped(errors, len(errors), language)
    if warnings:
        yield _("Warnings:")
        yield from _grouped(warnings, _LINES, language)


def _split(found: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    errors = [each for each in found if problems.severity(each) == "error"]
    return errors, [each for each in found if problems.severity(each) != "error"]


def _grouped(found: Iterable[Problem], most: int, language: str) -> Iterator[str]:
    """Yield a line for each problem, and one for all that are said of many files alike.

    Of each kind there are `most` lines, and one that says how many problems are left out.
    """
    _ = translations(language).gettext
    kinds: dict[str, dict[object, list[Problem]]] = {}
    for problem in found:
        kinds.setdefault(problem.code, {}).setdefault(problem.values, []).append(problem)
    for same in kinds.values():
        groups = list(same.values())
        for group in groups[:most]:
            yield from _lines(group, language)
        if left_out := sum(map(len, groups[most:])):
            text = _("… and {count} more of this kind; all: feedsvc check --format json")
            yield text.format(count=left_out)


def _lines(group: list[Problem], language: str) -> Iterator[str]:
    """Yield what is said of some files, once if they are many."""
    if len(group) <= _FEW:
        yield from (problems.sentence(problem, language) for problem in group)
    else:
        more = translations(language).gettext("(and {count} more like this)")
        sentence = problems.sentence(group[0], language)
        yield f"{sentence} {more.format(count=len(group) - 1)}"
