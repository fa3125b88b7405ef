"""The command `init`: ask for a few settings, and set up a folder with them."""

import ipaddress
import os
import shlex
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from feedsvc import clock
from feedsvc.cli.init_options import LANGUAGE, QUESTIONS, Question
from feedsvc.cli.new_files import example, settings_text
from feedsvc.dates import from_microseconds
from feedsvc.errors import FeedsvcError, SettingsError
from feedsvc.i18n import LANGUAGES, N_, Message, reason, translations
from feedsvc.setting_values import Unusable
from feedsvc.settings import DEFAULT_FILE, PREFIX, load, settings_file, validated

_ENTRIES = "entries"
_EXAMPLE = {"ru": "primer.md"}
_TITLE = N_("News")
_AUTHOR = N_("Press office")
# Time zones of machines that nobody has told where they are.
_NOWHERE = (
    "",
    "UTC",
    "Etc/UTC",
    "Universal",
    "Etc/Universal",
    "GMT",
    "Etc/GMT",
    "Zulu",
    "Etc/Zulu",
)


class InitFailed(FeedsvcError):
    """The folder cannot be set up; the text says why, in the language of the site."""


def init_site(folder: Path, given: Mapping[str, str | None], *, asks: bool) -> None:
    """Set up a folder, and say what was made and what to do next. Raises InitFailed.

    `given` are the answers that the command line has, by the keys of settings. With `asks` the
    others are asked for, else they have their defaults.
    """
    language = _usual_language()
    file = folder / DEFAULT_FILE
    if os.path.lexists(file):
        text = N_("{file} exists already: this folder is set up, and nothing was changed")
        raise InitFailed(Message(text, {"file": file}).text(language))
    answers = _answers(given, language, asks=asks)
    try:
        made = _write(folder, answers)
    except OSError as error:
        text = N_("{file} cannot be written: {reason}")
        values = {"file": error.filename or folder, "reason": reason(error)}
        raise InitFailed(Message(text, values).text(answers["language"])) from error
    _say(folder, answers, made)


def _answers(given: Mapping[str, str | None], language: str, *, asks: bool) -> dict[str, str]:
    """Return the answers by key, valid. Raises InitFailed with every fault of those given."""
    valid, faults = {}, []
    for question in (LANGUAGE, *QUESTIONS):
        answer = given.get(question.key)
        if answer is not None:
            try:
                valid[question.key] = _valid(question.key, answer)
            except Unusable as error:
                faults.append((question.option, error.message))
    language = valid.get("language", language)
    if faults:
        lines = (f"{option}: {message.text(language)}" for option, message in faults)
        raise InitFailed("\n".join(lines))
    for question in (LANGUAGE, *QUESTIONS):
        if question.key not in valid:
            default = language if question is LANGUAGE else _default(question.key, valid, language)
            valid[question.key] = _ask(question, default, language) if asks else default
            language = valid["language"]
    return valid


def _ask(question: Question, default: str, language: str) -> str:
    """Ask until the answer is valid."""
    _ = translations(language).gettext
    if question.hint:
        click.echo()
        click.echo(_(question.hint))
    while True:
        typed = click.prompt(_(question.text), default=default, show_default=bool(default))
        try:
            return _valid(question.key, typed)
        except Unusable as error:
            click.echo(error.message.text(language), err=True)


def _valid(key: str, answer: str) -> str:
    """Return an answer as it is to be written. Raises Unusable."""
    if key == "authority" and not answer.strip():
        return ""  # it may be chosen later
    return str(validated(key, answer))


def _default(key: str, answers: Mapping[str, str], language: str) -> str:
    _ = translations(language).gettext
    if key == "timezone":
        return _zone(language)
    if key == "authority":
        return _authority(answers["base_url"])
    return {"title": _(_TITLE), "author": _(_AUTHOR)}.get(key, "")


def _authority(base_url: str) -> str:
    """Return the host of an address and this year; nothing if the host is no domain."""
    host = (urlsplit(base_url).hostname or "").removeprefix("www.")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        year = from_microseconds(clock.now()).year
        return f"{host},{year}" if "." in host else ""
    return ""


def _usual_language() -> str:
    """Return the language that is set, else that of whoever sits here."""
    if settings_file().exists() or f"{PREFIX}LANGUAGE" in os.environ:
        try:
            return load().language
        except SettingsError as error:
            return error.language
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    spoken = next(filter(None, names), "")[:2].lower()
    return spoken if spoken in LANGUAGES else "en"


def _zone(language: str) -> str:
    """Return the time zone of this machine, if it was told one."""
    zone = os.environ.get("TZ", "").removeprefix(":")
    if not zone:
        zone = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    if zone in _NOWHERE:
        zone = "Europe/Moscow" if language == "ru" else "UTC"
    try:
        return str(validated("timezone", zone))
    except Unusable:
        return "UTC"


def _write(folder: Path, answers: Mapping[str, str]) -> list[Path]:
    """Write what is not there yet; return what was written. Raises OSError."""
    entries = folder / _ENTRIES
    is_new = not entries.exists()
    entries.mkdir(parents=True, exist_ok=True)
    made = []
    language = answers["language"]
    if is_new or not any(entries.iterdir()):
        now = datetime.fromtimestamp(clock.now() // 1_000_000, ZoneInfo(answers["timezone"]))
        made.append(entries / _EXAMPLE.get(language, "example.md"))
        _create(made[-1], example(now, language))
    made.insert(0, folder / DEFAULT_FILE)
    _create(made[0], settings_text(answers))
    return made


def _create(path: Path, text: str) -> None:
    # Never over what is there, nor through a link.
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(text)


def _say(folder: Path, answers: Mapping[str, str], made: list[Path]) -> None:
    _ = translations(answers["language"]).gettext
    click.echo()
    for path in made:
        click.echo(_("Written: {path}").format(path=path))
    if not answers["base_url"]:
        text = _("base_url is not set yet: write it into {file} before readers come")
        click.echo(text.format(file=made[0]))
    if not answers["authority"]:
        text = _(
            "authority is not set yet: write it into {file} before the first text is out, for ids"
            " cannot be changed later"
        )
        click.echo(text.format(file=made[0]))
    click.echo(_("What to do next:"))
    if folder.absolute() != Path.cwd():
        click.echo(f"  cd {shlex.quote(str(folder))}")
    title = _("Our site is open")
    serves, writes = _("serves the site"), _("writes a file for a text")
    click.echo(f"  feedsvc serve — {serves}")
    click.echo(f'  feedsvc new "{title}" — {writes}')
