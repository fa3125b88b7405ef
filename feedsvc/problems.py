"""Every problem an entry file can have: how grave it is, what is wrong, what to do.

The texts are for a press officer: no word of computing that can be avoided.
"""

from dataclasses import dataclass
from typing import Literal

from feedsvc.i18n import N_, Message
from feedsvc.model import Problem

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. An error keeps a file from becoming an entry, a warning does not."""

    severity: Severity
    what: str
    advice: str


def _error(what: str, advice: str) -> Kind:
    return Kind("error", what, advice)


def _warning(what: str, advice: str) -> Kind:
    return Kind("warning", what, advice)


KINDS = {
    # The file as a whole.
    "no-access": _error(
        N_("the file or folder may not be opened"),
        N_("allow everyone to read it; what was published from it stays"),
    ),
    "disk-fault": _error(
        N_("the disk would not give this file or folder ({name})"),
        N_("copy it here again; if that does not help, tell whoever runs the server"),
    ),
    "not-a-file": _error(
        N_("this is not a file, though its name ends like an entry's"),
        N_("rename the folder, or put a file in its place"),
    ),
    "link-out": _error(
        N_("this is a link that leads out of the entries folder, or nowhere"),
        N_("put the file itself here instead of the link"),
    ),
    "link-folder": _warning(
        N_("this is a link to a folder; it was passed over"),
        N_("put the files themselves here instead of the link"),
    ),
    "name-not-utf8": _error(
        N_("the file's name is garbled"),
        N_("rename the file; letters, digits and hyphens are best"),
    ),
    "too-large": _error(
        N_("the file is larger than 1 MiB ({size} bytes)"),
        N_("shorten the text, and keep pictures in files of their own"),
    ),
    "encoding": _error(
        N_("the text cannot be read: it is in no known encoding"),
        N_("save the file as plain text in UTF-8"),
    ),
    "encoding-broken": _error(
        N_("the text is damaged here: part of a letter is missing"),
        N_("copy the file again, or save it again as UTF-8"),
    ),
    "encoding-other": _warning(
        N_("the file is saved in {encoding}"),
        N_("better save it as UTF-8, so that no sign is lost"),
    ),
    "characters-removed": _warning(
        N_("invisible forbidden characters were left out"),
        N_("retype this place if something is missing there"),
    ),
    "id-from-name": _warning(
        N_("the file's name became the address «{id}»"),
        N_("to choose the address yourself, add a line «id:» or rename the file in Latin letters"),
    ),
    # What the text must have.
    "no-title": _error(
        N_("there is no title"),
        N_("write the title first: in the first line, or after «title:»"),
    ),
    "no-date": _error(
        N_("there is no date"),
        N_("add the day, month and year, like 13.08.2014: under the title, or after «date:»"),
    ),
    "bad-date": _error(
        N_("«{value}» is not a date with day, month and year"),
        N_("write it like 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"),
    ),
    "no-body": _error(
        N_("there is no text"),
        N_("write the news below the title and the date"),
    ),
    "too-deep": _error(
        N_("quotations, lists or tags are nested too deeply, or there are far too many signs"),
        N_("simplify this text: at most 100 levels"),
    ),
    # The front matter of Markdown files.
    "no-front-matter": _error(
        N_("the heading block is missing"),
        N_("begin the file with a line «---», then «title: …» and «date: …», then «---» again"),
    ),
    "front-matter-open": _error(
        N_("the heading block has no end"),
        N_("put a line «---» between the heading block and the text"),
    ),
    "bad-yaml": _error(
        N_("the heading block cannot be understood here"),
        N_("write «name: value» in each line; put a value with a colon in quotation marks"),
    ),
    "not-a-mapping": _error(
        N_("the heading block is not a list of «name: value» lines"),
        N_("write «title: …» and «date: …», each in a line of its own"),
    ),
    "key-twice": _error(
        N_("«{key}» stands here twice"),
        N_("keep one of the two lines"),
    ),
    "bad-value": _error(
        N_("«{key}» cannot hold this kind of value"),
        N_("write a simple text after «{key}:»"),
    ),
    "bad-list": _error(
        N_("«{key}» must be a list of simple texts"),
        N_("write «{key}: [one, two]»"),
    ),
    "unknown-status": _error(
        N_("«{value}» is no status"),
        N_("write published, draft or withdrawn, or leave the line out"),
    ),
    "bad-id": _error(
        N_("the id «{value}» has other signs than Latin letters, digits, . _ - (or over 128)"),
        N_("write a shorter id with only those, or leave the line out"),
    ),
    "bad-guid": _error(
        N_("the guid «{value}» is no full address or tag, or belongs to this site's own ids"),
        N_("write it as it was in the old feed, like https://… or tag:…, or leave the line out"),
    ),
    "id-twice": _error(
        N_("the id «{id}» is already taken by {other}"),
        N_("give this file another id or name, or delete one of the two files"),
    ),
    "guid-twice": _error(
        N_("the guid «{guid}» is already taken by {other}"),
        N_("remove the line «guid:» from one of the two files"),
    ),
    "category-twice": _error(
        N_("the category «{label}» has the same address as «{taken}» in {other}"),
        N_("write it in the same way, or choose another name"),
    ),
    "unknown-key": _warning(
        N_("«{key}» is not known and was passed over"),
        N_("remove the line, or check the spelling"),
    ),
    "unknown-key-near": _warning(
        N_("«{key}» is not known and was passed over"),
        N_("did you mean «{near}»?"),
    ),
    "bad-lang": _warning(
        N_("«{value}» is no language code and was passed over"),
        N_("write a code like ru or en, or leave the line out"),
    ),
    "bad-address": _warning(
        N_("«{value}» is no web address and was passed over"),
        N_("write the whole address, with http:// or https://"),
    ),
    "bad-category": _warning(
        N_("the category «{value}» has no letters or is over 100 signs long; it was passed over"),
        N_("write a short name for it"),
    ),
    "updated-early": _warning(
        N_("«updated» is earlier than «date» and was passed over"),
        N_("write when the text was last changed, or leave the line out"),
    ),
    # Pictures and attachments. The text is published without them.
    "bad-image": _warning(
        N_("«image» does not say which file it is"),
        N_("write «image: photo.jpg», or below it «file:», «alt:» and «caption:»"),
    ),
    "media-no-picture": _warning(
        N_("«{name}» is no picture"),
        N_("put it after «attachments:», and a picture after «image:»"),
    ),
    "media-missing": _warning(
        N_("there is no file «{name}» beside this one"),
        N_("put it into the same folder, or correct the name; large and small letters differ"),
    ),
    "media-many": _warning(
        N_("this text names more than 100 files; the others were passed over"),
        N_("divide it into several texts"),
    ),
    "media-type": _warning(
        N_("files like «{name}» are not published"),
        N_("save it as JPEG, PNG or PDF"),
    ),
    "media-broken": _warning(
        N_("«{name}» is damaged, empty, or not what its name says"),
        N_("copy it again, or save it again with the right ending"),
    ),
    "media-large": _warning(
        N_("«{name}» is too large (over 100 MB, or 50 million pixels)"),
        N_("make it smaller; 2000 pixels in width are enough for a picture"),
    ),
}


def severity(problem: Problem) -> Severity:
    """Say whether a problem keeps its file from being published."""
    return KINDS[problem.code].severity


def what(problem: Problem, language: str) -> str:
    """Say what is wrong, in a language."""
    return Message(KINDS[problem.code].what, dict(problem.values)).text(language)


def advice(problem: Problem, language: str) -> str:
    """Say what to do about it, in a language."""
    return Message(KINDS[problem.code].advice, dict(problem.values)).text(language)


def sentence(problem: Problem, language: str) -> str:
    """Write a problem in one line: `path:line: what is wrong: what to do`."""
    where = f"{problem.path}:{problem.line}" if problem.line else problem.path
    line = f"{where}: {what(problem, language)}: {advice(problem, language)}"
    # A file's name may hold anything, line breaks and terminal commands included.
    return "".join(sign if sign.isprintable() else "?" for sign in line)


def as_json(problem: Problem, language: str) -> dict[str, object]:
    """Give a problem as plain values; `code` stays the same in every language."""
    return {
        "path": problem.path,
        "line": problem.line or None,
        "severity": severity(problem),
        "code": problem.code,
        "what": what(problem, language),
        "advice": advice(problem, language),
    }
