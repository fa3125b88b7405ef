"""SMTP (RFC 5321): hands one letter to the mail server, and says in plain words what happened.

smtplib speaks it. What is added: an attempt has a time limit as a whole, a certificate is always
checked, nothing goes out unprotected that was to be protected, and it is known whether a letter
was certainly not accepted, or only perhaps.
"""

import re
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedsvc.i18n import N_, Message, reason
from feedsvc.problems import printable
from feedsvc.setting_tables import Mail
from feedsvc.setting_values import MAIL_PORTS

# In characters: what is shown of a server's answer.
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    `step` for each answer, `accepted` for the one after a letter's end, `whole` for everything.
    The second is long since a server that looks for viruses may be slow, and a letter whose
    acceptance is not waited for is sent again (RFC 5321 section 4.5.3.2.6).
    """

    step: float = 20.0
    accepted: float = 120.0
    whole: float = 300.0


class NotSent(Exception):
    """A letter was not sent; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


class Away(NotSent):
    """The server cannot be used by anybody now; later it may."""


class Refused(NotSent):
    """The server does not take this letter for this recipient now; later it may."""


class RefusedForGood(NotSent):
    """The server never takes this letter for this recipient."""


class Unconfirmed(NotSent):
    """The letter was handed over, but whether it was accepted is not known."""


class Server:
    """An open connection to the mail server."""

    def __init__(self, connection: smtplib.SMTP, mail: Mail, patience: Patience) -> None:
        self._connection = connection
        self._mail = mail
        self._patience = patience

    def send(self, recipient: str, data: bytes) -> None:
        """Hand over a letter for one recipient. Raises NotSent, in one of its kinds."""
        connection = self._connection
        with _faults(self._mail):
            code, answer = connection.mail(self._mail.sender)
            if code != 250:
                raise Away(_said(N_("the mail server refuses the sender: {answer}"), code, answer))
            code, answer = connection.rcpt(recipient)
            if code not in (250, 251, 252):
                raise self._refusal(code, answer)
            code, answer = connection.docmd("DATA")
            if code != 354:
                raise self._refusal(code, answer)
            # RFC 5321 section 4.5.2: a line that begins with a full stop gets another one.
            connection.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
        try:
            _require(connection).settimeout(self._patience.accepted)
            code, answer = connection.getreply()
            _require(connection).settimeout(self._patience.step)
        except (OSError, smtplib.SMTPException, MemoryError) as error:
            text = N_("the mail server did not confirm that it took the letter: {fault}")
            raise Unconfirmed(Message(text, {"fault": _fault(error, self._mail)})) from error
        if code != 250:
            raise self._refusal(code, answer)

    def _refusal(self, code: int, answer: bytes) -> NotSent:
        """Return what a refusal means. Leaves the connection ready for the next letter."""
        text = N_("the mail server refuses the letter: {answer}")
        if code == 421:  # RFC 5321 section 3.8: it closes the connection
            return Away(_said(text, code, answer))
        with suppress(OSError, smtplib.SMTPException):
            self._connection.rset()
        return (RefusedForGood if 500 <= code < 600 else Refused)(_said(text, code, answer))


@contextmanager
def connected(mail: Mail, name: str, patience: Patience) -> Iterator[Server]:
    """Connect to the mail server and log in, as `name`; disconnect at the end. Raises Away."""
    # A server that says one byte now and then is within the time of each step.
    held: list[_Held] = []
    watchdog = threading.Timer(patience.whole, _cut, [held])
    watchdog.daemon = True
    watchdog.start()
    try:
        with _faults(mail):
            connection = _greeted(mail, name, patience, held)
            _log_in(connection, mail)
        yield Server(connection, mail, patience)
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
    finally:
        watchdog.cancel()
        for each in held:
            each.close()


class _Held(smtplib.SMTP):
    """A connection that is known to others before it has been greeted, and that they may cut."""

    def __init__(self, held: "list[_Held]", *where: Any, **more: Any) -> None:  # noqa: ANN401
        held.append(self)
        self._is_cut = False
        super().__init__(*where, **more)

    def cut(self) -> None:
        """End the connection, from another thread: the server has had its time."""
        self._is_cut = True
        with suppress(OSError, smtplib.SMTPException):
            _require(self).shutdown(socket.SHUT_RDWR)

    def getreply(self) -> tuple[int, bytes]:
        """Return what the server answers. Raises TimeoutError, too, if the connection was cut."""
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if self._is_cut:
                raise TimeoutError from error
            raise


class _HeldTls(_Held, smtplib.SMTP_SSL):
    """The same, protected from the start."""


def _greeted(mail: Mail, name: str, patience: Patience, held: list[_Held]) -> smtplib.SMTP:
    # smtplib's default asks the name service for its own name, which may take minutes.
    where = (mail.host, mail.port or MAIL_PORTS[mail.security], name)
    if mail.security == "tls":
        context = ssl.create_default_context()
        return _HeldTls(held, *where, timeout=patience.step, context=context)
    return _Held(held, *where, timeout=patience.step)


def _log_in(connection: smtplib.SMTP, mail: Mail) -> None:
    if mail.security == "starttls":
        connection.starttls(context=ssl.create_default_context())
    connection.ehlo_or_helo_if_needed()
    if mail.user:
        password = mail.password
        if mail.password_file is not None:
            password = _read(mail.password_file)
        if (mail.user + password).isascii():
            connection.login(mail.user, password)
        else:
            _log_in_plain(connection, mail.user, password)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        line = file.readline(1000)
    try:
        return line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        text = N_("{file}: the password must be saved in UTF-8")
        raise Away(Message(text, {"file": path})) from error


def _log_in_plain(connection: smtplib.SMTP, user: str, password: str) -> None:
    """Log in with what is not ASCII (RFC 4616), which smtplib cannot send."""
    response = b64encode(f"\0{user}\0{password}".encode()).decode()
    code, answer = connection.docmd("AUTH", f"PLAIN {response}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _cut(held: list[_Held]) -> None:
    for connection in held:
        connection.cut()


def _require(connection: smtplib.SMTP) -> socket.socket:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    return connection.sock


@contextmanager
def _faults(mail: Mail) -> Iterator[None]:
    """Raise Away for whatever is wrong with a connection before a letter's end."""
    try:
        yield
    except (OSError, smtplib.SMTPException, ValueError, MemoryError) as error:
        raise Away(_fault(error, mail)) from error


_STRANGE = N_("the mail server {host}, port {port}, answers something strange: {fault}")
# What went wrong, and what to do, in plain words: the first kind that an error is one of.
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        N_("the mail server refuses mail.user or mail.password: {answer}"),
    ),
    (
        smtplib.SMTPNotSupportedError,
        N_(
            "the mail server {host}, port {port}, lacks what mail.security or mail.user asks for:"
            " {fault}"
        ),
    ),
    (smtplib.SMTPResponseException, N_("the mail server refuses: {answer}")),
    (
        smtplib.SMTPServerDisconnected,
        N_("the mail server {host}, port {port}, closed the connection"),
    ),
    (ConnectionResetError, N_("the mail server {host}, port {port}, closed the connection")),
    (
        ssl.SSLCertVerificationError,
        N_(
            "the certificate of the mail server {host} is not trusted: {fault}; if it is your own,"
            " name its authority's file in the variable SSL_CERT_FILE"
        ),
    ),
    (
        ssl.SSLError,
        N_("the mail server {host}, port {port}, does not speak TLS as set in mail.security"),
    ),
    (TimeoutError, N_("the mail server {host}, port {port}, does not answer")),
    (ConnectionRefusedError, N_("nothing listens at {host}, port {port}")),
    (socket.gaierror, N_("no mail server of the name {host} is found")),
    (smtplib.SMTPException, _STRANGE),
    (OSError, "{file}: {reason}"),
    (Exception, _STRANGE),
)


def _fault(error: Exception, mail: Mail) -> Message:
    """Return what went wrong, and what to do, in plain words."""
    if isinstance(error.__context__, TimeoutError):  # smtplib says that the connection is closed
        error = error.__context__
    template = next(text for kind, text in _FAULTS if isinstance(error, kind))
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(template, error.smtp_code, error.smtp_error)
    port = mail.port or MAIL_PORTS[mail.security]
    values: dict[str, object] = {"host": mail.host, "port": port}
    values["fault"] = printable(getattr(error, "verify_message", "") or str(error))[:_SHOWN]
    if isinstance(error, OSError):
        values["file"] = error.filename or f"{mail.host}:{port}"
        values["reason"] = reason(error)
    return Message(template, values)


def _said(template: str, code: int, answer: bytes | str) -> Message:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    shown = printable(" ".join(text[: 2 * _SHOWN].split()))[:_SHOWN]
    return Message(template, {"answer": f"{code} {shown}"})
