import gzip
import json
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.commands import run

TORN = "Compressed file ended before the end-of-stream marker was reached"
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; )"


def line(day: int, address: str, agent: str, path: str = "/feeds/atom.xml") -> str:
    return (
        f'{address} - - [{day}/Nov/2026:12:00:00 +0300] "GET {path} HTTP/1.1" 200 5 "-" "{agent}"'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "access.log").write_text(
        "\n".join(
            [
                line(29, "192.0.2.1", "Newsboat/2.13"),
                line(29, "192.0.2.2", FEEDLY.format(36)),
                "torn",
            ]
        )
    )
    older = [
        line(28, "192.0.2.1", "Newsboat/2.13"),
        line(28, "192.0.2.1", "\x1b[31mAcme feed\u202e<b>"),
        line(28, "192.0.2.2", FEEDLY.format(35)),
        line(28, "192.0.2.3", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"),
        line(28, "192.0.2.4", "curl/8.5.0", "/feeds/category/sport/rss.xml"),
    ]
    (tmp_path / "access.log.1.gz").write_bytes(gzip.compress("\n".join(older).encode()))
    return tmp_path


def audience(folder: Path, *arguments: str, language: str = "en") -> Result:
    return run(folder, "audience", *arguments, FEEDSVC_LANGUAGE=language)


def test_subscribers_are_shown_by_day_feed_service_and_program(folder: Path) -> None:
    done = audience(folder, "access.log", "access.log.1.gz")
    assert (done.exit_code, done.stderr) == (0, "")
    blocks = done.stdout.split("\n\n")
    assert blocks[0] == (
        "Subscribers, at least:\n"
        "  Day                Subscribers  By services  Single readers  Browsers  Robots\n"
        "  November 28, 2026           37           35               2         1       1\n"
        "  November 29, 2026           37           36               1         0       0"
    )
    assert blocks[1] == (
        "By feed, on November 28, 2026:\n"
        "  Feed                           Subscribers  By services  Single readers  Browsers"
        "  Robots\n"
        "  /feeds/atom.xml                         37           35               2         1"
        "       0\n"
        "  /feeds/category/sport/rss.xml            0            0               0         0"
        "       1"
    )
    assert blocks[2] == "  Service  Subscribers  Not believed\n  Feedly            35"
    assert blocks[3] == (
        "  Program         Single readers\n"
        "  Newsboat                     1\n"
        "  other programs               1"
    )
    assert "Lines of logs: 8; not understood: 1; requests for feeds: 7" in done.stdout
    assert "lower bound" in done.stdout


def test_nothing_that_clients_sent_reaches_the_terminal(folder: Path) -> None:
    done = audience(folder, "access.log.1.gz", language="ru")
    assert "Подписчиков" in done.stdout
    assert not {"\x1b", "\u202e", "<b>", "192.0.2"} & set(done.stdout)
    assert "Acme" not in done.stdout


def test_json_is_for_programs(folder: Path) -> None:
    done = audience(folder, "--format", "json", "access.log", "access.log.1.gz")
    read = json.loads(done.stdout)
    assert [(day["day"], day["subscribers"]) for day in read["days"]] == [
        ("2026-11-28", 37),
        ("2026-11-29", 37),
    ]
    assert read["days"][0]["feeds"][0] == {
        "feed": "/feeds/atom.xml",
        "subscribers": 37,
        "reported": {"Feedly": 35},
        "not_believed": {},
        "readers": {"Newsboat": 1, "other": 1},
        "browsers": 1,
        "robots": 0,
        "others": 0,
        "unnamed": 0,
    }


def test_html_is_a_page(folder: Path) -> None:
    done = audience(folder, "--format", "html", "access.log")
    assert (done.exit_code, done.stdout.startswith("<!DOCTYPE html>")) == (0, True)


def test_a_log_that_cannot_be_read_is_told_and_the_others_are_counted(folder: Path) -> None:
    (folder / "torn.gz").write_bytes(gzip.compress(b"x" * 1000)[:-4])
    done = audience(folder, "access.log", "torn.gz", "no\x1bne.log")
    assert done.exit_code == 1
    assert "November 29, 2026" in done.stdout
    assert [each.partition(": ")[::2] for each in done.stderr.splitlines()] == [
        (
            "torn.gz",
            f"the compressed file is damaged, or not complete: {TORN}",
        ),
        ("no?ne.log", "cannot be read: there is no such file or folder"),
    ]


def test_no_log_at_all_is_a_failure(folder: Path) -> None:
    done = audience(folder, "none.log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "none.log: cannot be read: there is no such file or folder\n"
    assert audience(folder).exit_code == 2


def test_logs_of_something_else_are_told(folder: Path) -> None:
    (folder / "access.log").write_text("Nov 29 12:00:00 host sshd[1]: Accepted\n" * 5)
    done = audience(folder, "access.log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("no line of these logs is of a form that is known")
