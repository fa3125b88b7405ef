"""The log of the service itself: one form in every process, and one record a line.

Text is for people, JSON (RFC 8259) for programs that gather logs. Whatever a record contains, it
neither breaks its line nor begins another one that looks like a record.
"""

import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType

import msgspec

# In characters, of what one record says.
LONGEST_MESSAGE = 8_000
LONGEST_TRACEBACK = 16_000
# Control characters, and what else some programs take for the end of a line.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPES |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029)}
# JSON has escapes of its own for the others.
_JSON_ESCAPES = {code: escape for code, escape in _ESCAPES.items() if code > 126}
# The further lines of a record are indented, so that none looks like another record.
_ESCAPES[ord("\n")] = "\n    "
_log = logging.getLogger("feedsvc")


class TextFormatter(logging.Formatter):
    """Time (of the machine's zone), level and message; a traceback follows, indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as in logging
        """Return the first part of a record, within its limit."""
        return super().formatMessage(record)[:LONGEST_MESSAGE]

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        return super().format(record)[: LONGEST_MESSAGE + LONGEST_TRACEBACK].translate(_ESCAPES)


class JsonFormatter(logging.Formatter):
    """One object a record: `time` (RFC 3339, UTC), `level`, `process`, `message`, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        moment = datetime.fromtimestamp(record.created, UTC)
        row = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "process": record.process,
            "message": _sound(record.getMessage()[:LONGEST_MESSAGE]),
        }
        if record.exc_info:
            # The end says what happened.
            traceback = self.formatException(record.exc_info)
            row["exception"] = _sound(traceback[-LONGEST_TRACEBACK:])
        return msgspec.json.encode(row).decode()


def _sound(text: str) -> str:
    """Return a text without what JSON cannot hold: halves of characters, from names of files."""
    return text.encode("utf-8", "backslashreplace").decode().translate(_JSON_ESCAPES)


class _Handler(logging.Handler):
    """Writes each record to standard error, at once and whole."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.set_form(form)

    def set_form(self, form: str) -> None:
        self.setFormatter(JsonFormatter() if form == "json" else TextFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as in every handler
            self.handleError(record)


def set_up(form: str) -> None:
    """Write all records of this process, which is the service's own, to standard error.

    `form` is one of `setting_values.LOG_FORMATS`. Can be repeated, with another form.
    """
    if not _changed(logging.getLogger(), form):
        logging.getLogger().addHandler(_Handler(form))
    logging.getLogger().setLevel(logging.INFO)
    sys.excepthook = log_uncaught
    threading.excepthook = lambda died: log_uncaught(
        died.exc_type, died.exc_value, died.exc_traceback
    )


def set_up_within(form: str) -> None:
    """Write the records of the service, in a process that may be some other server's.

    If that server has set up a log that takes them, it stays as it is.
    """
    root = logging.getLogger()
    if not _changed(root, form) and not _changed(_log, form) and not _log.hasHandlers():
        _log.addHandler(_Handler(form))


def _changed(logger: logging.Logger, form: str) -> bool:
    """Return whether a logger has the handler of this module, which has the form then."""
    handlers = [each for each in logger.handlers if isinstance(each, _Handler)]
    for handler in handlers:
        handler.set_form(form)
    return bool(handlers)


def adopt(name: str) -> None:
    """Have the records of a library written as those of the service are."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True


def log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """Log an exception that nothing has caught, with its traceback."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    name = threading.current_thread().name
    _log.critical("%s: %s", name, kind.__name__, exc_info=(kind, error or kind(), trace))
