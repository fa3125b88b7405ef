"""Health, for operators and load balancers: the process is alive, the catalogue ready."""

from flask import Response, jsonify

from feedsvc import clock
from feedsvc.settings import Replica
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
            return max(0.0, now / 1_000_000 - int(file.read(_STAMP)))
    except (OSError, ValueError):
        return None


def ready(catalogue: Catalogue, replica: Replica) -> Response:
    """Answer with the state of the catalogue as JSON, without names of files or titles.

    The status is 503 if this is a replica whose files are older than they may be. Raises
    CatalogueUnavailable.
    """
    age = copy_age(replica, clock.now())
    is_current = replica.stamp is None or (age is not None and age <= replica.max_age)
    with catalogue.snapshot() as snapshot:
        status = take_status(snapshot, clock.now())
    row = {
        "ready": is_current,
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
    if not is_current:
        response.status_code = 503
    return response
