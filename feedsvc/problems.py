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
        N_("the name of this file or folder is garbled"),
        N_("rename it; letters, digits and hyphens are best"),
    ),
    "too-costly": _error(
        N_("reading this text would take too much time or memory"),
        N_("simplify its tables, lists and links, or split it; what was published before stays"),
    ),
    "reading-failed": _error(
        N_("the program failed at reading this text ({name})"),
        N_("simplify the text, and show it to the administrator of the server"),
    ),
    "too-large": _error(
        N_("the file is larger than 1 MB ({size} bytes)"),
        N_("shorten the text, and keep pictures in separate files"),
    ),
    # Documents of Word and LibreOffice.
    "document-large": _error(
        N_("the document is larger than 50 MB ({size} bytes)"),
        N_("make its pictures smaller: in Word, «Compress Pictures»; or put them in as files"),
    ),
    "word-missing": _error(
        N_("this server cannot read documents of Word and LibreOffice yet"),
        N_(
            "ask the administrator to run «pip install 'feedsvc[word]'» and to start the service"
            " again; until then, save the text as plain text (.txt, UTF-8)"
        ),
    ),
    "document-old": _error(
        N_("documents in this format (.doc, .rtf, .pages) cannot be read"),
        N_("save it as .docx («Save As», «Word Document»), and remove this file"),
    ),
    "document-password": _error(
        N_("the document can only be opened with a password"),
        N_("remove the password: in Word, «File», «Info», «Protect Document»; then save it again"),
    ),
    "document-broken": _error(
        N_("the document is damaged, empty, or not copied as a whole"),
        N_("open it; if that works, save it once more under the same name, else copy it again"),
    ),
    "document-other": _error(
        N_("the content of this file is not what its name says"),
        N_("open it in Word, and save it as .docx («Save As», «Word Document»)"),
    ),
    "word-tracked": _warning(
        N_("the document has changes that are not accepted yet ({count})"),
        N_(
            "it is published as if all were accepted; in Word, «Review», accept or reject them,"
            " and save it"
        ),
    ),
    "word-hidden": _warning(
        N_("hidden text was left out ({count})"),
        N_("if it should be seen, take away the mark «Hidden» in the settings of the font"),
    ),
    "word-text-boxes": _warning(
        N_("text boxes are not published ({count})"),
        N_("move what stands in them into the text"),
    ),
    "word-drawings": _warning(
        N_("shapes, charts and diagrams are not published ({count})"),
        N_("copy each of them, and paste it as a picture"),
    ),
    "word-objects": _warning(
        N_("what is embedded from other programs is not published ({count})"),
        N_("paste it as a table or as a picture, or put the file beside this one"),
    ),
    "word-equations": _warning(
        N_("equations are not published ({count})"),
        N_("write them as text, or paste each as a picture"),
    ),
    "word-comments": _warning(
        N_("comments in the margin are not published ({count})"),
        N_("nothing is missing from the text; see that nothing in them was still to be done"),
    ),
    "word-picture": _warning(
        N_("the picture «{name}» cannot be shown: browsers do not know its format"),
        N_("paste it again as PNG or JPEG: in Word, cut it, then «Paste Special», «Picture (PNG)»"),
    ),
    "word-picture-linked": _warning(
        N_("the picture «{name}» is not in the document, which only links to it"),
        N_("insert the picture itself: in Word, «Insert», «Pictures», without «Link to File»"),
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
    "renamed": _warning(
        N_("the address of this text is «{id}», although its file bears another name"),
        N_(
            "so that this holds for good, write the line «id: {id}» into its header,"
            " or give the file its old name back"
        ),
    ),
    "copy": _error(
        N_("this is the same text as {other}, so it is not published a second time"),
        N_("delete one of the two files, or change what is to be another piece of news"),
    ),
    "title-from-name": _warning(
        N_("there is no title; «{title}» was made from the file name"),
        N_("write the title after «title:»"),
    ),
    "marks-many": _warning(
        N_("more than 30 accents stand on one letter; the rest were removed"),
        N_("retype this passage"),
    ),
    "problems-more": _warning(
        N_("and {count} more remarks on this file"),
        N_("correct these first, then look again"),
    ),
    # Files that are no texts, and belong to none.
    "unread-alone": _warning(
        N_("this file belongs to no text, so nobody sees it"),
        N_("name it like its text, put it into a folder named so, or name it in the text"),
    ),
    "unread-document": _warning(
        N_("documents like this are not published by themselves"),
        N_("save it as plain text (.txt), or name it like the text that it belongs to"),
    ),
    "unread-markup": _warning(
        N_("texts that end with «{ending}» are not read here"), N_("convert it to Markdown (.md)")
    ),
    "unread-picture": _warning(
        N_("pictures that end with «{ending}» are not published"), N_("save it as JPEG or PNG")
    ),
    "unread-recording": _warning(
        N_("recordings that end with «{ending}» are not published"),
        N_("save a video as MP4, and sound as MP3"),
    ),
    "unread-office": _warning(
        N_("files that end with «{ending}» are not published"),
        N_("save it as PDF, or a table as .xlsx, and name it like the text that it belongs to"),
    ),
    "unread-archive": _warning(
        N_("archives that end with «{ending}» are not published"),
        N_("unpack it, or pack the files as .zip and name that like the text it belongs to"),
    ),
    "unread-no-ending": _warning(
        N_("the name of this file has no ending, so it is not read"),
        N_("if it is a text, add .txt to its name; if it is a picture, .jpg or .png"),
    ),
    "unread-ending": _warning(
        N_("files that end with «{ending}» are not read here"),
        N_("save a text as .txt, a picture as JPEG, and everything else as PDF"),
    ),
    "unread-more": _warning(
        N_("and {count} more files here that are not published"),
        N_("put these right first, then look again; old pictures have their place elsewhere"),
    ),
    # What every text must have.
    "no-title": _error(
        N_("there is no title"),
        N_("write it in the first line, or after «title:»"),
    ),
    "title-long": _error(
        N_("the title is longer than {limit} characters"),
        N_("write a short title, and the text below it"),
    ),
    "no-date": _error(
        N_("there is no date"),
        N_("write the day, month and year, like 13.08.2014, below the title or after «date:»"),
    ),
    "bad-date": _error(
        N_("«{value}» is not a date"),
        N_("write day, month and year, like 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"),
    ),
    "date-no-year": _error(
        N_("the date «{value}» has no year"),
        N_("write the year as well, like 13.08.2014"),
    ),
    "date-no-day": _error(
        N_("the date «{value}» has no day"),
        N_("write the day as well, like 13.08.2014"),
    ),
    "date-short-year": _error(
        N_("the year in «{value}» has only two digits, and may be taken for a day"),
        N_("write all four; if you mean {full}, write that"),
    ),
    "date-no-such-day": _error(
        N_("the day in «{value}» does not exist: this month has {last} days"),
        N_("correct the day or the month"),
    ),
    "date-no-month": _error(
        N_("there is no month {month}, as in «{value}»"),
        N_("write the day first and then the month, like 13.08.2014"),
    ),
    "date-month": _error(
        N_("there is no such month as in «{value}»"),
        N_("did you mean «{near}»?"),
    ),
    "date-order": _error(
        N_("in «{value}» either number may be the month"),
        N_("write the day first and put full stops between, like 13.08.2014"),
    ),
    "date-time": _error(
        N_("what stands beside the date in «{value}» is not a time of day"),
        N_("write one date, and one time with a colon, like 13.08.2014 15:30"),
    ),
    "date-weekday": _warning(
        N_("the date «{value}» is another day of the week: «{right}»"),
        N_("look whether the date is right; it was taken as it is written"),
    ),
    "no-body": _error(
        N_("there is no text"),
        N_("write the news below the title and the date"),
    ),
    "too-deep": _error(
        N_("quotations, lists or tags are nested too deeply, or there are too many «&» characters"),
        N_("simplify the text; it can have at most 100 levels"),
    ),
    "table-large": _error(
        N_("the tables have more than 20,000 cells; this is where the limit is reached"),
        N_("shorten them, or put the table beside the text as a file"),
    ),
    "pictures-many": _error(
        N_("the text shows more than 1,000 pictures"),
        N_("split it into several texts"),
    ),
    "addresses-many": _error(
        N_("there are too many addresses, or one is made of too many parts"),
        N_("leave out what is not needed, or split the text"),
    ),
    "signs-many": _error(
        N_("a paragraph is very long, and full of quotation marks or signs like «&»"),
        N_("divide it into several paragraphs"),
    ),
    "too-many-parts": _error(
        N_("the text consists of too many lines, list items, links or tags"),
        N_("split it into several texts, or put it beside a short text as a file"),
    ),
    # The front matter of Markdown files.
    "no-front-matter": _error(
        N_("there is no header"),
        N_("start the file with the line «---», then «title: …» and «date: …», then «---» again"),
    ),
    "page-without-head": _error(
        N_("this web page says neither its title nor its date"),
        N_(
            "start the file with the line «---», then «title: …» and «date: …», then «---» again;"
            " or bring saved pages in with the command «feedsvc import»"
        ),
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
    "names-many": _error(
        N_("the header has more than 100 lines like «name: value»"),
        N_("leave only what a header can have; the text begins below the second line «---»"),
    ),
    "list-long": _error(
        N_("a list in the header is too long"),
        N_("leave only the most important"),
    ),
    "text-long": _error(
        N_("«{key}» is longer than {limit} characters"),
        N_("shorten it; a longer text has its place below the header"),
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
    "hidden-unclear": _error(
        N_("«{key}: {value}» may mean that this text is not for the public"),
        N_("write «status: draft» or «status: published» instead"),
    ),
    "expires-early": _error(
        N_("«{value}», when this news ends, is not after the date on which it begins"),
        N_("correct one of the two dates, or write «status: withdrawn»"),
    ),
    "bad-pinned": _error(
        N_("«{value}» does not say whether or until when this news comes first"),
        N_("write yes, no or a date, like 30.11.2026"),
    ),
    "translation-unknown": _warning(
        N_("there is no news «{value}» of which this could be a translation"),
        N_("write its id, or the name of its file, after «translation_of:»"),
    ),
    "translation-same": _warning(
        N_("this is to be a translation of «{value}», but is in the same language"),
        N_("add the line «lang:» with the language of the translation, like en"),
    ),
    "password": _error(
        N_("«{key}» says that readers need a password, which cannot be asked for here"),
        N_("remove the line if everyone may read the text, or write «status: draft»"),
    ),
    "bad-head": _error(
        N_("the header cannot be understood here"),
        N_("write it as the system does that the text comes from, or as «name: value»"),
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
    "template": _warning(
        N_("«{value}» is a command to the system the text comes from; it was left out"),
        N_("look at the page, and write what is missing into the text"),
    ),
    "bad-lang": _warning(
        N_("«{value}» is not a language code and was ignored"),
        N_("write a code like ru or en, or remove the line"),
    ),
    "bad-address": _warning(
        N_("«{value}» is not a web address, or has over 2,000 characters, and was ignored"),
        N_("write the complete address, with http:// or https://"),
    ),
    "bad-alias": _warning(
        N_("«{value}» is no address that a page can have, and was ignored"),
        N_("write it as it stood behind the name of the old site, like /2014/08/news.html"),
    ),
    "bad-category": _warning(
        N_("the category «{value}» has no letters, or over 100 characters, and was ignored"),
        N_("give it a short name"),
    ),
    "categories-many": _warning(
        N_("there are more than 50 categories; the rest were ignored"),
        N_("keep the most important ones"),
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
    "picture-nowhere": _warning(
        N_("there is no picture «{name}» on this site"),
        N_("put it there in the folder of the setting «static», or into the entries folder"),
    ),
    "media-many": _warning(
        N_("this text names more than 100 files; the rest were ignored"),
        N_("split it into several texts"),
    ),
    "media-type": _warning(
        N_("files like «{name}» are not published"),
        N_("save it as JPEG, PNG or PDF"),
    ),
    "media-film": _warning(
        N_("films like «{name}» cannot be played by every reader and are not published"),
        N_("save it as MP4"),
    ),
    "media-heic": _warning(
        N_("«{name}» is a picture in the format of phones, which this site does not read"),
        N_(
            "save it as JPEG, or ask the administrator of the server to install the extra"
            " «heic» of feedsvc"
        ),
    ),
    "media-broken": _warning(
        N_("«{name}» is damaged, empty, or not of the kind that its name says"),
        N_("copy it again, or save it again under a name with the right ending"),
    ),
    "media-large": _warning(
        N_("«{name}» is too large (over 100 MB, or of too many pixels)"),
        N_("make it smaller; a width of 2000 pixels is enough for a picture"),
    ),
    "alt-missing": _warning(
        N_("{count} pictures have no alternative text, for people who cannot see them: {names}"),
        N_(
            "write what each shows behind «|» in «captions.txt» in the folder of the pictures, or"
            " after «alt:»; in the text between the square brackets of the picture"
        ),
    ),
    "picture-place": _warning(
        N_("{count} pictures tell where they were taken: {names}"),
        N_(
            "readers get them without the place, so nothing has to be done; to keep it from"
            " others who see this folder, switch off the place in the settings of the camera"
        ),
    ),
    "captions-large": _warning(
        N_("the file with captions is larger than 256 KB; the rest was ignored"),
        N_("write one line for each picture"),
    ),
    "captions-unreadable": _warning(
        N_("the file with captions cannot be read"),
        N_("save it as plain text in UTF-8"),
    ),
    "caption-no-picture": _warning(
        N_("there is no picture «{name}» in this folder"),
        N_("correct the name, or copy the picture into the folder"),
    ),
    "caption-twice": _warning(
        N_("«{name}» has a caption already; the last one counts"),
        N_("keep one of the two lines"),
    ),
    "caption-unclear": _warning(
        N_("«{value}» does not begin with the name of a picture and was ignored"),
        N_("write each line as «photo.jpg: caption | alternative text»"),
    ),
    "caption-long": _warning(
        N_("this caption is longer than {limit} characters and was cut"),
        N_("shorten it; a longer text has its place in the news"),
    ),
}


def severity(problem: Problem) -> Severity:
    """Return the severity of a problem."""
    return KINDS[problem.code].severity


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
