"""What metrics and the access log cost on the path that answers from memory.

    python -m bench.observed [--rounds 5] [--seconds 4]

First the lookup alone, in this process; then real servers that differ in these settings alone,
loaded in turn by wrk. By as much as the first and the last of them differ, which are set up
alike, nothing can be seen. Only prints.
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench import corpus
from bench.processes import free_port, workplace
from bench.servers import Bench, Peer
from bench.serving import in_rounds
from feedsvc.edition import ValidityPeriod
from feedsvc.setting_tables import Log
from feedsvc.web.access_log import AccessLog, LoggedCache
from feedsvc.web.response_cache import CACHE_POLICY, REPLAYS, CachePolicy, ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Short enough for some of the runs to be interrupted by nothing.
_CALLS, _RUNS = 300, 1500
_PERIOD = ValidityPeriod(revision=1, since=0, until=None, newest=0)
_ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/feeds/atom.xml",
    "QUERY_STRING": "",
    "SCRIPT_NAME": "",
    "HTTP_HOST": "news.example",
    "HTTP_USER_AGENT": "Feedly/1.0 (+https://feedly.com/poller.html; 16 subscribers; )",
    "HTTP_IF_NONE_MATCH": '"' + "x" * 60 + '"',
    "REMOTE_ADDR": "192.0.2.1",
    "SERVER_PROTOCOL": "HTTP/1.1",
}


def _cache(kind: Callable[..., ResponseCache], replays: list[int] | None) -> ResponseCache:
    """Return a cache that has the response to `_ENVIRON`."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        environ[CACHE_POLICY] = CachePolicy(_PERIOD, 0, None)
        environ[REPLAYS] = replays
        start_response("304 Not Modified", [("ETag", '"x"')])
        return [b""]

    cache = kind(app, lambda _now: _PERIOD)
    for _ in range(2):
        cache({**_ENVIRON}, lambda *_: lambda _: None)
    return cache


def lookup(cache: ResponseCache) -> float:
    """Return the nanoseconds of processor of a lookup that finds a response, the least of runs."""
    find, times = cache.lookup, []
    for _ in range(_RUNS):
        begun = time.thread_time_ns()
        for _ in range(_CALLS):
            find(_ENVIRON)
        times.append((time.thread_time_ns() - begun) / _CALLS)
    return min(times)


def lookups(folder: Path) -> None:
    """Print what a lookup costs with what is set up."""
    path = folder / "micro.log"
    plain = lookup(_cache(ResponseCache, None))
    print(f"lookup: {plain:.0f} ns")
    print(f"with metrics: {lookup(_cache(ResponseCache, [0])) - plain:+.0f} ns")
    for form in ("combined", "json"):
        log = AccessLog(Log(access=path, access_format=form), "en")
        cache = _cache(partial(LoggedCache, log=log), None)
        print(f"with the access log, {form}: {lookup(cache) - plain:+.0f} ns")
        path.unlink()


def servers(bench: Bench, entries: Path) -> list[Peer]:
    """Start the servers, which differ in what is set up."""

    def desk(metrics: str) -> dict[str, str]:
        return {"DESK__PORT": str(free_port()), "DESK__METRICS": metrics}

    def access(name: str, form: str) -> dict[str, str]:
        return {"LOG__ACCESS": str(bench.folder / name), "LOG__ACCESS_FORMAT": form}

    return [
        bench.feedsvc("nothing", entries, **desk("false")),
        bench.feedsvc("metrics", entries, **desk("true")),
        bench.feedsvc("access log", entries, **desk("false"), **access("combined", "combined")),
        bench.feedsvc("access log, json", entries, **desk("false"), **access("json", "json")),
        bench.feedsvc("nothing again", entries, **desk("false")),
    ]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with workplace() as folder, ExitStack() as stack:
        lookups(folder)
        entries = folder / "entries"
        entries.mkdir()
        corpus.write(1_000, entries)
        peers = servers(Bench(folder, stack), entries)
        found = in_rounds([(peer, None) for peer in peers], options.rounds, options.seconds)
        print(f"load of the machine: {os.getloadavg()[0]:.1f}")
        for peer in peers:
            for load, runs in found[peer.name].items():
                rate, cpu = (median(run[key] for run in runs) for key in ("rate", "cpu"))
                least = min(run["cpu"] for run in runs)
                print(
                    f"{peer.name}, {load}: {rate:.0f} a second,"
                    f" {1e6 * cpu:.1f} us of processor (least {1e6 * least:.1f}),"
                    f" {peer.memory() / 1e6:.0f} MB"
                )


if __name__ == "__main__":
    main()
