"""The mailer: with a server that refuses, fails, hangs, drops and goes away for an hour."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from feedsvc.settings import Settings
from feedsvc.telling.incidents import Incidents
from feedsvc.telling.mailer import Mailer, Retries
from feedsvc.telling.smtp import Patience
from feedsvc.telling.store import Store
from tests.support import mail_server
from tests.support.mail_server import MailServer, serving
from tests.support.newsroom import SECOND, Newsroom, SetClock
from tests.support.telling import BAD, GOOD, HOUR, RECIPIENTS, Office, with_mail
from tests.support.waiting import wait_for

PATIENCE = Patience(step=5, accepted=2, whole=20)
PRESS, CHIEF = RECIPIENTS
DAY = 24 * HOUR


class Post:
    """An office whose letters a mailer delivers to a real server, when it is told to."""

    def __init__(self, office: Office, server: MailServer) -> None:
        self.office = office
        self.server = server
        self.store = Store(office.settings.instance)
        self.mailer = self.new_mailer()

    def new_mailer(self, retries: Retries | None = None) -> Mailer:
        """Return a mailer of another process."""
        settings = self.office.settings
        return Mailer(settings, retries or Retries(first=0, longest=0), PATIENCE)

    def deliver(self) -> None:
        """Try all that is due."""
        self.mailer.deliver(self.store)
        self.office.is_away = self.mailer.is_away

    def received(self) -> list[tuple[str, str]]:
        """Return recipient and subject of each letter that the server has taken."""
        return [(each.recipient, str(each.message["Subject"])) for each in self.server.letters]

    def states(self) -> set[tuple[str, str]]:
        """Return recipient and state of all letters."""
        found = Incidents(self.office.settings.instance).deliveries(99)
        return {(each.recipient, each.state) for each in found}


@pytest.fixture
def post(newsroom: Newsroom, set_clock: SetClock, settings: Settings) -> Iterator[Post]:
    with serving() as server:
        office = Office(newsroom, set_clock, with_mail(settings, server.port))
        newsroom.publish({}, now=office.now)
        office.step()
        made = Post(office, server)
        yield made
        made.store.close()
        office.teller.close()


def test_each_recipient_gets_each_letter_once(post: Post) -> None:
    post.office.put("a.txt", BAD)
    for _ in range(3):
        post.deliver()
    post.office.put("a.txt", GOOD)
    for _ in range(3):
        post.deliver()
    assert sorted(post.received()) == [
        (CHIEF, "Исправлено и опубликовано: a.txt"),
        (CHIEF, "Не опубликовано: a.txt"),
        (PRESS, "Исправлено и опубликовано: a.txt"),
        (PRESS, "Не опубликовано: a.txt"),
    ]
    assert post.server.connections == 2


def test_a_server_that_is_away_for_an_hour_gets_everything_when_it_is_back(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    post.server.stop()
    for minute in range(60):
        post.office.put(f"{minute}.txt", BAD)
        post.deliver()
        post.office.step(59 * SECOND)
    assert {state for _, state in post.states()} == {"waiting"}
    post.server.start()
    for _ in range(3):
        post.deliver()
        post.office.step()
    # One of before, one digest of what came meanwhile.
    assert [each for each in post.received() if each[0] == PRESS] == [
        (PRESS, "Не опубликовано: 0.txt"),
        (PRESS, "Нужно внимание, случаев: 59"),
    ]
    told = [record.getMessage() for record in caplog.records if record.name == "feedsvc"]
    assert told == [
        f"письма ждут отправки: по адресу localhost, порт {post.server.port}, никто не отвечает",
        "письма снова уходят",
    ]


@pytest.mark.parametrize("again", ["451 4.3.0 later", "421 closing"])
def test_what_is_refused_for_now_is_sent_once_it_is_taken(post: Post, again: str) -> None:
    post.office.put("a.txt", BAD)
    post.server.answers.extend([again] * 4)
    for _ in range(5):
        post.deliver()
    assert sorted(recipient for recipient, _ in post.received()) == [CHIEF, PRESS]
    assert post.states() == {(CHIEF, "sent"), (PRESS, "sent")}


@pytest.mark.parametrize("answer", ["550 no such user", "450 mailbox busy"])
def test_a_recipient_who_is_refused_stops_nobody_and_is_named_once(
    post: Post, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    post.server.refusals[CHIEF] = answer
    for name in ("a.txt", "b.txt"):
        post.office.put(name, BAD)
        for _ in range(3):
            post.deliver()
    assert [recipient for recipient, _ in post.received()] == [PRESS, PRESS]
    state = "refused" if answer.startswith("5") else "waiting"
    assert post.states() == {(CHIEF, state), (PRESS, "sent")}
    assert [record.getMessage() for record in caplog.records] == [
        f"письмо для {CHIEF} не доставлено: почтовый сервер не принимает письмо: {answer}"
    ]
    assert not post.mailer.is_away


@pytest.mark.parametrize("answer", [mail_server.DROP, mail_server.HANG])
def test_a_letter_whose_acceptance_is_not_known_is_sent_again(post: Post, answer: str) -> None:
    post.office.put("a.txt", BAD)
    post.server.answers.append(answer)
    for _ in range(3):
        post.deliver()
    assert sorted(recipient for recipient, _ in post.received()) == [CHIEF, PRESS]


def test_a_letter_that_is_taken_without_a_word_comes_again_as_the_same_one_but_later(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.office.put("a.txt", BAD)
    post.mailer = post.new_mailer(Retries(first=0.2, longest=0, doubtful=0.2))
    post.server.answers.extend([mail_server.TAKE_AND_DROP] * 4)
    for _ in range(5):
        post.deliver()
    # Each in a connection of its own, as the server has cut the first.
    assert [recipient for recipient, _ in post.received()] == [CHIEF, PRESS]
    # Nor does another process repeat it at once, nor is anything else held up.
    post.mailer = post.new_mailer(Retries(first=0.2, longest=0, doubtful=0.2))
    post.office.put("b.txt", BAD)
    post.server.answers.clear()
    post.deliver()
    assert [subject for _, subject in post.received()][2:] == ["Не опубликовано: b.txt"] * 2
    wait_for(lambda: post.mailer.deliver(post.store) is None)
    assert sorted(recipient for recipient, _ in post.received()[4:]) == [CHIEF, PRESS]
    assert len({each.id for each in post.server.letters}) == 2
    assert post.states() == {(CHIEF, "sent"), (PRESS, "sent")}
    assert caplog.text.count("не подтвердил") == 1


def test_what_cannot_be_delivered_for_days_is_given_up_and_said(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.server.stop()
    post.office.put("a.txt", BAD)
    post.deliver()
    post.office.step(4 * DAY)
    post.deliver()
    assert {state for _, state in post.states()} == {"waiting"}
    post.office.step(2 * DAY)
    post.deliver()
    assert {state for _, state in post.states()} == {"expired"}
    assert caplog.text.count("больше не отправляется") == 2


def test_who_is_no_recipient_any_more_gets_nothing(post: Post) -> None:
    post.server.stop()
    post.office.put("a.txt", BAD)
    post.deliver()
    settings = post.office.settings
    post.office.settings = replace(settings, mail=replace(settings.mail, recipients=(PRESS,)))
    post.server.start()
    post.mailer = post.new_mailer()
    post.deliver()
    assert [recipient for recipient, _ in post.received()] == [PRESS]
    assert post.states() == {(PRESS, "sent")}


def test_the_text_of_a_letter_is_kept_until_everybody_has_it(post: Post) -> None:
    post.server.refusals[CHIEF] = "450 busy"
    post.office.put("a.txt", BAD)
    post.deliver()
    assert post.store.data(1)
    post.server.refusals.clear()
    post.deliver()
    assert post.store.data(1) == b""


def test_pauses_grow_and_end() -> None:
    retries = Retries()
    pauses = [retries.pause(number) for number in (1, 2, 3, 10, 10_000)]
    pauses += [retries.pause(1, doubts=number) for number in (1, 3, 10, 10_000)]
    expectations = (10, 20, 40, 300, 300, 10, 40, 5120, 12 * 3600)
    for pause, expected in zip(pauses, expectations, strict=True):
        assert 0.8 * expected <= pause <= 1.2 * expected


def test_nothing_is_tried_before_its_time(post: Post) -> None:
    post.mailer = post.new_mailer(Retries(first=50, longest=100))
    assert post.mailer.deliver(post.store) is None
    post.server.refusals[CHIEF] = "450 busy"
    post.office.put("a.txt", BAD)
    assert post.mailer.deliver(post.store) == 0
    pause = post.mailer.deliver(post.store)
    assert pause is not None
    assert 39 < pause <= 60
    post.server.stop()
    post.office.put("b.txt", BAD)
    pause = post.mailer.deliver(post.store)
    assert pause is not None
    assert 39 < pause <= 60
    assert post.mailer.is_away
    post.mailer.deliver(post.store)
    assert post.server.connections == 1


def test_it_works_on_until_it_is_ended(post: Post) -> None:
    thread = threading.Thread(target=post.mailer.work)
    thread.start()
    post.office.put("a.txt", BAD)
    post.mailer.wake()
    post.server.wait(2)
    post.mailer.end()
    thread.join(10)
    assert not thread.is_alive()


def test_a_store_that_cannot_be_written_now_is_tried_again(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    post.office.put("a.txt", BAD)
    waiting = Store.waiting
    faults = [sqlite3.OperationalError("disk I/O error")] * 2

    def failing(store: Store, recipients: tuple[str, ...]) -> object:
        if faults:
            raise faults.pop()
        return waiting(store, recipients)

    monkeypatch.setattr(Store, "waiting", failing)
    thread = threading.Thread(target=post.mailer.work)
    thread.start()
    post.server.wait(2)
    post.mailer.end()
    thread.join(10)
    assert [record.getMessage() for record in caplog.records] == [
        "письма ждут отправки: disk I/O error"
    ]


def test_a_store_that_is_damaged_ends_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = sqlite3.DatabaseError("malformed")
    fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    def failing(*_: object) -> object:
        raise fault

    monkeypatch.setattr(Store, "waiting", failing)
    with pytest.raises(sqlite3.DatabaseError):
        post.mailer.work()


def test_more_letters_than_fit_into_one_connection_are_all_delivered(post: Post) -> None:
    post.server.stop()
    for number in range(25):
        post.office.put(f"{number}.txt", BAD)
        post.office.step(4 * HOUR)
    post.server.start()
    wait_for(lambda: post.mailer.deliver(post.store) is None)
    assert len(post.received()) == 50
    assert post.server.connections == 3
