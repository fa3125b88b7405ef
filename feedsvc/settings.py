"""The settings: `feedsvc.toml`, overridden by `FEEDSVC_*` variables, validated as a whole.

Each key is a field of `Settings`. Its metadata holds the function that validates the value
and raises `Unusable` with a message for the operator. This is written by hand because every
fault must be listed at once, in the site's language; pydantic-settings, which could do that,
costs each process 20 MB and 140 ms.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedsvc.errors import Fault, SettingsError
from feedsvc.i18n import LANGUAGES, N_, Message, reason
from feedsvc.text import clean

PREFIX = "FEEDSVC_"
FILE_VARIABLE = "FEEDSVC_CONFIG"
DEFAULT_FILE = "feedsvc.toml"
# No SVG: neither the RSS specification nor all readers accept it.
LOGOS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
# How the connection to a mail server is protected, and its usual port then.
MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_MAX_RECIPIENTS = 50
# RFC 5321 section 4.1.2: a dot-string, without the quoted form that nobody has.
_MAILBOX = re.compile(r"(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
# Settings whose values are never shown.
_SECRET = ("password", "key")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PATH = re.compile(r"/(?!/)[!-~]*")
_PERMALINK = re.compile(r"/(?:[A-Za-z0-9/._~-]|<(?:id|year|month|day)>|(?<=/)<folder>(?=/))*")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


class Unusable(ValueError):
    """A setting's value is invalid; the message says what it must be."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.message = Message(template, values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable(N_("must be text in quotation marks"))
    return " ".join(clean(value).split())


def _required(value: object) -> str:
    text = _text(value)
    if not text:
        raise Unusable(N_("must not be empty"))
    return text


def _language(value: object) -> str:
    text = _text(value)
    if text not in LANGUAGES:
        raise Unusable(N_("must be one of: {languages}"), languages=", ".join(LANGUAGES))
    return text


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(_required(value))
    except (KeyError, OSError, ValueError) as error:
        raise Unusable(N_("must be the name of a time zone, such as Europe/Moscow")) from error


def _base_url(value: object) -> str:
    text = _text(value).rstrip("/")
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


def _host(value: object) -> str:
    text = _required(value)
    # The second form is an IPv6 address, perhaps with an interface.
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?", text):
        raise Unusable(N_("must be a name or an address of this machine, such as 127.0.0.1"))
    return text


def _authority(value: object) -> str:
    text = _text(value)
    # RFC 4151 section 2.1: a domain name or mail address that one held on that day.
    if not re.fullmatch(r"[a-z0-9._@-]+,\d{4}(-\d{2}(-\d{2})?)?", text):
        raise Unusable(N_("must be your domain and a year you held it, such as news.example,2014"))
    return text


def _mail(value: object) -> str:
    text = _text(value)
    if text and not re.fullmatch(r"[^\s@<>()]+@[^\s@<>()]+", text):
        raise Unusable(N_("must be an email address, or empty"))
    return text


def _mailbox(value: object) -> str:
    """Return a mail address as it is sent, with a host name in Cyrillic written in ASCII."""
    local, _, domain = _mail(value).rpartition("@")
    if not domain:
        return ""
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _MAILBOX.fullmatch(f"{local}@{domain}"):
        raise Unusable(N_("must be an email address, or empty"))
    return f"{local}@{domain}"


def _mailboxes(value: object) -> tuple[str, ...]:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or len(listed) > _MAX_RECIPIENTS:
        raise Unusable(N_('must be a list of email addresses, such as ["press@news.example"]'))
    return tuple(dict.fromkeys(filter(None, map(_mailbox, listed))))


def _mail_server(value: object) -> str:
    return _host(value) if _text(value) else ""


def _security(value: object) -> str:
    text = _text(value)
    if text not in MAIL_PORTS:
        raise Unusable(N_("must be one of: {choices}"), choices=", ".join(MAIL_PORTS))
    return text


def _permalink(value: object) -> str:
    text = _text(value)
    usable = _PERMALINK.fullmatch(text) and "//" not in text and text.count("<id>") == 1
    if not usable or any(text.count(each) > 1 for each in re.findall("<[a-z]+>", text)):
        raise Unusable(N_("must be a path that contains <id>, such as /news/<id>.html"))
    return text


def _integer(value: object, *, least: int, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Unusable(N_("must be a whole number from {least} to {most}"), least=least, most=most)
    return value


def _path(value: object) -> Path:
    return Path(_required(value))


def _colour(value: object) -> str:
    text = _text(value).lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise Unusable(N_("must be a colour such as #0b57a4"))
    return text


def _logo(value: object) -> Path | None:
    text = _text(value)
    if text and Path(text).suffix.lower() not in LOGOS:
        raise Unusable(N_("must be the name of a picture file ({kinds})"), kinds=", ".join(LOGOS))
    return Path(text) if text else None


def _folder(value: object) -> Path | None:
    text = _text(value)
    return Path(text) if text else None


def _patterns(value: object) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(
        isinstance(each, str) and each.startswith("/") for each in listed
    ):
        raise Unusable(
            N_('must be a list of paths with variables, such as ["/:year/:month/:title.html"]')
        )
    return tuple(listed)


def _secret(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable(N_("must be text in quotation marks"))
    return value


def _redirects(value: object) -> tuple[tuple[str, str], ...]:
    table = _table(value)
    for old, new in table.items():
        if not (isinstance(new, str) and old.startswith("/") and _PATH.fullmatch(new)):
            raise Unusable(
                N_('must be a table of paths of this site, such as "/rss.php" = "/feeds/rss.xml"')
            )
        if new in table:
            raise Unusable(N_("must not lead on to another of its own addresses: {path}"), path=new)
    return tuple((old, str(new)) for old, new in table.items())


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Unusable(N_("must be a table of settings"))
    return value


def _setting(read: Callable[[object], Any], default: object) -> Any:  # noqa: ANN401 - a field
    return field(default=read(default), metadata={"read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """Where `feedsvc serve` listens, and with how many workers."""

    host: str = _setting(_host, "127.0.0.1")
    port: int = _setting(partial(_integer, least=1, most=65535), 8000)
    workers: int = _setting(partial(_integer, least=0, most=256), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the press office's own page is served; `port` 0 means that it is off."""

    host: str = _setting(_host, "127.0.0.1")
    port: int = _setting(partial(_integer, least=0, most=65535), 0)
    key: str = _setting(_text, "")
    base_url: str = _setting(_base_url, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The server through which letters about problems are sent; without `host` there are none.

    `port` 0 means the usual one, `security` is a key of `MAIL_PORTS`.
    """

    host: str = _setting(_mail_server, "")
    port: int = _setting(partial(_integer, least=0, most=65535), 0)
    security: str = _setting(_security, "starttls")
    user: str = _setting(_text, "")
    password: str = _setting(_secret, "")
    password_file: Path | None = _setting(_folder, "")
    sender: str = _setting(_mailbox, "")
    recipients: tuple[str, ...] = _setting(_mailboxes, ())

    def faults(self) -> Iterator[Fault]:
        """Yield what contradicts itself, or is missing, if letters are to be sent."""
        if not self.host:
            return
        for name in ("sender", "recipients"):
            if not getattr(self, name):
                text = N_("must not be empty if mail.host is set")
                yield Fault(f"mail.{name}", Message(text))
        if bool(self.user) != bool(self.password or self.password_file):
            text = N_("mail.user and mail.password need each other")
            yield Fault("mail.user", Message(text))
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            text = N_("the password would be sent unprotected; use starttls or tls")
            yield Fault("mail.security = 'none'", Message(text))
        if self.password_file is not None and not self.password_file.is_file():
            where = f"mail.password_file = {str(self.password_file)!r}"
            yield Fault(where, Message(N_("this file does not exist")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseSettings:
    """The settings that parsing depends on, and the only ones that parsers receive.

    So a setting that changes what is stored of an entry cannot be missing here, nor in
    `fingerprint`.
    """

    timezone: ZoneInfo
    permalink: str
    authority: str
    language: str
    static: Path | None
    old_permalinks: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Return a string that differs if any of these settings does."""
        return repr([str(getattr(self, each.name)) for each in fields(self)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; docs/settings.md explains each."""

    title: str = _setting(_required, "News")
    description: str = _setting(_required, "The newest news")
    language: str = _setting(_language, "en")
    timezone: ZoneInfo = _setting(_zone, "UTC")
    base_url: str = _setting(_base_url, "")
    authority: str = _setting(_authority, "localhost,2026")
    author: str = _setting(_required, "Press office")
    contact: str = _setting(_mail, "")
    permalink: str = _setting(_permalink, "/presscenter/news/detail/<id>.html")
    colour: str = _setting(_colour, "#0b57a4")
    icon: Path | None = _setting(_logo, "")
    logo: Path | None = _setting(_logo, "")
    logo_square: Path | None = _setting(_logo, "")
    feed_size: int = _setting(partial(_integer, least=1, most=500), 30)
    entries: Path = _setting(_path, "entries")
    instance: Path = _setting(_path, "instance")
    rescan: int = _setting(partial(_integer, least=1, most=86400), 60)
    thumbnails: int = _setting(partial(_integer, least=0, most=1_000_000), 500)
    old_permalinks: tuple[str, ...] = _setting(_patterns, ())
    static: Path | None = _setting(_folder, "")
    redirects: tuple[tuple[str, str], ...] = _setting(_redirects, MappingProxyType({}))
    serve: Serve = field(default=Serve(), metadata={"table": Serve})
    desk: Desk = field(default=Desk(), metadata={"table": Desk})
    mail: Mail = field(default=Mail(), metadata={"table": Mail})
    problems_folder: Path | None = _setting(_folder, "")

    @property
    def site(self) -> str:
        """Return the start of every absolute URL: scheme, host and port, without a path."""
        return self.base_url or f"http://{self.serve.host}:{self.serve.port}"

    @property
    def parsing(self) -> ParseSettings:
        """Return the settings that parsing depends on."""
        return ParseSettings(
            **{each.name: getattr(self, each.name) for each in fields(ParseSettings)}
        )

    def logo_file(self, name: str) -> Path | None:
        """Return the file of the site's `icon`, `logo` or `logo_square`, if it has one."""
        file: Path | None = getattr(self, name)
        return file

    def logos(self) -> dict[str, Path]:
        """Return the picture files of the site itself, by the names under which they are served."""
        files = {name: self.logo_file(name) for name in ("icon", "logo", "logo_square")}
        return {f"{name}{file.suffix.lower()}": file for name, file in files.items() if file}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in the file that `environ` names, or `feedsvc.toml`, and in `environ`.

    Paths are relative to the folder of the settings file. Without a file the defaults
    apply, but a file that `environ` names must exist. Raises SettingsError with every fault.
    """
    environ = os.environ if environ is None else environ
    path = Path(environ.get(FILE_VARIABLE) or DEFAULT_FILE)
    faults: list[Fault] = []
    table = _read(path, faults, required=bool(environ.get(FILE_VARIABLE)))
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            _override(table, name, text, faults)
    settings: Settings = _build(Settings, table, "", faults)
    folder = path.parent.absolute()
    settings = replace(_placed(settings, folder), mail=_placed(settings.mail, folder))
    faults.extend(_contradictions(settings))
    # Of values that are faulty, the defaults stand here.
    if not any(fault.where.startswith("mail.") for fault in faults):
        faults.extend(settings.mail.faults())
    if faults:
        language = table.get("language")
        raise SettingsError(tuple(faults), language if language in LANGUAGES else "en")
    return settings


def _placed(part: Any, folder: Path) -> Any:  # noqa: ANN401 - any part of the settings
    """Return settings whose paths begin at a folder."""
    paths = {
        each.name: folder / getattr(part, each.name)
        for each in fields(part)
        if isinstance(getattr(part, each.name), Path)
    }
    return replace(part, **paths)


def _contradictions(settings: Settings) -> Iterator[Fault]:
    """Yield what is wrong with settings that are valid one by one."""
    for name, file in sorted(settings.logos().items()):
        if not file.is_file():
            where = f"{Path(name).stem} = {str(file)!r}"
            yield Fault(where, Message(N_("this file does not exist")))
    if settings.static is not None and not settings.static.is_dir():
        where = f"static = {str(settings.static)!r}"
        yield Fault(where, Message(N_("this folder does not exist")))
    if settings.problems_folder and _would_be_read(settings.problems_folder, settings.entries):
        text = N_(
            "what lies there is read as news: choose a folder outside of the entries folder, or"
            " one whose name begins with «~»"
        )
        yield Fault(f"problems_folder = {str(settings.problems_folder)!r}", Message(text))


def _would_be_read(folder: Path, entries: Path) -> bool:
    """Return whether a file in a folder is taken for an entry."""
    try:
        parts = folder.resolve().relative_to(entries.resolve()).parts
    except ValueError:
        return False
    return not any(part.startswith(("~", ".")) for part in parts)


def _read(path: Path, faults: list[Fault], *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if required:
            faults.append(Fault(str(path), Message(N_("this settings file does not exist"))))
    except OSError as error:
        text = Message(N_("cannot be read: {reason}"), {"reason": reason(error)})
        faults.append(Fault(str(path), text))
    except ValueError as error:
        text = Message(N_("is not valid TOML: {fault}"), {"fault": error})
        faults.append(Fault(str(path), text))
    return {}


def _override(table: dict[str, Any], name: str, text: str, faults: list[Fault]) -> None:
    *parents, key = name.removeprefix(PREFIX).lower().split("__")
    for parent in parents:
        inner = table.setdefault(parent, {})
        if not isinstance(inner, dict):
            faults.append(Fault(name, Message(N_("there is no such setting"))))
            return
        table = inner
    table[key] = text


def _build(kind: type, table: Mapping[str, object], prefix: str, faults: list[Fault]) -> Any:  # noqa: ANN401
    values: dict[str, object] = {}
    known = {setting.name: setting for setting in fields(kind)}
    for key, value in table.items():
        name = prefix + key
        if key not in known:
            faults.append(Fault(name, Message(N_("there is no such setting"))))
            continue
        try:
            if "read" in known[key].metadata:
                values[key] = known[key].metadata["read"](value)
            else:
                part = known[key].metadata["table"]
                values[key] = _build(part, _table(value), f"{name}.", faults)
        except Unusable as error:
            where = name if key in _SECRET else f"{name} = {value!r}"
            faults.append(Fault(where, error.message))
    return kind(**values)
