"""The command `mail`: what became of letters, and whether one arrives."""

from pathlib import Path

import pytest
from click.testing import Result

from feedsvc.settings import Settings
from feedsvc.telling.mailer import Mailer, Retries
from feedsvc.telling.smtp import Patience
from feedsvc.telling.store import Store
from tests.support.commands import run
from tests.support.mail_server import MailServer, serving
from tests.support.newsroom import Newsroom, SetClock
from tests.support.ports import free_port
from tests.support.telling import BAD, RECIPIENTS, Office, with_mail

PRESS, CHIEF = RECIPIENTS


def mail(folder: Path, port: int, *arguments: str, command: str = "mail") -> Result:
    return run(
        folder,
        command,
        *arguments,
        FEEDSVC_MAIL__HOST="localhost",
        FEEDSVC_MAIL__PORT=str(port),
        FEEDSVC_MAIL__SECURITY="none",
        FEEDSVC_MAIL__SENDER="feed@news.example",
        FEEDSVC_MAIL__RECIPIENTS=" ".join(RECIPIENTS),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir(exist_ok=True)
    return tmp_path


def test_without_mail_it_says_so(folder: Path) -> None:
    done = run(folder, "mail", "--test")
    assert done.stderr == "письма не настроены: смотрите mail.host в настройках\n"
    assert done.exit_code == 2


def test_a_test_letter_is_sent_to_everybody(folder: Path) -> None:
    with serving() as server:
        done = mail(folder, server.port, "--test")
        letters = server.wait(2)
    assert done.stdout == "".join(
        f"{each}: почтовый сервер принял письмо; проверьте, пришло ли оно\n" for each in RECIPIENTS
    )
    assert done.exit_code == 0
    assert [letter.recipient for letter in letters] == list(RECIPIENTS)
    assert letters[0].message["Subject"] == "Проверка писем: News"
    assert "Делать ничего не нужно." in letters[0].text


def test_a_recipient_who_is_refused_is_said_and_the_others_get_it(folder: Path) -> None:
    with serving() as server:
        server.refusals[PRESS] = "550 no such user"
        done = mail(folder, server.port, "--test")
        server.wait(1)
    assert done.stdout.splitlines()[0] == (
        f"{PRESS}: почтовый сервер не принимает письмо: 550 no such user"
    )
    assert done.exit_code == 1


def test_a_server_that_is_not_there_is_one_line_and_exit_status_2(folder: Path) -> None:
    port = free_port()
    done = mail(folder, port, "--test")
    assert done.stderr == f"по адресу localhost, порт {port}, никто не отвечает\n"
    assert (done.exit_code, done.stdout) == (2, "")


def test_without_letters_it_says_so(folder: Path) -> None:
    done = mail(folder, 25)
    assert (done.exit_code, done.stdout) == (0, "Писем ещё не было.\n")


def delivered(office: Office) -> None:
    """Try what is due, once."""
    store = Store(office.settings.instance)
    Mailer(office.settings, Retries(), Patience()).deliver(store)
    store.close()


@pytest.mark.parametrize("answer", ["250 OK", "550 no such user", "away"])
def test_it_shows_what_became_of_letters_and_so_does_status(
    tmp_path: Path, newsroom: Newsroom, set_clock: SetClock, settings: Settings, answer: str
) -> None:
    newsroom.publish({"a.txt": BAD})
    server = MailServer()
    server.start()
    if answer == "away":
        server.stop()
    elif answer != "250 OK":
        server.refusals[CHIEF] = answer
    office = Office(newsroom, set_clock, with_mail(settings, server.port))
    office.step()
    shown = mail(tmp_path, server.port)
    assert shown.exit_code == 0
    assert shown.stdout.count("ждёт новой попытки\n") == 2
    delivered(office)
    shown = mail(tmp_path, server.port)
    status = mail(tmp_path, server.port, command="status").stdout
    line = "1 июля 2026\u202fг. 15:00 chief@news.example: «Не опубликовано: a.txt»: "
    if answer == "250 OK":
        assert shown.stdout.startswith(f"{line}принято почтовым сервером\n")
        assert "feedsvc mail" not in status
    elif answer == "away":
        assert f"{line}ждёт новой попытки (по адресу localhost" in shown.stdout
        assert "Писем ждёт отправки: 2; не доставлено: 0; подробнее: feedsvc mail\n" in status
    else:
        assert f"{line}отвергнуто окончательно (почтовый сервер не прин" in shown.stdout
        assert "Писем ждёт отправки: 0; не доставлено: 1; подробнее: feedsvc mail\n" in status
    assert shown.exit_code == (0 if answer == "250 OK" else 1)
    server.stop()
    office.teller.close()
