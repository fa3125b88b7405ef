"""The teller: what is told, once, and when; what a restart or a deleted folder changes."""

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from feedsvc.storage.sqlite import Schema
from feedsvc.telling import recording
from feedsvc.telling import store as stores
from feedsvc.telling.incidents import FILE, SCHEMA, Incidents
from feedsvc.telling.rhythm import Timing
from feedsvc.telling.store import Replaced, Store
from tests.support.newsroom import SECOND, Newsroom, SetClock, item
from tests.support.telling import BAD, GOOD, HOUR, Office, letters, text, with_mail

DAY = 24 * HOUR
WARNED = item(titel="x")


def test_a_file_that_is_kept_back_is_told_once_and_so_is_that_it_is_mended(
    office: Office,
) -> None:
    office.put("a.txt", BAD)
    for _ in range(3):
        office.step()
    office.put("a.txt", GOOD)
    for _ in range(3):
        office.step()
    assert office.subjects() == [
        "Не опубликовано: a.txt",
        "Исправлено и опубликовано: a.txt",
    ]
    assert office.woken == 2


def test_the_letters_about_one_file_are_a_thread(office: Office) -> None:
    office.put("a.txt", BAD)
    office.put("a.txt", BAD.replace("завтра".encode(), b"40.40.2026"))
    office.put("a.txt", GOOD)
    first, second, third = letters(office.settings)
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert len({each["Message-ID"] for each in (first, second, third)}) == 3


def test_what_is_wrong_in_the_same_way_after_a_save_is_not_told_again(office: Office) -> None:
    office.put("a.txt", BAD)
    office.put("a.txt", BAD + " Ещё слово.".encode())
    assert office.subjects() == ["Не опубликовано: a.txt"]


def test_a_remark_that_is_added_to_an_error_is_recorded_but_not_told(office: Office) -> None:
    bad = item(date="never")
    office.put("a.md", bad)
    office.put("a.md", item(date="never", titel="x"))
    assert len(letters(office.settings)) == 1
    (incident,) = Incidents(office.settings.instance).recent(9)
    assert [each.code for each in incident.problems] == ["bad-date", "unknown-key-near"]


def test_many_files_at_once_are_one_letter(office: Office) -> None:
    office.newsroom.publish({f"{number}.txt": BAD for number in range(10)})
    office.step()
    (letter,) = letters(office.settings)
    assert letter["Subject"] == "Нужно внимание, случаев: 10"
    assert text(letter).count("Строка 2: «завтра» — не дата") == 10


def test_thousands_of_broken_files_are_one_letter_with_twenty_and_the_number(
    office: Office,
) -> None:
    office.newsroom.publish({f"{number:04}.txt": BAD for number in range(5000)})
    office.step()
    (letter,) = letters(office.settings)
    assert letter["Subject"] == "Нужно внимание, случаев: 5000"
    assert text(letter).count("Не опубликовано:") == 20
    assert "… и ещё 4980, здесь они не названы." in text(letter)
    assert len(letter.as_bytes()) < 30_000


def test_nothing_is_told_before_it_has_been_quiet(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    newsroom.publish({})
    office = Office(newsroom, set_clock, with_mail(settings), Timing())

    def put(path: str, after: float) -> None:
        passed[0] += after
        office.put(path, BAD)

    office.step()
    passed[0] += 60
    office.step()
    put("a.txt", 0)
    put("b.txt", 4)
    put("c.txt", 4)
    assert office.subjects() == []
    passed[0] += 6
    office.step()
    assert office.subjects() == ["Нужно внимание, случаев: 3"]
    # News that never stop are told nevertheless, after half a minute.
    for number in range(9):
        put(f"d{number}.txt", 4)
    assert len(office.subjects()) == 2
    office.teller.close()


def test_many_letters_an_hour_become_digests_further_and_further_apart(office: Office) -> None:
    written = []
    for minute in range(6 * 60):
        office.put(f"{minute}.txt", BAD)
        written.append(len(letters(office.settings)))
        office.step(59 * SECOND)
    assert written[:5] == [1, 2, 3, 4, 5]
    assert written[59] <= 8
    assert written[-1] <= 11
    # All of them are told sooner or later, each once.
    office.step(5 * HOUR)
    numbers = [each.split(": ")[1] for each in office.subjects() if "случаев" in each]
    singles = sum("случаев" not in each for each in office.subjects())
    assert singles + sum(map(int, numbers)) == 6 * 60


def test_after_a_quiet_time_letters_come_at_once_again(office: Office) -> None:
    for minute in range(120):
        office.put(f"{minute}.txt", BAD)
        office.step(59 * SECOND)
    office.step(DAY)
    before = len(letters(office.settings))
    office.step(DAY)
    for name in ("x.txt", "y.txt"):
        office.put(name, BAD)
    assert len(letters(office.settings)) == before + 2


def test_a_clock_that_is_set_back_holds_no_letter_up(office: Office) -> None:
    for number in range(6):
        office.put(f"{number}.txt", BAD)
    assert len(letters(office.settings)) == 6
    office.put("6.txt", BAD)
    assert len(letters(office.settings)) == 6
    office.step(-DAY)
    assert len(letters(office.settings)) == 7


def test_what_comes_and_goes_untold_is_not_told(office: Office) -> None:
    office.is_away = True
    office.put("a.txt", BAD)
    office.put("a.txt", GOOD)
    office.is_away = False
    office.step()
    assert office.subjects() == []
    (incident,) = Incidents(office.settings.instance).recent(9)
    assert incident.mended


def test_what_is_mended_and_broken_again_untold_is_one_incident(office: Office) -> None:
    office.put("a.txt", BAD)
    office.is_away = True
    office.put("a.txt", GOOD)
    office.put("a.txt", BAD)
    office.is_away = False
    office.step()
    assert office.subjects() == ["Не опубликовано: a.txt"]
    assert len(Incidents(office.settings.instance).recent(9)) == 1


def test_while_the_mail_server_is_away_news_gather_for_one_letter(office: Office) -> None:
    office.put("a.txt", BAD)
    office.is_away = True
    for number in range(8):
        office.put(f"{number}.txt", BAD)
    office.put("a.txt", GOOD)
    office.is_away = False
    office.step()
    assert office.subjects() == ["Не опубликовано: a.txt", "Нужно внимание, случаев: 8"]
    assert "ИСПРАВЛЕНО: 1" in text(letters(office.settings)[-1])


def test_a_restart_repeats_nothing_and_loses_nothing(office: Office) -> None:
    office.put("a.txt", BAD)
    office.restart()
    for _ in range(3):
        office.step()
    assert office.subjects() == ["Не опубликовано: a.txt"]
    office.newsroom.publish({"a.txt": GOOD, "b.txt": BAD})
    office.restart()
    office.step()
    assert office.subjects()[1:] == ["Не опубликовано: b.txt"]
    assert "Исправлено и опубликовано: a.txt" in text(letters(office.settings)[1])


def test_without_what_was_told_all_there_is_is_told_in_one_letter(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD, "b.txt": BAD, "c.md": WARNED})
    office = Office(newsroom, set_clock, with_mail(settings))
    for _ in range(3):
        office.step()
    (letter,) = letters(office.settings)
    assert letter["Subject"] == "Нужно внимание, случаев: 2"
    assert "ЗАМЕЧАНИЯ, КОТОРЫЕ ПУБЛИКАЦИИ НЕ МЕШАЮТ: 1" in text(letter)
    office.put("d.txt", BAD)
    assert office.subjects()[1:] == ["Не опубликовано: d.txt"]
    office.teller.close()


def test_nothing_is_told_before_there_is_a_catalogue(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings
) -> None:
    office = Office(newsroom, set_clock, with_mail(settings))
    newsroom.apply({"a.txt": BAD})
    office.step()
    assert office.subjects() == []
    newsroom.writer.finish_first_index()
    office.step()
    assert office.subjects() == ["Не опубликовано: a.txt"]
    office.teller.close()


def test_remarks_are_told_once_a_day_from_nine_in_the_morning(office: Office) -> None:
    # It is three in the afternoon in Moscow.
    office.put("a.md", WARNED)
    office.put("b.txt", BAD)
    assert office.subjects() == ["Не опубликовано: b.txt"]
    office.step(17 * HOUR)
    assert len(office.subjects()) == 1
    office.step(HOUR)
    assert office.subjects()[1:] == ["Есть замечания: a.md"]
    office.put("c.md", WARNED)
    office.put("d.md", WARNED)
    assert len(office.subjects()) == 2
    office.step(DAY)
    assert office.subjects()[2:] == ["Замечания, файлов: 2"]


def test_a_remark_that_is_gone_is_not_told(office: Office) -> None:
    office.put("a.md", WARNED)
    office.put("a.md", item())
    office.step(DAY)
    assert office.subjects() == []


def test_a_remark_that_was_told_may_come_again_and_is_told_again(office: Office) -> None:
    office.put("a.md", WARNED)
    office.step(DAY)
    office.put("a.md", item())
    office.put("a.md", WARNED)
    office.step(DAY)
    assert office.subjects() == ["Есть замечания: a.md"] * 2


@pytest.mark.parametrize("code", ["closed", "empty", "vanished"])
def test_a_folder_that_is_not_in_order_is_told_and_that_it_is_again(
    office: Office, code: str
) -> None:
    office.newsroom.writer.record_scan(code, office.now)
    office.step()
    office.newsroom.writer.record_scan("", office.now)
    office.step()
    assert office.subjects() == [
        "Папка с новостями не в порядке",
        "Папка с новостями снова в порядке",
    ]
    assert "А пока: опубликованное остаётся на сайте" in text(letters(office.settings)[0])


def test_that_changes_are_noticed_late_is_told_and_that_they_are_not_any_more(
    office: Office,
) -> None:
    office.newsroom.writer.record_watch_fault("ENOSPC")
    office.step()
    office.newsroom.writer.record_watch_fault("")
    office.step()
    assert office.subjects() == [
        "Новые файлы замечаются позже обычного",
        "Новые файлы снова замечаются сразу",
    ]
    assert "fs.inotify.max_user_watches" in text(letters(office.settings)[0])


def test_without_mail_incidents_are_recorded_all_the_same(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    office = Office(newsroom, set_clock, settings)
    office.step()
    office.put("a.txt", GOOD)
    (incident,) = Incidents(settings.instance).recent(9)
    assert (incident.path, incident.outcome) == ("a.txt", "published")
    assert letters(settings) == []
    office.teller.close()


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (item(id="a"), "published"),
        (item(id="a", date="2030-01-01"), "scheduled"),
        (item(id="a", status="draft"), "draft"),
        (item(id="a", status="withdrawn"), "withdrawn"),
        (item(id="a", date="never"), "kept-back"),
    ],
)
def test_it_is_known_what_became_of_a_file(office: Office, data: bytes, outcome: str) -> None:
    office.put("a.md", WARNED)
    office.put("a.md", data)
    found = {each.kind: each for each in Incidents(office.settings.instance).recent(9)}
    assert found["remarks"].outcome == outcome
    assert found["remarks"].mended


def test_a_file_that_is_deleted_is_told_to_be_gone(office: Office) -> None:
    office.put("a.txt", BAD)
    office.remove("a.txt")
    assert office.subjects()[1:] == ["Файла больше нет: a.txt"]


def test_a_change_that_is_kept_back_says_that_the_text_stays(office: Office) -> None:
    office.put("a.txt", GOOD)
    office.put("a.txt", BAD)
    (letter,) = letters(office.settings)
    assert letter["Subject"] == "Изменения не опубликованы: a.txt"
    page = "https://news.example/presscenter/news/detail/a.html"
    assert f"На сайте остаётся прежний текст: {page}" in text(letter)


def test_only_the_newest_of_what_is_over_is_remembered(office: Office) -> None:
    office.newsroom.publish({f"{number}.md": WARNED for number in range(700)})
    office.step()
    office.newsroom.publish({f"{number}.md": item(id=f"{number}") for number in range(700)})
    office.step()
    assert len(Incidents(office.settings.instance).recent(9999)) == 500


def test_only_the_newest_letters_are_remembered(office: Office) -> None:
    store = Store(office.settings.instance)
    for number in range(205):
        office.put(f"{number}.txt", BAD)
        office.step(DAY)
        for each in store.waiting(office.settings.mail.recipients)[4:]:
            store.note(each, "sent")
    # What waits is kept, however old.
    assert len(letters(office.settings)) == 202
    store.close()


def test_a_store_that_is_deleted_is_noticed(office: Office) -> None:
    for path in office.settings.instance.glob(f"{FILE}*"):
        path.unlink()
    with pytest.raises(Replaced):
        office.step()


def test_a_store_that_is_damaged_is_an_error_for_the_process(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = sqlite3.DatabaseError("malformed")
    fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(office.teller._store, "record", fail)  # noqa: SLF001 - as if of the disk
    office.newsroom.publish({"a.txt": BAD})
    with pytest.raises(sqlite3.DatabaseError):
        office.step()


def test_a_store_that_cannot_be_written_is_said_once_and_tried_again(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.telling.teller._AFTER_FAULT", 0)
    connection = office.teller._store._connection  # noqa: SLF001 - as if the disk were so
    connection.execute("PRAGMA query_only = 1")
    office.newsroom.publish({"a.txt": BAD})
    for _ in range(3):
        office.step()
    assert [
        record.getMessage() for record in caplog.records if record.levelno == logging.ERROR
    ] == ["не удаётся записать, что не так с файлами: attempt to write a readonly database"]
    connection.execute("PRAGMA query_only = 0")
    office.step()
    assert office.subjects() == ["Не опубликовано: a.txt"]


def test_while_much_comes_in_the_catalogue_is_not_read_all_the_time(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({})
    office = Office(newsroom, set_clock, settings, Timing())
    passed = [1000.0]

    def monotonic() -> float:
        passed[0] += 0.1
        return passed[0]

    monkeypatch.setattr("time.monotonic", monotonic)
    passed[0] += 100
    office.put("a.txt", BAD)
    assert len(Incidents(office.settings.instance).recent(9)) == 1
    office.put("b.txt", BAD)
    assert len(Incidents(office.settings.instance).recent(9)) == 1
    passed[0] += 100
    office.step()
    assert len(Incidents(office.settings.instance).recent(9)) == 2
    office.teller.close()


def test_very_many_changes_are_recorded_little_by_little_and_told_in_one_letter(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.telling.teller.AT_ONCE", 10)
    monkeypatch.setattr(recording.compare, "__defaults__", (10,))
    newsroom.publish({f"{number:02}.txt": BAD for number in range(25)})
    office = Office(newsroom, set_clock, with_mail(settings))
    counts = []
    for _ in range(4):
        office.step()
        counts.append(len(Incidents(settings.instance).recent(99)))
    assert counts == [10, 20, 25, 25]
    assert office.subjects() == ["Нужно внимание, случаев: 25"]
    newsroom.apply({}, gone=[f"{number:02}.txt" for number in range(25)])
    for _ in range(3):
        office.step()
    assert all(each.mended for each in Incidents(settings.instance).recent(99))
    office.teller.close()


def test_other_processes_read_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    incidents = Incidents(tmp_path)
    assert (incidents.recent(9), incidents.deliveries(9)) == ((), ())


@pytest.mark.parametrize("statement", ["DROP TABLE incident", "UPDATE incident SET problems = 'x'"])
def test_other_processes_read_nothing_of_what_is_damaged(office: Office, statement: str) -> None:
    office.put("a.txt", BAD)
    office.teller._store._connection.execute(statement)  # noqa: SLF001 - a damage
    assert Incidents(office.settings.instance).recent(9) == ()


def test_other_processes_read_how_far_letters_are(office: Office) -> None:
    office.put("a.txt", BAD)
    found = Incidents(office.settings.instance).deliveries(9)
    assert [(each.recipient, each.state, each.subject) for each in found] == [
        (recipient, "waiting", "Не опубликовано: a.txt")
        for recipient in sorted(office.settings.mail.recipients)
    ]


def test_the_schema_changes_with_what_is_stored() -> None:
    assert Schema(SCHEMA.tables).version != SCHEMA.version
    assert stores.NAMED == 20


def test_the_text_file_is_made_where_it_is_wanted(
    newsroom: Newsroom, set_clock: SetClock, settings: Settings, tmp_path: Path
) -> None:
    newsroom.publish({"a.txt": BAD})
    office = Office(newsroom, set_clock, replace(settings, problems_folder=tmp_path))
    office.step()
    assert "Не опубликовано: a.txt" in office.teller.content.decode()
    office.put("a.txt", GOOD)
    assert "Всё в порядке" in office.teller.content.decode()
    office.teller.close()
