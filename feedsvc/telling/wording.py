"""Wording: an incident in plain words, for letters, the text file and the feed."""

from collections.abc import Iterator

from feedsvc import problems
from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_, Message, clock_time, long_date
from feedsvc.model import Problem
from feedsvc.settings import Settings
from feedsvc.storage.status import DEGRADED, watch_fault
from feedsvc.telling.incidents import Incident

# In characters: of a line, and of the name of a file in a subject.
_LINE = 1000
_NAME = 150

_HEADLINES = {
    "kept-back": N_("Not published: {path}"),
    "remarks": N_("There are remarks: {path}"),
    "folder": N_("The news folder is not in order"),
    "watching": N_("New files are noticed later than usual"),
}
_MENDED = {
    "published": N_("Mended and published: {path}"),
    "scheduled": N_("Mended, and will be published in time: {path}"),
    "draft": N_("Mended, and is a draft: {path}"),
    "withdrawn": N_("Mended, and is withdrawn: {path}"),
    "gone": N_("The file is gone: {path}"),
    "kept-back": N_("Not published: {path}"),
    "": N_("Mended: {path}"),
}
_MENDED_FOLDER = {
    "folder": N_("The news folder is in order again"),
    "watching": N_("New files are noticed at once again"),
}
_STAYS = N_("what is published stays on the site; nothing is removed until this is put right")
_FOLDER = {
    "closed": N_(
        "see whether the folder is in its place and the network drive is connected; if it is,"
        " tell the administrator of the server"
    ),
    "empty": N_(
        "put the files back; if all of them were to go, have the administrator of the server"
        " confirm that: feedsvc sync --accept-removals"
    ),
    "vanished": N_(
        "put the files back; if they were to go, have the administrator of the server confirm"
        " that: feedsvc sync --accept-removals"
    ),
}


def headline(incident: Incident, settings: Settings) -> str:
    """Return one line that says what happened, with the name of the file."""
    if not incident.mended:
        template = _HEADLINES[incident.kind]
        if incident.kind == "kept-back" and incident.outcome == "published":
            template = N_("The change is not published: {path}")
    elif incident.path:
        template = _MENDED[incident.outcome]
    else:
        template = _MENDED_FOLDER[incident.kind]
    return _line(template, settings, path=shortened(incident.path))


def details(incident: Incident, settings: Settings, most: int) -> Iterator[str]:
    """Yield the lines that say what is wrong and what to do, at most `most` problems.

    Of an incident that is over they say where the text is published.
    """
    if incident.mended:
        yield from _where(incident, settings)
        return
    if incident.kind == "folder":
        yield _line(N_("What is wrong: {what}"), settings, what=Message(DEGRADED[incident.code]))
        yield _line(N_("What to do: {advice}"), settings, advice=Message(_FOLDER[incident.code]))
        yield _line(N_("Meanwhile: {what}"), settings, what=Message(_STAYS))
    elif incident.kind == "watching":
        text = N_("What is wrong: a change is noticed within {seconds} s, not at once")
        yield _line(text, settings, seconds=settings.rescan)
        text = N_("What to do: pass this on to the administrator of the server: {what}")
        yield _line(text, settings, what=watch_fault(incident.code))
    else:
        ordered = problems.errors_first(incident.problems)
        for problem in ordered[:most]:
            yield from _problem(problem, incident, settings)
        if len(ordered) > most:
            yield _line(N_("… and {count} more"), settings, count=len(ordered) - most)
        yield from _earlier(incident, settings)


def _problem(problem: Problem, incident: Incident, settings: Settings) -> Iterator[str]:
    values = {
        "line": problem.line,
        "what": problems.what(problem, settings.language),
        "advice": problems.advice(problem, settings.language),
    }
    is_remark = incident.kind == "kept-back" and problems.severity(problem) != "error"
    if problem.line and is_remark:
        template = N_("Remark, line {line}: {what}")
    elif problem.line:
        template = N_("Line {line}: {what}")
    elif is_remark:
        template = N_("Remark: {what}")
    else:
        template = N_("What is wrong: {what}")
    yield _line(template, settings, **values)
    yield _line(N_("What to do: {advice}"), settings, **values)


def _earlier(incident: Incident, settings: Settings) -> Iterator[str]:
    """Yield what there is of the text as it was before, or with its remarks."""
    values = {"address": address(incident, settings), "moment": moment_of(incident, settings)}
    texts = {
        ("kept-back", "published"): N_("On the site the text stays as it was: {address}"),
        ("kept-back", "scheduled"): N_("On {moment} the text will appear as it was before"),
        ("remarks", "published"): N_("It is published: {address}"),
        ("remarks", "scheduled"): N_("It will be published on {moment}"),
    }
    template = texts.get((incident.kind, incident.outcome))
    if template:
        yield _line(template, settings, **values)


def _where(incident: Incident, settings: Settings) -> Iterator[str]:
    texts = {
        "published": N_("Address: {address}"),
        "scheduled": N_("It will appear on {moment}: {address}"),
        "gone": N_("It was deleted, moved or renamed."),
    }
    template = texts.get(incident.outcome) if incident.path else None
    if template:
        values = {"address": address(incident, settings), "moment": moment_of(incident, settings)}
        yield _line(template, settings, **values)


def address(incident: Incident, settings: Settings) -> str:
    """Return the address of the page of a file; that of the site if it has none."""
    return settings.site + incident.page


def moment_of(incident: Incident, settings: Settings) -> str:
    """Return when a file is published."""
    return moment(incident.published, settings)


def moment(microseconds: int, settings: Settings) -> str:
    """Return a moment as people write it, in the site's time zone and language."""
    local = from_microseconds(microseconds).astimezone(settings.timezone)
    return f"{long_date(local, settings.language)} {clock_time(local, settings.language)}"


def shortened(path: str) -> str:
    """Return a path that fits into a subject: its end, where the name of the file is."""
    return path if len(path) <= _NAME else "…" + path[-_NAME:]


def _line(template: str, settings: Settings, **values: object) -> str:
    text = Message(template, values).text(settings.language)
    return printable(text if len(text) <= _LINE else text[:_LINE] + "…")


def printable(line: str) -> str:
    """Return a line for a letter: names may contain anything, line breaks among it."""
    # Dates have a narrow space before «г.», which is no printable character to Python.
    return "".join(each if each.isprintable() or each in "\xa0\u202f" else "?" for each in line)
