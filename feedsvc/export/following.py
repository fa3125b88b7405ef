"""Following: exports go on, for as long as the process does."""

import time
from collections.abc import Callable
from typing import NoReturn

from feedsvc.errors import CatalogueUnavailable, ExportFailed
from feedsvc.export.run import Exporter, open_target
from feedsvc.export.target import Target
from feedsvc.export.writing import Outcome
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.coordination import WriterSupervisor

# In seconds: between two looks for something new; how often what only time changes is exported,
# and the whole site is gone through; how long to wait after a fault.
LOOK_EVERY = 0.25
LISTS_EVERY = 60.0
WHOLE_EVERY = 12 * 3600.0
WAIT_AFTER_FAULT = 10.0

Report = Callable[[Outcome], None]


def follow(name: str, settings: Settings, report: Report, *, accepts_removals: bool) -> NoReturn:
    """Export the site and all that changes, and report each export. Returns never.

    Raises ExportFailed if the target cannot be used from the first; later faults are logged,
    and it is tried again.
    """
    faults = FaultLog(settings.language)
    writer = WriterSupervisor(settings)
    target, is_first = open_target(name, settings), True
    while True:
        try:
            with target.locked():
                is_first = False
                _follow(target, settings, writer, report, accepts_removals=accepts_removals)
        except CatalogueUnavailable:
            faults.log(Message(N_("the catalogue is not ready yet")))
        except ExportFailed as error:
            if is_first:
                raise
            faults.log(error.message)
        writer.ensure_writer()
        time.sleep(WAIT_AFTER_FAULT)


def _follow(
    target: Target,
    settings: Settings,
    writer: WriterSupervisor,
    report: Report,
    *,
    accepts_removals: bool,
) -> None:
    while not _is_complete(settings):
        writer.ensure_writer()
        time.sleep(LOOK_EVERY)
    exporter = Exporter(settings, target, accepts_removals=accepts_removals)
    report(exporter.until_quiet())
    seen: object = None
    looked = gone_through = time.monotonic()
    while True:
        writer.ensure_writer()
        now = time.monotonic()
        token, is_due = exporter.token()
        outcome = None
        if now - gone_through > WHOLE_EVERY:
            outcome, gone_through = exporter.until_quiet(), now
        elif token != seen or is_due:
            outcome = exporter.changes()
        elif now - looked > LISTS_EVERY:
            outcome, looked = exporter.lists(), now
        seen = token
        if outcome is not None:
            report(outcome)
        time.sleep(LOOK_EVERY)


def _is_complete(settings: Settings) -> bool:
    try:
        with Catalogue(settings.instance).snapshot():
            return True
    except CatalogueUnavailable:
        return False
