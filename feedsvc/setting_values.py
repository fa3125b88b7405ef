"""The values of settings: each function validates one kind, and raises Unusable if it is wrong.

They take what TOML or an environment variable gives, and return what the service works with.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedsvc.i18n import LANGUAGES, N_, Message
from feedsvc.text import clean

# No SVG: neither the RSS specification nor all readers accept it.
LOGOS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
# Each is a style of the same pages (pages/theme.py).
THEMES = ("plain", "gazette", "poster")
# Where Dzen shows entries that do not say it.
DZEN = ("news", "news_only", "blogs_only")
# So many links stand in the foot of each page.
MAX_NETWORKS = 12
_MAX_NAME = 40
_NETWORK = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!#-;=?-~]*)?")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ().-]{2,28}[0-9]")
# How the connection to a mail server is protected, and its usual port then.
MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_MAX_RECIPIENTS = 50
# How records of the log, and lines of the access log, are written; the name of standard output.
LOG_FORMATS = ("text", "json")
ACCESS_FORMATS = ("combined", "json")
STANDARD_OUTPUT = "-"
_MAX_PROXIES = 100
# RFC 5321 section 4.1.2: a dot-string, without the quoted form that nobody has.
_MAILBOX = re.compile(r"(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_PATH = re.compile(r"/(?!/)[!-~]*")
_PERMALINK = re.compile(r"/(?:[A-Za-z0-9/._~-]|<(?:id|year|month|day)>|(?<=/)<folder>(?=/))*")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


class Unusable(ValueError):
    """A setting's value is invalid; the message says what it must be."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.message = Message(template, values)


def plain_text(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable(N_("must be text in quotation marks"))
    return " ".join(clean(value).split())


def required(value: object) -> str:
    text = plain_text(value)
    if not text:
        raise Unusable(N_("must not be empty"))
    return text


def one_of(choices: Collection[str], value: object) -> str:
    """Return a text that is one of the choices."""
    text = plain_text(value)
    if text not in choices:
        raise Unusable(N_("must be one of: {choices}"), choices=", ".join(choices))
    return text


def dzen(value: object) -> str:
    return one_of(DZEN, value) if value != "" else ""


def language(value: object) -> str:
    return one_of(LANGUAGES, value)


def zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(required(value))
    except (KeyError, OSError, ValueError) as error:
        raise Unusable(N_("must be the name of a time zone, such as Europe/Moscow")) from error


def base_url(value: object) -> str:
    text = plain_text(value).rstrip("/")
    if not text:
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc))
        usable = usable and parts.port != 0
    except ValueError:
        usable = False
    if not usable or text != f"{parts.scheme}://{parts.netloc}":
        raise Unusable(N_("must be the site's address with no path, such as https://news.example"))
    return text


def host(value: object) -> str:
    text = required(value)
    # The second form is an IPv6 address, perhaps with an interface.
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?", text):
        raise Unusable(N_("must be a name or an address of this machine, such as 127.0.0.1"))
    return text


def authority(value: object) -> str:
    text = plain_text(value)
    # RFC 4151 section 2.1: a domain name or mail address that one held on that day.
    if not re.fullmatch(r"[a-z0-9._@-]+,\d{4}(-\d{2}(-\d{2})?)?", text):
        raise Unusable(N_("must be your domain and a year you held it, such as news.example,2014"))
    return text


def mail(value: object) -> str:
    text = plain_text(value)
    if text and not re.fullmatch(r"[^\s@<>()]+@[^\s@<>()]+", text):
        raise Unusable(N_("must be an email address, or empty"))
    return text


def theme(value: object) -> str:
    return one_of(THEMES, value)


def telephone(value: object) -> str:
    # Programs that write typographically put other dashes and spaces.
    text = re.sub("[\u2010-\u2015]", "-", plain_text(value))
    if text and not _TELEPHONE.fullmatch(text):
        raise Unusable(N_("must be a telephone number such as +7 495 123-45-67, or empty"))
    return text


def networks(value: object) -> tuple[tuple[str, str], ...]:
    table = mapping(value)
    found = tuple((plain_text(name), str(address)) for name, address in table.items())
    if not all(
        0 < len(name) <= _MAX_NAME and _NETWORK.fullmatch(address) for name, address in found
    ):
        raise Unusable(
            N_('must be a table of names and addresses, such as Telegram = "https://t.me/press"')
        )
    if len(found) > MAX_NETWORKS:
        raise Unusable(N_("must not have more than {most} addresses"), most=MAX_NETWORKS)
    return found


def mailbox(value: object) -> str:
    """Return a mail address as it is sent, with a host name in Cyrillic written in ASCII."""
    local, _, domain = mail(value).rpartition("@")
    if not domain:
        return ""
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _MAILBOX.fullmatch(f"{local}@{domain}"):
        raise Unusable(N_("must be an email address, or empty"))
    return f"{local}@{domain}"


def mailboxes(value: object) -> tuple[str, ...]:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or len(listed) > _MAX_RECIPIENTS:
        raise Unusable(N_('must be a list of email addresses, such as ["press@news.example"]'))
    return tuple(dict.fromkeys(filter(None, map(mailbox, listed))))


def mail_server(value: object) -> str:
    return host(value) if plain_text(value) else ""


def security(value: object) -> str:
    return one_of(MAIL_PORTS, value)


def permalink(value: object) -> str:
    text = plain_text(value)
    usable = _PERMALINK.fullmatch(text) and "//" not in text and text.count("<id>") == 1
    if not usable or any(text.count(each) > 1 for each in re.findall("<[a-z]+>", text)):
        raise Unusable(N_("must be a path that contains <id>, such as /news/<id>.html"))
    return text


def integer(value: object, *, least: int, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Unusable(N_("must be a whole number from {least} to {most}"), least=least, most=most)
    return value


def switch(value: object) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Unusable(N_("must be true or false"))
    return value


def log_form(value: object) -> str:
    return one_of(LOG_FORMATS, value)


def access_form(value: object) -> str:
    return one_of(ACCESS_FORMATS, value)


def access_log(value: object) -> Path | str:
    """Return a file, or `STANDARD_OUTPUT`, or an empty string."""
    text = plain_text(value)
    return Path(text) if text not in ("", STANDARD_OUTPUT) else text


def proxies(value: object) -> tuple[str, ...]:
    """Return networks as addresses with the length of their prefix."""
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    try:
        if not isinstance(listed, list | tuple) or len(listed) > _MAX_PROXIES:
            raise ValueError  # noqa: TRY301 - as what is raised below
        return tuple(str(ip_network(plain_text(each), strict=False)) for each in listed)
    except ValueError as error:
        raise Unusable(
            N_('must be a list of addresses or networks, such as ["127.0.0.1", "10.0.0.0/8"]')
        ) from error


def path(value: object) -> Path:
    return Path(required(value))


def colour(value: object) -> str:
    text = plain_text(value).lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise Unusable(N_("must be a colour such as #0b57a4"))
    return text


def logo(value: object) -> Path | None:
    text = plain_text(value)
    if text and Path(text).suffix.lower() not in LOGOS:
        raise Unusable(N_("must be the name of a picture file ({kinds})"), kinds=", ".join(LOGOS))
    return Path(text) if text else None


def key(value: object) -> str:
    text = plain_text(value)
    # As many bits as nobody can try: 20 letters and digits have more than 100.
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{20,200}", text):
        raise Unusable(N_("must be 20 or more Latin letters and digits that nobody can guess"))
    return text


def folder(value: object) -> Path | None:
    text = plain_text(value)
    return Path(text) if text else None


def patterns(value: object) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(
        isinstance(each, str) and each.startswith("/") for each in listed
    ):
        raise Unusable(
            N_('must be a list of paths with variables, such as ["/:year/:month/:title.html"]')
        )
    return tuple(listed)


def secret(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable(N_("must be text in quotation marks"))
    return value


def texts(value: object, most: int) -> list[str]:
    """Return a list of at most so many texts, which a variable has with spaces between."""
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or len(listed) > most:
        raise Unusable(N_("must be a list of at most {most}"), most=most)
    return [plain_text(each) for each in listed]


def redirects(value: object) -> tuple[tuple[str, str], ...]:
    table = mapping(value)
    for old, new in table.items():
        if not (isinstance(new, str) and old.startswith("/") and _PATH.fullmatch(new)):
            raise Unusable(
                N_('must be a table of paths of this site, such as "/rss.php" = "/feeds/rss.xml"')
            )
        if new in table:
            raise Unusable(N_("must not lead on to another of its own addresses: {path}"), path=new)
    return tuple((old, str(new)) for old, new in table.items())


def mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Unusable(N_("must be a table of settings"))
    return value
