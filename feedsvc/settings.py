"""The settings: `feedsvc.toml`, overridden by `FEEDSVC_*` variables, validated as a whole.

Each key is a field of `Settings`. Its metadata holds the function that validates the value
and raises `Unusable` with a message for the operator. This is written by hand because every
fault must be listed at once, in the site's language; pydantic-settings, which could do that,
costs each process 20 MB and 140 ms.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from feedsvc import receiver_values as receivers
from feedsvc import setting_values as values
from feedsvc.errors import Fault, SettingsError
from feedsvc.i18n import LANGUAGES, N_, Message, reason
from feedsvc.setting_tables import (
    Desk,
    Hub,
    IndexNow,
    Log,
    Mail,
    Outgoing,
    Purge,
    Replica,
    Serve,
    missing_file,
    missing_folder,
    setting,
)

PREFIX = "FEEDSVC_"
FILE_VARIABLE = "FEEDSVC_CONFIG"
DEFAULT_FILE = "feedsvc.toml"
# Settings whose values are never shown.
_SECRET = ("password", "key", "secret")


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
    dzen: str

    @property
    def fingerprint(self) -> str:
        """Return a string that differs if any of these settings does."""
        return repr([str(getattr(self, each.name)) for each in fields(self)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; docs/settings.md explains each."""

    title: str = setting(values.required, "News")
    description: str = setting(values.required, "The newest news")
    language: str = setting(values.language, "en")
    timezone: ZoneInfo = setting(values.zone, "UTC")
    base_url: str = setting(values.base_url, "")
    authority: str = setting(values.authority, "localhost,2026")
    author: str = setting(values.required, "Press office")
    contact: str = setting(values.mail, "")
    telephone: str = setting(values.telephone, "")
    address: str = setting(values.plain_text, "")
    networks: tuple[tuple[str, str], ...] = setting(values.networks, MappingProxyType({}))
    permalink: str = setting(values.permalink, "/presscenter/news/detail/<id>.html")
    theme: str = setting(values.theme, "plain")
    colour: str = setting(values.colour, "#0b57a4")
    icon: Path | None = setting(values.logo, "")
    logo: Path | None = setting(values.logo, "")
    logo_square: Path | None = setting(values.logo, "")
    feed_size: int = setting(partial(values.integer, least=1, most=500), 30)
    dzen: str = setting(values.dzen, "")
    entries: Path = setting(values.path, "entries")
    instance: Path = setting(values.path, "instance")
    rescan: int = setting(partial(values.integer, least=1, most=86400), 60)
    thumbnails: int = setting(partial(values.integer, least=0, most=1_000_000), 500)
    old_permalinks: tuple[str, ...] = setting(values.patterns, ())
    static: Path | None = setting(values.folder, "")
    redirects: tuple[tuple[str, str], ...] = setting(values.redirects, MappingProxyType({}))
    serve: Serve = field(default=Serve(), metadata={"table": Serve})
    desk: Desk = field(default=Desk(), metadata={"table": Desk})
    mail: Mail = field(default=Mail(), metadata={"table": Mail})
    problems_folder: Path | None = setting(values.folder, "")
    surrogate_keys: tuple[str, ...] = setting(receivers.headers, ())
    purge: Purge = field(default=Purge(), metadata={"table": Purge})
    outgoing: Outgoing = field(default=Outgoing(), metadata={"table": Outgoing})
    indexnow: IndexNow = field(default=IndexNow(), metadata={"table": IndexNow})
    hub: Hub = field(default=Hub(), metadata={"table": Hub})
    replica: Replica = field(default=Replica(), metadata={"table": Replica})
    log: Log = field(default=Log(), metadata={"table": Log})

    @property
    def site(self) -> str:
        """Return the start of every absolute URL: scheme, host and port, without a path."""
        return self.base_url or f"http://{self.serve.host}:{self.serve.port}"

    @property
    def foreign_hub(self) -> str:
        """Return the address of the hub that has to be told what changed, as it is not ours."""
        is_ours = self.hub.port or self.hub.url.startswith(f"{self.site}/")
        return "" if is_ours else self.hub.url

    @property
    def has_outbox(self) -> bool:
        """Return whether search engines or a hub are to be told what changed."""
        return bool((self.indexnow.key and self.indexnow.endpoints) or self.foreign_hub)

    @property
    def has_purging(self) -> bool:
        """Return whether caches in front are to be told what changed."""
        return bool(self.purge.urls or self.purge.command)

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


_TABLES = tuple(each.name for each in fields(Settings) if "table" in each.metadata)
# What entry ids begin with if nobody has chosen it.
NO_AUTHORITY: str = Settings().authority


def validated(key: str, value: object) -> Any:  # noqa: ANN401 - of any setting
    """Return what a value becomes as the setting of this name. Raises values.Unusable."""
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
    parts = {name: _placed(getattr(settings, name), folder) for name in _TABLES}
    settings = replace(_placed(settings, folder), **parts)
    faults.extend(_contradictions(settings))
    for name, part in parts.items():
        # Of values that are faulty, the defaults stand here.
        if not any(fault.where.startswith(f"{name}.") for fault in faults):
            faults.extend(part.faults())
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
        yield from missing_file(Path(name).stem, file)
    if settings.static is not None:
        yield from missing_folder("static", settings.static, settings.static)
    if settings.problems_folder and _would_be_read(settings.problems_folder, settings.entries):
        text = N_(
            "what lies there is read as news: choose a folder outside of the entries folder, or"
            " one whose name begins with «~»"
        )
        yield Fault(f"problems_folder = {str(settings.problems_folder)!r}", Message(text))
    if settings.indexnow.key and not settings.base_url:
        text = N_("must be set, or search engines would be told addresses that nobody can reach")
        yield Fault("base_url", Message(text))
    if settings.purge.needs_keys and not settings.surrogate_keys:
        text = N_("must name a header, or caches do not know what a key stands for")
        yield Fault("surrogate_keys", Message(text))


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
    built: dict[str, object] = {}
    known = {setting.name: setting for setting in fields(kind)}
    for key, value in table.items():
        name = prefix + key
        if key not in known:
            faults.append(Fault(name, Message(N_("there is no such setting"))))
            continue
        try:
            if "read" in known[key].metadata:
                built[key] = known[key].metadata["read"](value)
            else:
                part = known[key].metadata["table"]
                built[key] = _build(part, values.mapping(value), f"{name}.", faults)
        except values.Unusable as error:
            where = name if key in _SECRET else f"{name} = {value!r}"
            faults.append(Fault(where, error.message))
    return kind(**built)
