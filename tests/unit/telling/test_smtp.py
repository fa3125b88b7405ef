"""One connection to a real mail server: what it takes, and what is said if it does not."""

import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.setting_tables import Mail
from feedsvc.telling import smtp
from feedsvc.telling.smtp import (
    Away,
    NotSent,
    Patience,
    Refused,
    RefusedForGood,
    Unconfirmed,
    connected,
)
from tests.support import mail_server
from tests.support.mail_server import certificates, serving
from tests.support.ports import free_port

PATIENCE = Patience(step=5, accepted=5, whole=20)
HASTY = Patience(step=1, accepted=1, whole=20)
LETTER = b"Subject: x\r\n\r\n.\r\n..a\r\nb\r\n"


def mail(port: int, security: str = "none", user: str = "", password: str = "") -> Mail:
    return Mail(
        host=mail_server.HOST,
        port=port,
        security=security,
        sender="feed@news.example",
        recipients=("press@news.example",),
        user=user,
        password=password,
    )


def send(
    settings: Mail, patience: Patience = PATIENCE, recipient: str = "press@news.example"
) -> None:
    with connected(settings, "news.example", patience) as server:
        server.send(recipient, LETTER)


def fault(settings: Mail, kind: type[NotSent] = Away, patience: Patience = PATIENCE) -> str:
    with pytest.raises(kind) as caught:
        send(settings, patience)
    assert type(caught.value) is kind
    return caught.value.message.text().replace(str(settings.port), "PORT")


@contextmanager
def saying(*answers: bytes) -> Iterator[int]:
    """Listen on a port, say one answer to each line that comes, and nothing after the last."""
    ended = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for each in answers:
                connection.sendall(each)
                lines.readline()
            ended.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join(20)


def test_a_letter_arrives_as_it_was_sent() -> None:
    with serving() as server:
        send(mail(server.port))
        (letter,) = server.wait(1)
    assert letter.data == LETTER
    assert (letter.recipient, letter.sender) == ("press@news.example", "feed@news.example")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_connection_with_a_trusted_certificate_is_protected(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    with serving(made.context, security=security) as server:
        send(mail(server.port, security))
        (letter,) = server.wait(1)
    assert letter.is_protected


@pytest.mark.parametrize("password", mail_server.PASSWORDS)
def test_a_password_is_in_the_settings_or_in_a_file(
    password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    path = tmp_path / "secret"
    path.write_text(f"{password}\n", encoding="utf-8")
    with serving(made.context, security="starttls", needs_login=True) as server:
        settings = mail(server.port, "starttls", user=mail_server.USER)
        send(replace(settings, password=password))
        send(replace(settings, password_file=path))
        server.wait(2)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("case", ["unknown authority", "another name"])
def test_a_certificate_that_is_not_trusted_gets_no_letter(
    security: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "other.example" if case == "another name" else mail_server.HOST
    made = certificates(tmp_path, name)
    if case == "another name":
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    with serving(made.context, security=security) as server:
        text = fault(mail(server.port, security))
    assert text.startswith("the certificate of the mail server localhost is not trusted: ")
    assert server.letters == []


@pytest.mark.parametrize("password", ["wrong", "неверный"])
def test_a_wrong_password_is_said_in_the_servers_words(
    password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    with serving(made.context, security="starttls", needs_login=True) as server:
        text = fault(mail(server.port, "starttls", user="press", password=password))
    assert text == (
        "the mail server refuses mail.user or mail.password:"
        " 535 5.7.8 Authentication credentials invalid"
    )


def test_a_server_that_demands_a_login_is_said_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    with serving(made.context, security="starttls", needs_login=True) as server:
        text = fault(mail(server.port, "starttls"))
    assert text == "the mail server refuses the sender: 530 5.7.0 Authentication required"


def test_a_server_without_starttls_gets_neither_password_nor_letter() -> None:
    with serving() as server:
        text = fault(mail(server.port, "starttls", user="press", password="secret"))
    assert text == (
        "the mail server localhost, port PORT, lacks what mail.security or mail.user asks for:"
        " STARTTLS extension not supported by server."
    )


def test_a_server_without_tls_is_said_not_to_speak_it() -> None:
    with serving() as server:
        text = fault(mail(server.port, "tls"))
    assert text == (
        "the mail server localhost, port PORT, does not speak TLS as set in mail.security"
    )


def test_a_password_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with serving() as server:
        settings = replace(mail(server.port, user="press"), password_file=tmp_path / "none")
        text = fault(settings)
    assert text == f"{tmp_path / 'none'}: there is no such file or folder"


def test_a_password_file_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes("пароль".encode("cp1251"))
    with serving() as server:
        text = fault(replace(mail(server.port, user="press"), password_file=path))
    assert text == f"{path}: the password must be saved in UTF-8"


@pytest.mark.parametrize("error", [MemoryError("too much"), ValueError("too much")])
def test_an_answer_that_smtplib_stumbles_over_is_said(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise error

    monkeypatch.setattr(smtplib.SMTP, "ehlo_or_helo_if_needed", stumble)
    with serving() as server:
        text = fault(mail(server.port))
    assert text == "the mail server localhost, port PORT, answers something strange: too much"


def test_a_letter_that_is_refused_before_its_text_is_tried_later() -> None:
    answers = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"451 full\r\n")
    with saying(*answers, b"250 ok\r\n", b"221 bye\r\n") as port:
        text = fault(mail(port), Refused)
    assert text == "the mail server refuses the letter: 451 full"


def test_a_connection_that_is_closed_needs_not_be_cut() -> None:
    smtp._Held([]).cut()  # noqa: SLF001 - what its timer calls


def test_nobody_at_the_port_is_said() -> None:
    assert fault(mail(free_port())) == "nothing listens at localhost, port PORT"


def test_a_name_that_does_not_exist_is_said() -> None:
    settings = replace(mail(25), host="mail.invalid")
    assert fault(settings) == "no mail server of the name mail.invalid is found"


@pytest.mark.parametrize("answers", [(), (b"220 hi\r\n",), (b"220 hi\r\n", b"250 hi\r\n")])
def test_a_server_that_hangs_is_left(answers: tuple[bytes, ...]) -> None:
    with saying(*answers) as port:
        text = fault(mail(port), patience=HASTY)
    assert text == "the mail server localhost, port PORT, does not answer"


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (
            (b"554 go away\r\n",),
            "the mail server refuses: 554 go away",
        ),
        ((b"\xff" * 9000 + b"\r\n",), "the mail server refuses: 500 Line too long."),
        ((b"nonsense\x1b[2J\r\n",), "the mail server refuses: -1 ense?[2J"),
        (
            (b"220 hi\r\n", b"250 hi\r\n", b"421 closing\r\n"),
            "the mail server refuses the sender: 421 closing",
        ),
        (
            (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"421 closing\r\n"),
            "the mail server refuses the letter: 421 closing",
        ),
        (
            (b"220 hi\r\n", b"502 no\r\n", b"504 no\r\n"),
            "the mail server refuses: 504 no",
        ),
    ],
)
def test_what_a_server_says_is_shown_on_one_line(answers: tuple[bytes, ...], text: str) -> None:
    with saying(*answers) as port:
        assert fault(mail(port)) == text


def test_a_server_that_never_ends_its_answer_is_cut_off() -> None:
    # Each line comes within the time for one step.
    patience = Patience(step=5, accepted=5, whole=0.5)
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            while not ended.wait(0.05):
                try:
                    connection.sendall(b"220-and\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        text = fault(mail(listening.getsockname()[1]), patience=patience)
        ended.set()
        thread.join(10)
    assert text == "the mail server localhost, port PORT, does not answer"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 later", Refused),
        ("554 5.7.1 spam", RefusedForGood),
        (mail_server.DROP, Unconfirmed),
        (mail_server.TAKE_AND_DROP, Unconfirmed),
    ],
)
def test_what_becomes_of_a_letter_is_told_apart(answer: str, kind: type[NotSent]) -> None:
    with serving() as server:
        server.answers.append(answer)
        text = fault(mail(server.port), kind)
        send(mail(server.port))
    assert answer in text or kind is Unconfirmed


def test_a_letter_whose_acceptance_does_not_come_is_unconfirmed() -> None:
    with serving() as server:
        server.answers.append(mail_server.HANG)
        text = fault(mail(server.port), Unconfirmed, HASTY)
    assert re.search("did not confirm .* does not answer", text)


@pytest.mark.parametrize(("answer", "kind"), [("450 busy", Refused), ("550 no", RefusedForGood)])
def test_a_recipient_who_is_refused_stops_no_other(answer: str, kind: type[NotSent]) -> None:
    with serving() as server:
        server.refusals["gone@news.example"] = answer
        with connected(mail(server.port), "news.example", PATIENCE) as connection:
            with pytest.raises(kind, match=answer):
                connection.send("gone@news.example", LETTER)
            connection.send("press@news.example", LETTER)
        assert [letter.recipient for letter in server.wait(1)] == ["press@news.example"]


def test_a_server_that_is_stopped_between_two_letters_is_away() -> None:
    with serving() as server, connected(mail(server.port), "news.example", PATIENCE) as connection:
        connection.send("press@news.example", LETTER)
        server.stop()
        with pytest.raises(Away, match="closed the connection"):
            connection.send("press@news.example", LETTER)
