"""The settings: `feedsvc.toml`, overridden by `FEEDSVC_*` variables, validated as a whole.

Each key is a field of `Settings`. Its metadata holds the function that validates the value
and raises `Unusable` with a message for the operator. This is written by hand because every
fault must be listed at once, in the site's language; pydantic-settings, which could do that,
costs each process 20 MB and 140 ms.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
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
# Each is a style of the same pages (pages/theme.py).
THEMES = ("plain", "gazette", "poster")
# So many links stand in the foot of each page.
MAX_NETWORKS = 12
_MAX_NAME = 40
_NETWORK = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!#-;=?-~]*)?")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ().-]{2,28}[0-9]")
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


def _theme(value: object) -> str:
    text = _text(value)
    if text not in THEMES:
        raise Unusable(N_("must be one of: {themes}"), themes=", ".join(THEMES))
    return text


def _telephone(value: object) -> str:
    # Programs that write typographically put other dashes and spaces.
    text = re.sub("[\u2010-\u2015]", "-", _text(value))
    if text and not _TELEPHONE.fullmatch(text):
        raise Unusable(N_("must be a telephone number such as +7 495 123-45-67, or empty"))
    return text


def _networks(value: object) -> tuple[tuple[str, str], ...]:
    table = _table(value)
    found = tuple((_text(name), str(address)) for name, address in table.items())
    if not all(
        0 < len(name) <= _MAX_NAME and _NETWORK.fullmatch(address) for name, address in found
    ):
        raise Unusable(
            N_('must be a table of names and addresses, such as Telegram = "https://t.me/press"')
        )
    if len(found) > MAX_NETWORKS:
        raise Unusable(N_("must not have more than {most} addresses"), most=MAX_NETWORKS)
    return found


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


def _key(value: object) -> str:
    text = _text(value)
    # As many bits as nobody can try: 20 letters and digits have more than 100.
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{20,200}", text):
        raise Unusable(N_("must be 20 or more Latin letters and digits that nobody can guess"))
    return text


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
    """Where the desk of the press office listens, if it is open, and what opens it."""

    host: str = _setting(_host, "127.0.0.1")
    port: int = _setting(partial(_integer, least=0, most=65535), 0)
    key: str = _setting(_key, "")
    base_url: str = _setting(_base_url, "")

    @property
    def site(self) -> str:
        """Return the start of the desk's addresses: scheme, host and port, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"


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
    telephone: str = _setting(_telephone, "")
    address: str = _setting(_text, "")
    networks: tuple[tuple[str, str], ...] = _setting(_networks, MappingProxyType({}))
    permalink: str = _setting(_permalink, "/presscenter/news/detail/<id>.html")
    theme: str = _setting(_theme, "plain")
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


# What entry ids begin with if nobody has chosen it.
NO_AUTHORITY: str = Settings().authority


def validated(key: str, value: object) -> Any:  # noqa: ANN401 - of any setting
    """Return what a value becomes as the setting of this name. Raises Unusable."""
    (setting,) = (each for each in fields(Settings) if each.name == key)
    return setting.metadata["read"](value)


def settings_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return the path of the file that `load` reads, whether or not it exists."""
    environ = os.environ if environ is None else environ
    return Path(environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in the file that `environ` names, or `feedsvc.toml`, and in `environ`.

    Paths are relative to the folder of the settings file. Without a file the defaults
    apply, but a file that `environ` names must exist. Raises SettingsError with every fault.
    """
    environ = os.environ if environ is None else environ
    path = settings_file(environ)
    faults: list[Fault] = []
    table = _read(path, faults, required=bool(environ.get(FILE_VARIABLE)))
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            _override(table, name, text, faults)
    settings: Settings = _build(Settings, table, "", faults)
    folder = path.parent.absolute()
    settings = replace(
        settings,
        **{
            each.name: folder / getattr(settings, each.name)
            for each in fields(Settings)
            if isinstance(getattr(settings, each.name), Path)
        },
    )
    for name, file in sorted(settings.logos().items()):
        if not file.is_file():
            where = f"{Path(name).stem} = {str(file)!r}"
            faults.append(Fault(where, Message(N_("this file does not exist"))))
    if settings.static is not None and not settings.static.is_dir():
        where = f"static = {str(settings.static)!r}"
        faults.append(Fault(where, Message(N_("this folder does not exist"))))
    if faults:
        language = table.get("language")
        raise SettingsError(tuple(faults), language if language in LANGUAGES else "en")
    return settings


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
            faults.append(Fault(f"{name} = {value!r}", error.message))
    return kind(**values)
