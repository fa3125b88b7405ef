"""Health, for operators and load balancers: the process is alive, the catalogue ready."""

from flask import Response, jsonify

from feedsvc import clock
from feedsvc.setting_tables import Replica
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import take_status
from feedsvc.web.responses import uncached

# In bytes: more is no number of seconds.
_STAMP = 32


def alive() -> Response:
    """Answer for as long as this process can."""
    return uncached(Response("ok\n", content_type="text/plain; charset=utf-8"))


def copy_age(replica: Replica, now: int) -> float | None:
    """Return how many seconds ago the files of this replica were as at their source.

    That is what their stamp says: when copying them began, in seconds since the epoch. `now` is
    in microseconds. None if there is no stamp, or it says something else.
    """
    if replica.stamp is None:
        return None
    try:
        with replica.stamp.open("rb") as file:
            text = file.read(_STAMP + 1)
    except OSError:
        return None
    is_number = len(text) <= _STAMP and text.strip().isdigit()
    return max(0.0, now / 1_000_000 - int(text)) if is_number else None


def ready(catalogue: Catalogue, replica: Replica, started: int) -> Response:
    """Answer with the state of the catalogue as JSON, without names of files or titles.

    The status is 503 if this is a replica whose files are older than they may be, or have not been
    looked through since it `started` (microseconds since the epoch), so that the catalogue may be
    older than they are. Raises CatalogueUnavailable.
    """
    age = copy_age(replica, clock.now())
    with catalogue.snapshot() as snapshot:
        status = take_status(snapshot, clock.now())
        is_scanned = snapshot.scanned >= started
    is_current = age is not None and age <= replica.max_age and is_scanned
    is_ready = replica.stamp is None or is_current
    row = {
        "ready": is_ready,
        "degraded": status.degraded,
        "watch_fault": status.watch_fault,
        "reader_deaths": status.reader_deaths,
        "revision": status.revision,
        "scan_age": status.scan_age,
        "copy_age": age,
        "entries": status.entries,
        "problems": status.problems,
    }
    response = uncached(jsonify(row))
    if not is_ready:
        response.status_code = 503
    return response
