"""Letters: what is untold as a mail message, plain text in the site's language."""

from collections.abc import Iterable, Iterator
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit

from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_
from feedsvc.i18n import Message as Text
from feedsvc.settings import Settings
from feedsvc.telling import wording
from feedsvc.telling.incidents import Incident
from feedsvc.telling.store import Composed, Part, Untold

# How many problems of a file are named, if it is the only one and if it is not.
_ALONE = 20
_AMONG_OTHERS = 5
# How many earlier letters a letter names: one for each file.
_REFERENCES = 20


def domain(settings: Settings) -> str:
    """Return the domain of Message-IDs: that of the site's address, else of its ids."""
    host = urlsplit(settings.base_url).hostname or ""
    if "." in host and not host.replace(".", "").isdigit() and ":" not in host:
        return host
    return settings.authority.partition(",")[0].rpartition("@")[2]


def compose(
    untold: Untold, settings: Settings, message_id: str, earlier: tuple[str, ...], now: int
) -> Composed:
    """Return the letter that tells what is untold.

    `message_id` is the local part of its own Message-ID, `earlier` are those of the letters
    that it follows up; `now` is in microseconds since the epoch.
    """
    subject = _subject(untold, settings)
    message = _message(subject, settings, message_id, now)
    if earlier:
        references = [_bracketed(each, settings) for each in earlier[-_REFERENCES:]]
        message["In-Reply-To"] = references[-1]
        message["References"] = " ".join(references)
    return Composed(subject, _with_text(message, _body(untold, settings)))


def compose_test(settings: Settings, message_id: str, now: int) -> bytes:
    """Return the letter that only shows that letters arrive."""
    title = settings.title
    subject = _text(N_("Test of letters: {title}"), settings, title=title)
    arrived = N_("This is a test. If you read it, letters from «{title}» arrive.")
    lines = [
        _text(arrived, settings, title=title),
        _text(N_("Nothing needs to be done."), settings),
        "",
        *_signature(settings),
    ]
    return _with_text(_message(subject, settings, message_id, now), lines)


def _message(subject: str, settings: Settings, message_id: str, now: int) -> Message:
    """Return a message with all headers but those of its content and its thread."""
    # EmailMessage loses the space between two encoded words of a long header (Python 3.11).
    message = Message(policy=compat32.clone(linesep="\r\n"))
    message["From"] = _named(settings.title, settings.mail.sender)
    message["To"] = ", ".join(settings.mail.recipients)
    message["Subject"] = Header(subject, "utf-8", header_name="Subject").encode()
    moment = from_microseconds(now).astimezone(settings.timezone)
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = _bracketed(message_id, settings)
    # RFC 3834 section 5: so that nobody's absence is answered to the sender.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = settings.language
    return message


def _named(name: str, address: str) -> str:
    """Return an address with the name of who has it (RFC 2047)."""
    shown = wording.printable(name)
    if shown.isascii():
        return formataddr((shown, address))
    return f"{Header(shown, 'utf-8', header_name='From').encode()} <{address}>"


def _with_text(message: Message, lines: Iterable[str]) -> bytes:
    """Return a message with its text, as it is sent: lines end with CRLF and have 76 characters."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    message.set_payload("\n".join(lines) + "\n", charset)
    return message.as_bytes()


def _bracketed(message_id: str, settings: Settings) -> str:
    return f"<{message_id}@{domain(settings)}>"


def _subject(untold: Untold, settings: Settings) -> str:
    kept, mended, remarks = untold
    for part, template in (
        (kept, N_("Needs attention: {count}")),
        (mended, N_("Mended: {count}")),
        (remarks, N_("Remarks on files: {count}")),
    ):
        if part.total == 1:
            return wording.headline(part.named[0], settings)
        if part.total:
            return _text(template, settings, count=part.total)
    raise ValueError("there is nothing to tell")


def _body(untold: Untold, settings: Settings) -> Iterator[str]:
    kept, mended, remarks = untold
    is_alone = kept.total + mended.total + remarks.total == 1
    for part, title in (
        (kept, N_("NEEDS ATTENTION: {count}")),
        (mended, N_("MENDED: {count}")),
        (remarks, N_("REMARKS, WHICH KEEP NOTHING BACK: {count}")),
    ):
        if not part.total:
            continue
        if not is_alone:
            yield _text(title, settings, count=part.total)
            yield ""
        yield from _listed(part, settings, _ALONE if is_alone else _AMONG_OTHERS)
    if any(each.kind == "kept-back" for each in kept.named):
        yield _text(
            N_("Mend the file and save it: it is published by itself, and a letter says so."),
            settings,
        )
        yield ""
    yield from _signature(settings)


def _listed(part: Part, settings: Settings, most: int) -> Iterator[str]:
    for incident in part.named:
        yield from told(incident, settings, most)
        yield ""
    if part.total > len(part.named):
        count = part.total - len(part.named)
        yield _text(N_("… and {count} more, which are not named here."), settings, count=count)
        yield ""


def told(incident: Incident, settings: Settings, most: int) -> Iterator[str]:
    """Yield what is said of one incident: a line, and what belongs to it, further in."""
    yield wording.headline(incident, settings)
    for line in wording.details(incident, settings, most):
        yield f"    {line}"


def _signature(settings: Settings) -> Iterator[str]:
    yield "-- "  # RFC 3676 section 4.3
    yield wording.printable(settings.title)
    yield settings.site
    yield _text(N_("This letter was written by a program; nobody reads answers to it."), settings)


def _text(template: str, settings: Settings, **values: object) -> str:
    return wording.printable(Text(template, values).text(settings.language))
