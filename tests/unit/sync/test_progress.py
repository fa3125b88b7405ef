"""Progress: every tenth in the log, or a bar on a terminal."""

import io
import logging
import sys

import pytest

from feedsvc.sync.progress import reported


def test_each_tenth_is_logged_once_and_every_item_is_passed_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    for total in (3, 10, 25):
        caplog.clear()
        assert list(reported(range(total), total, "en")) == list(range(total))
        lines = [record.getMessage() for record in caplog.records]
        assert len(lines) == min(total, 10), total
        assert lines[-1] == f"Reading the entries: 100% ({total})"


def test_a_terminal_shows_a_bar_and_the_log_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    caplog.set_level(logging.INFO)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(reported(range(20), 20, "ru")) == list(range(20))
    assert "100%" in terminal.getvalue()
    assert not caplog.records
