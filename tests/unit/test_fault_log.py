"""The log of faults that last: each is told once, until all is well."""

import logging

import pytest

from feedsvc import fault_log
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import Message

DISK = Message("the disk is full")
OTHER = Message("no mail server of the name {host} is found", {"host": "mail.example"})


def test_a_fault_is_logged_once_in_the_language_of_the_site_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = FaultLog("ru")

    for message in (DISK, OTHER, DISK):
        log.log(message)
    log.clear()
    log.log(DISK, logging.WARNING)

    told = [(record.levelname, record.message) for record in caplog.records]
    assert told == [
        ("ERROR", "на диске нет места"),
        ("ERROR", "почтовый сервер с именем mail.example не найден"),
        ("WARNING", "на диске нет места"),
    ]


def test_faults_that_differ_each_time_are_not_remembered_without_end(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_log, "_REMEMBERED", 2)
    log = FaultLog("en")

    for text in ("a", "b", "b", "c", "c", "b"):
        log.log(Message(text))

    assert [record.message for record in caplog.records] == ["a", "b", "c", "b"]
