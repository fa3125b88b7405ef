"""The log: one record a line, in the same form everywhere, whatever a record contains."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from feedsvc import logs
from feedsvc.logs import JsonFormatter, TextFormatter
from tests.support.newsroom import ROOT

HOSTILE = 'a\n2026-01-01 00:00:00,000 ERROR forged\r\x1b[2J\x85\u2028"\\\udcff\x00'


def record(message: str, *, error: Exception | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("feedsvc", logging.ERROR, "x.py", 1, "%s", (message,), trace)


def raised(text: str) -> ValueError:
    with pytest.raises(ValueError, match=r".") as caught:
        raise ValueError(text)
    return caught.value


def test_a_record_of_json_is_one_line_whatever_it_contains() -> None:
    line = JsonFormatter().format(record(HOSTILE, error=raised(HOSTILE)))
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert read["message"].startswith("a\n2026")
    assert read["level"] == "error"
    assert "ValueError: a\n2026" in read["exception"]
    assert set(read) == {"time", "level", "process", "message", "exception"}
    assert read["time"].endswith("Z")


def test_no_further_line_of_a_record_of_text_looks_like_another_record() -> None:
    lines = TextFormatter().format(record(HOSTILE, error=raised(HOSTILE))).split("\n")
    assert len(lines) > 4
    assert all(line.startswith("    ") for line in lines[1:])
    assert not any(sign in "".join(lines) for sign in "\r\x1b\x85\u2028\x00")
    assert "\\x1b[2J" in lines[1]


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_record_has_a_limit(formatter: logging.Formatter) -> None:
    huge = "x" * 1_000_000
    line = formatter.format(record(huge, error=raised(huge)))
    assert len(line) < 26_000


@contextmanager
def bare_logger() -> Iterator[logging.Logger]:
    """Yield the logger of the service, above which nothing takes records, not even pytest."""
    root, logger = logging.getLogger(), logging.getLogger("feedsvc")
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield logger
    root.handlers[:] = handlers
    root.setLevel(level)
    logger.handlers.clear()


def test_in_another_server_that_takes_no_records_they_are_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bare_logger() as logger:
        logs.set_up_within("json")
        logs.set_up_within("json")
        logger.warning("said once")
        said = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
        assert said == ["said once"]
        logs.set_up_within("text")
        logger.warning("said in words")
        assert capsys.readouterr().err.endswith("WARNING said in words\n")


def test_the_log_of_another_server_stays_as_it_is() -> None:
    with bare_logger() as logger:
        theirs = logging.NullHandler()
        logging.getLogger().addHandler(theirs)
        logs.set_up_within("json")
        assert (logger.handlers, logging.getLogger().handlers) == ([], [theirs])


CODE = """
import logging, threading
from feedsvc import logs
logs.set_up("json")
logging.getLogger("feedsvc").info("begun")
other = logging.getLogger("other")
other.propagate = False
other.addHandler(logging.StreamHandler())
logs.adopt("other")
other.error("adopted")
thread = threading.Thread(target=lambda: 1 / 0, name="worker")
thread.start()
thread.join()
raise RuntimeError("uncaught\\nforged")
"""


def test_what_nothing_catches_is_a_record_as_well() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    read = [json.loads(line) for line in done.stderr.splitlines()]
    assert [each["message"] for each in read] == [
        "begun",
        "adopted",
        "worker: ZeroDivisionError",
        "MainThread: RuntimeError",
    ]
    assert "uncaught\nforged" in read[-1]["exception"]
    assert done.returncode == 1
