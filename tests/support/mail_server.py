"""A real mail server on this machine, which can be made to fail in every way that one does."""

import asyncio
import email
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

HOST = "localhost"
USER = "press"
PASSWORDS = ("secret 1", "пароль 1")
# What the server does with a letter besides an answer that begins with a number.
HANG, DROP, TAKE_AND_DROP = "hang", "drop", "take and drop"


class Received(NamedTuple):
    """A letter that the server has accepted, or would have."""

    recipient: str
    sender: str
    data: bytes
    is_protected: bool

    @property
    def message(self) -> EmailMessage:
        """Return the letter, as a mail program reads it."""
        message = email.message_from_bytes(self.data, policy=default)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        assert not any(value.defects for value in message.values())
        return message

    @property
    def text(self) -> str:
        """Return the text of the letter."""
        return str(self.message.get_content()).replace("\r\n", "\n")

    @property
    def id(self) -> str:
        """Return its Message-ID."""
        return str(self.message["Message-ID"])


class Certificates(NamedTuple):
    """A certificate for this machine, and the file of the authority that issued it."""

    context: ssl.SSLContext
    authority: Path


def certificates(folder: Path, name: str = HOST) -> Certificates:
    """Return a certificate for a name, by an authority of its own."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return Certificates(context, path)


class _Controller(Controller):
    """Runs the server in a thread; leaves nothing open when it is stopped."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._protocols: list[SMTP] = []
        super().__init__(*arguments, **options)

    def factory(self) -> SMTP:
        protocol = SMTP(self.handler, loop=self.loop, **self.SMTP_kwargs)
        self._protocols.append(protocol)
        return protocol

    def cancel_tasks(self, stop_loop: bool = True) -> None:  # noqa: FBT001, FBT002 - as in aiosmtpd
        for protocol in self._protocols:
            _cut(protocol)
        super().cancel_tasks(stop_loop=False)
        if stop_loop:
            # Once what was cancelled and cut has ended.
            self.loop.call_later(0.02, self.loop.stop)

    def end(self) -> None:
        self.stop()
        self.loop.close()


class MailServer:
    """The server. `answers` are to the next letters, then all are accepted.

    `refusals` are the answers to recipients, by address.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        security: str = "none",
        needs_login: bool = False,
    ) -> None:
        self.port = free_port()
        self.letters: list[Received] = []
        self.answers: deque[str] = deque()
        self.refusals: dict[str, str] = {}
        self.connections = 0
        self._context = context
        self._security = security
        self._needs_login = needs_login
        self._controller: _Controller | None = None
        self._news = threading.Condition()

    def start(self) -> None:
        """Come, or come back, on the same port."""
        options: dict[str, Any] = {"server_hostname": HOST, "ident": "mail"}
        if self._security == "starttls":
            options |= {"tls_context": self._context, "require_starttls": True}
        if self._needs_login:
            options |= {
                "authenticator": _authenticate,
                "auth_required": True,
                "auth_require_tls": self._security == "starttls",
            }
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=self._context if self._security == "tls" else None,
            **options,
        )
        self._controller.start()

    def stop(self) -> None:
        """Go away; connections are cut."""
        if self._controller is not None:
            self._controller.end()
            self._controller = None

    def wait(self, count: int, seconds: float = 30) -> list[Received]:
        """Return what was received, once that is at least so many letters."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.letters) >= count, seconds), self.letters
            return list(self.letters)

    async def handle_EHLO(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.popleft() if self.answers else "250 OK"
        if answer in {TAKE_AND_DROP, "250 OK"}:
            assert isinstance(envelope.original_content, bytes)
            letter = Received(
                envelope.rcpt_tos[0],
                envelope.mail_from or "",
                envelope.original_content,
                session.ssl is not None or self._security == "tls",
            )
            with self._news:
                self.letters.append(letter)
                self._news.notify_all()
        if answer == HANG:
            await asyncio.sleep(3600)
        if answer in {DROP, TAKE_AND_DROP}:
            _cut(server)
        return answer


def _cut(protocol: SMTP) -> None:
    """End a connection at once, as a machine that loses its power."""
    transport: Any = protocol.transport
    if transport is not None:
        transport.abort()


def _authenticate(*arguments: Any) -> AuthResult:
    data = arguments[-1]
    assert isinstance(data, LoginPassword)
    is_right = data.login == USER.encode() and data.password.decode() in PASSWORDS
    return AuthResult(success=is_right, handled=False)


@contextmanager
def serving(
    context: ssl.SSLContext | None = None, *, security: str = "none", needs_login: bool = False
) -> Iterator[MailServer]:
    """Run a mail server."""
    server = MailServer(context, security=security, needs_login=needs_login)
    server.start()
    try:
        yield server
    finally:
        server.stop()
