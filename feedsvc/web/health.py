"""What operators and load balancers ask: is this process alive, is the catalogue ready?"""

from flask import Response, jsonify

from feedsvc import clock
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import take_status
from feedsvc.web.responses import uncached


def alive() -> Response:
    """Answer for as long as this process can."""
    return uncached(Response("ok\n", content_type="text/plain; charset=utf-8"))


def ready(catalogue: Catalogue) -> Response:
    """Answer how the catalogue is, as JSON: no names of files, no titles.

    Raises CatalogueUnavailable.
    """
    with catalogue.snapshot() as snapshot:
        status = take_status(snapshot, clock.now())
    row = {
        "ready": True,
        "degraded": status.degraded,
        "revision": status.revision,
        "scan_age": status.scan_age,
        "entries": status.entries,
        "problems": status.problems,
    }
    return uncached(jsonify(row))
