"""Health, for operators and load balancers: the process is alive, the catalogue ready."""

from flask import Response, jsonify

from feedsvc import clock
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import take_status
from feedsvc.web.responses import uncached


def alive() -> Response:
    """Answer for as long as this process can."""
    return uncached(Response("ok\n", content_type="text/plain; charset=utf-8"))


def ready(catalogue: Catalogue) -> Response:
    """Answer with the state of the catalogue as JSON, without names of files or titles.

    Raises CatalogueUnavailable.
    """
    with catalogue.snapshot() as snapshot:
        status = take_status(snapshot, clock.now())
    row = {
        "ready": True,
        "degraded": status.degraded,
        "watch_fault": status.watch_fault,
        "reader_deaths": status.reader_deaths,
        "revision": status.revision,
        "scan_age": status.scan_age,
        "entries": status.entries,
        "problems": status.problems,
    }
    return uncached(jsonify(row))
