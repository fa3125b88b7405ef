"""Receivers: who is told which surrogate keys and addresses are to be asked for anew.

That is a cache, by requests of the form that the settings describe, or a command of the
operator's own.
"""

import http.client
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Protocol
from urllib.parse import quote, urlsplit

from feedsvc.i18n import N_, Message, reason
from feedsvc.purging.batch import Batch
from feedsvc.retrying import retry_after
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from feedsvc.surrogate_keys import joined

# In seconds: for each step of a request, and for a command.
TIMEOUT = 10.0
COMMAND_TIMEOUT = 60.0
# How many keys or addresses are in one request: Cloudflare once took 30, Fastly takes 256.
AT_ONCE = 30
Send = Callable[[], None]


class NotTold(Exception):
    """A receiver could not be told; `wait` is how many seconds it asks to be left alone."""

    def __init__(self, message: Message, wait: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.wait = wait


class Receiver(Protocol):
    """Somebody who is told.

    `name` is for the log, `identity` for what is remembered. If it `is_by_path`, surrogate keys
    are of no use to it, so it has to be told of each address.
    """

    name: str
    identity: str
    is_by_path: bool

    def messages(self, batch: Batch) -> list[Send]:
        """Return the functions that tell it of a batch, bit by bit; each may raise NotTold."""


def receivers(settings: Settings) -> list[Receiver]:
    """Return those that the settings name."""
    found: list[Receiver] = [Cache(url, settings) for url in settings.purge.urls]
    return [*found, Command(settings.purge.command)] if settings.purge.command else found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none: a redirected PURGE would become a GET."""


class Cache:
    """A cache that is told by requests."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url, self._purge, self._site = url, settings.purge, settings.site
        parts = urlsplit(url)
        self.name = f"{parts.scheme}://{parts.netloc.partition('{')[0]}"
        self.identity = blake2b(url.encode(), digest_size=8).hexdigest()
        form = url + settings.purge.body
        self.is_by_path = "{path}" in form or "{addresses}" in form
        self._is_one_each = "{path}" in url or "{key}" in form
        self._opener = urllib.request.build_opener(_NoRedirect)

    def messages(self, batch: Batch) -> list[Send]:
        """Return the functions that tell it of a batch, bit by bit; each may raise NotTold."""
        told = batch.paths if self.is_by_path else batch.keys
        step = 1 if self._is_one_each else AT_ONCE
        parts = [told[start : start + step] for start in range(0, len(told), step)]
        return [lambda part=part: self._send(part) for part in parts]  # type: ignore[misc]

    def _send(self, told: Sequence[str]) -> None:
        request = self._request(told)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                response.read(1)
        except urllib.error.HTTPError as error:
            with error:
                text = N_("the answer was {status}")
                wait = retry_after(error.headers.get("Retry-After", ""))
                raise NotTold(Message(text, {"status": error.code}), wait) from error
        except urllib.error.URLError as error:
            cause = error.reason
            fault = reason(cause) if isinstance(cause, OSError) and cause.errno else cause
            raise NotTold(Message("{fault}", {"fault": fault})) from error
        except (OSError, http.client.HTTPException) as error:
            fault = str(error) or type(error).__name__
            raise NotTold(Message("{fault}", {"fault": fault})) from error

    def _request(self, told: Sequence[str]) -> urllib.request.Request:
        purge, first = self._purge, told[0]
        url = self._url.replace("{path}", first).replace("{key}", quote(first, safe=""))
        headers = {"User-Agent": "feedsvc"}
        if not self.is_by_path:
            headers[purge.header] = joined(purge.header, tuple(told))
        if purge.secret_header:
            headers[purge.secret_header] = _secret(purge)
        body = None
        if purge.body:
            headers["Content-Type"] = "application/json"
            text = purge.body.replace("{keys}", json.dumps(told))
            text = text.replace("{key}", json.dumps(first))
            addresses = json.dumps([self._site + each for each in told])
            body = text.replace("{addresses}", addresses).encode()
        return urllib.request.Request(url, body, headers, method=purge.method)  # noqa: S310 - ours


class Command:
    """A command that gets keys and addresses on its standard input, one a line."""

    name = identity = "command"
    is_by_path = False

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command

    def messages(self, batch: Batch) -> list[Send]:
        """Return the functions that tell it of a batch; each may raise NotTold."""
        return [lambda: self._run("".join(f"{each}\n" for each in (*batch.keys, *batch.paths)))]

    def _run(self, lines: str) -> None:
        try:
            subprocess.run(self._command, input=lines.encode(), check=True, timeout=COMMAND_TIMEOUT)
        except subprocess.CalledProcessError as error:
            text = N_("the command ended with {status}")
            raise NotTold(Message(text, {"status": error.returncode})) from error
        except subprocess.TimeoutExpired as error:
            text = N_("the command took longer than {seconds} seconds")
            raise NotTold(Message(text, {"seconds": round(COMMAND_TIMEOUT)})) from error
        except OSError as error:
            raise NotTold(reason(error)) from error


def _secret(purge: Purge) -> str:
    """Return the secret, from its file each time, as it may be replaced. Raises NotTold."""
    lines = [purge.secret]
    if purge.secret_file is not None:
        try:
            lines = purge.secret_file.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            text = N_("{file} cannot be read")
            raise NotTold(Message(text, {"file": purge.secret_file})) from error
    secret = lines[0].strip() if lines else ""
    if not (secret.isascii() and secret.isprintable()):
        # What http.client raises then would show it.
        raise NotTold(Message(N_("the secret has characters that no header can have")))
    return secret
