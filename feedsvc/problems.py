"""Every problem that an entry file can have: its severity, what is wrong, and what to do.

The texts are for a press officer, so they avoid the words of computing.
"""

from dataclasses import dataclass
from typing import Literal

from feedsvc.i18n import N_, Message
from feedsvc.model import Problem

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: an error keeps a file from being published, a warning does not."""

    severity: Severity
    what: str
    advice: str


def _error(what: str, advice: str) -> Kind:
    return Kind("error", what, advice)


def _warning(what: str, advice: str) -> Kind:
    return Kind("warning", what, advice)


KINDS = {
    # The file as such.
    "no-access": _error(
        N_("access to this file or folder is denied"),
        N_("allow everyone to read it; what it published before stays online"),
    ),
    "disk-fault": _error(
        N_("this file or folder cannot be read from the disk ({name})"),
        N_("copy it here again; if that does not help, tell the administrator of the server"),
    ),
    "not-a-file": _error(
        N_("this is not a file, although its name ends like that of an entry"),
        N_("rename the folder, or put a file in its place"),
    ),
    "link-out": _error(
        N_("this is a link to something outside the entries folder, or to nothing"),
        N_("put the file itself here instead of the link"),
    ),
    "link-folder": _warning(
        N_("this is a link to a folder; it was ignored"),
        N_("put the files themselves here instead of the link"),
    ),
    "name-not-utf8": _error(
        N_("the file name is garbled"),
        N_("rename the file; letters, digits and hyphens are best"),
    ),
    "too-large": _error(
        N_("the file is larger than 1 MB ({size} bytes)"),
        N_("shorten the text, and keep pictures in separate files"),
    ),
    "encoding": _error(
        N_("the text cannot be read, as its encoding is unknown"),
        N_("save the file as plain text in UTF-8"),
    ),
    "encoding-broken": _error(
        N_("the text is damaged here: part of a character is missing"),
        N_("copy the file again, or save it again as UTF-8"),
    ),
    "encoding-other": _warning(
        N_("the file is saved in {encoding}"),
        N_("save it as UTF-8, so that no character can be lost"),
    ),
    "characters-removed": _warning(
        N_("invisible characters that are not allowed were removed"),
        N_("retype this passage if anything is missing from it"),
    ),
    "id-from-name": _warning(
        N_("the address «{id}» was made from the file name"),
        N_("to choose the address yourself, add the line «id:» or give the file a Latin name"),
    ),
    # What every text must have.
    "no-title": _error(
        N_("there is no title"),
        N_("write it in the first line, or after «title:»"),
    ),
    "no-date": _error(
        N_("there is no date"),
        N_("write the day, month and year, like 13.08.2014, below the title or after «date:»"),
    ),
    "bad-date": _error(
        N_("«{value}» is not a date"),
        N_("write day, month and year, like 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"),
    ),
    "no-body": _error(
        N_("there is no text"),
        N_("write the news below the title and the date"),
    ),
    "too-deep": _error(
        N_("quotations, lists or tags are nested too deeply, or there are too many «&» characters"),
        N_("simplify the text; it can have at most 100 levels"),
    ),
    # The front matter of Markdown files.
    "no-front-matter": _error(
        N_("there is no header"),
        N_("start the file with the line «---», then «title: …» and «date: …», then «---» again"),
    ),
    "front-matter-open": _error(
        N_("the header has no end"),
        N_("put the line «---» between the header and the text"),
    ),
    "bad-yaml": _error(
        N_("the header cannot be understood here"),
        N_("write each line as «name: value»; put a value with a colon in quotation marks"),
    ),
    "not-a-mapping": _error(
        N_("the header does not consist of lines like «name: value»"),
        N_("write «title: …» and «date: …», each on a line of its own"),
    ),
    "key-twice": _error(
        N_("«{key}» appears twice"),
        N_("keep one of the two lines"),
    ),
    "bad-value": _error(
        N_("«{key}» cannot have this kind of value"),
        N_("write simple text after «{key}:»"),
    ),
    "bad-list": _error(
        N_("«{key}» must be a simple list"),
        N_("write «{key}: [one, two]»"),
    ),
    "unknown-status": _error(
        N_("«{value}» is not a status"),
        N_("write published, draft or withdrawn, or remove the line"),
    ),
    "bad-id": _error(
        N_("the id «{value}» is not only Latin letters, digits, . _ - or is longer than 128"),
        N_("write a shorter id of only these characters, or remove the line"),
    ),
    "bad-guid": _error(
        N_("the guid «{value}» is not a complete address or tag, or is one of this site's own"),
        N_("copy it from the old feed, where it is like https://… or tag:…, or remove the line"),
    ),
    "id-twice": _error(
        N_("the id «{id}» is already taken by {other}"),
        N_("give this file another id or name, or delete one of the two files"),
    ),
    "guid-twice": _error(
        N_("the guid «{guid}» is already taken by {other}"),
        N_("remove the «guid:» line from one of the two files"),
    ),
    "category-twice": _error(
        N_("the category «{label}» has the same address as «{taken}» in {other}"),
        N_("spell them alike, or choose another name"),
    ),
    "unknown-key": _warning(
        N_("«{key}» is unknown and was ignored"),
        N_("remove the line, or check the spelling"),
    ),
    "unknown-key-near": _warning(
        N_("«{key}» is unknown and was ignored"),
        N_("did you mean «{near}»?"),
    ),
    "bad-lang": _warning(
        N_("«{value}» is not a language code and was ignored"),
        N_("write a code like ru or en, or remove the line"),
    ),
    "bad-address": _warning(
        N_("«{value}» is not a web address and was ignored"),
        N_("write the complete address, with http:// or https://"),
    ),
    "bad-category": _warning(
        N_("the category «{value}» has no letters, or over 100 characters, and was ignored"),
        N_("give it a short name"),
    ),
    "updated-early": _warning(
        N_("«updated» is earlier than «date» and was ignored"),
        N_("write when the text was last changed, or remove the line"),
    ),
    # Pictures and attachments. The text is published without them.
    "bad-image": _warning(
        N_("«image» does not name a file"),
        N_("write «image: photo.jpg», or «file:», «alt:» and «caption:» on lines below it"),
    ),
    "media-no-picture": _warning(
        N_("«{name}» is not a picture"),
        N_("name it after «attachments:», and name a picture after «image:»"),
    ),
    "media-missing": _warning(
        N_("there is no file «{name}» next to this one"),
        N_("put it into the same folder, or correct the name; capital and small letters differ"),
    ),
    "media-many": _warning(
        N_("this text names more than 100 files; the rest were ignored"),
        N_("split it into several texts"),
    ),
    "media-type": _warning(
        N_("files like «{name}» are not published"),
        N_("save it as JPEG, PNG or PDF"),
    ),
    "media-broken": _warning(
        N_("«{name}» is damaged, empty, or not of the kind that its name says"),
        N_("copy it again, or save it again under a name with the right ending"),
    ),
    "media-large": _warning(
        N_("«{name}» is too large (over 100 MB, or over 50 million pixels)"),
        N_("make it smaller; a width of 2000 pixels is enough for a picture"),
    ),
}


def severity(problem: Problem) -> Severity:
    """Return the severity of a problem."""
    return KINDS[problem.code].severity


def what(problem: Problem, language: str) -> str:
    """Return what is wrong, in a language."""
    return Message(KINDS[problem.code].what, dict(problem.values)).text(language)


def advice(problem: Problem, language: str) -> str:
    """Return what to do about it, in a language."""
    return Message(KINDS[problem.code].advice, dict(problem.values)).text(language)


def sentence(problem: Problem, language: str) -> str:
    """Return a problem as one line: `path:line: what is wrong: what to do`."""
    where = f"{problem.path}:{problem.line}" if problem.line else problem.path
    line = f"{where}: {what(problem, language)}: {advice(problem, language)}"
    # A file name may contain anything, even line breaks and commands to a terminal.
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
