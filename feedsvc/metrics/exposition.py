"""Exposition: everything that is measured, in the text formats that Prometheus reads.

Each source yields metrics when it is asked. Names and units follow Prometheus's own conventions;
labels have fixed values. Where a source cannot be read, its metrics are missing, and the others
are there.
"""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from feedsvc import __version__, clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.metrics.counts import BUCKETS, Samples
from feedsvc.metrics.files import FOLDER, collect
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import DEGRADED, Status, take_status
from feedsvc.telling.incidents import Incidents

_SECOND = 1_000_000


class Service(NamedTuple):
    """What the sources are asked about, and when (microseconds since the epoch)."""

    settings: Settings
    catalogue: Catalogue
    now: int


Source = Callable[[Service], Iterator[Metric]]


def render(settings: Settings, catalogue: Catalogue, accept: str) -> tuple[bytes, str]:
    """Return all metrics and their media type, in the format that a scraper accepts best."""
    encode, media_type = choose_encoder(accept[:1000])
    return encode(_Collector(Service(settings, catalogue, clock.now()))), media_type


class _Collector:
    """What the library calls a registry; it asks the sources at each scrape, and keeps nothing."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        for source in SOURCES:
            yield from source(self._service)


def _build(_service: Service) -> Iterator[Metric]:
    labels = {"version": __version__, "python": platform.python_version()}
    yield _gauges(
        "feedsvc_build_info", "The version of feedsvc.", labels, [([*labels.values()], 1)]
    )


def _requests(service: Service) -> Iterator[Metric]:
    with suppress(OSError):
        samples = collect(service.settings.instance / FOLDER)
        counter = CounterMetricFamily(
            "feedsvc_http_requests",
            "Requests answered, from memory (hit) or by the application (miss).",
            labels=["document", "code", "cache"],
        )
        for key, count in sorted(samples.items()):
            if key[0] == "requests":
                counter.add_metric(key[1:], count)
        yield counter
        yield _histogram(
            samples,
            "miss",
            "feedsvc_http_miss_duration_seconds",
            "How long the application took for requests that were not answered from memory.",
        )
        yield _histogram(
            samples,
            "render",
            "feedsvc_render_duration_seconds",
            "How long documents took to be rendered, on request or ahead of it.",
        )


def _histogram(samples: Samples, kind: str, name: str, text: str) -> Metric:
    # What is rendered has no label.
    labels = ["document"] if kind == "miss" else []
    histogram = HistogramMetricFamily(name, text, labels=labels)
    for document in sorted({key[1] for key in samples if key[0] == kind}):
        total, buckets = 0.0, []
        for number, bound in enumerate((*map(str, BUCKETS), "+Inf")):
            total += samples.get((kind, document, str(number)), 0)
            buckets.append((bound, total))
        values = [document] if labels else []
        histogram.add_metric(values, buckets, samples.get((kind, document, "sum"), 0))
    return histogram


def _catalogue(service: Service) -> Iterator[Metric]:
    name, text = "feedsvc_catalogue_ready", "1 if there is a complete catalogue that can be read."
    try:
        with service.catalogue.snapshot() as snapshot:
            status = take_status(snapshot, service.now)
            waiting = snapshot.waiting()
    except CatalogueUnavailable:
        yield GaugeMetricFamily(name, text, 0)
        return
    yield GaugeMetricFamily(name, text, 1)
    yield from _of_status(status)
    yield GaugeMetricFamily(
        "feedsvc_files_incomplete", "Files that are still being copied.", waiting.count
    )
    yield GaugeMetricFamily(
        "feedsvc_files_incomplete_oldest_age_seconds",
        "For how long the first of them has been.",
        _age(service.now, min((each.since for each in waiting.files), default=0)),
    )


def _of_status(status: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "feedsvc_catalogue_revision",
        "Batches of changes in the catalogue; another catalogue begins at 0.",
        status.revision,
    )
    yield _by("feedsvc_entries", "Entries by status.", "status", status.entries)
    yield _by("feedsvc_problems", "What is wrong with files.", "severity", status.problems)
    reasons = {each: float(each == status.degraded) for each in DEGRADED}
    text = "1 if removals are held back, for this reason."
    yield _by("feedsvc_folder_degraded", text, "reason", reasons)
    yield GaugeMetricFamily(
        "feedsvc_watch_fault",
        "1 if the kernel does not report all changes, and only scans notice them.",
        float(status.watch_fault is not None),
    )
    yield CounterMetricFamily(
        "feedsvc_reader_deaths", "Reading processes that died.", status.reader_deaths
    )
    if status.scan_age is not None:
        yield GaugeMetricFamily(
            "feedsvc_last_scan_age_seconds",
            "How long ago the folder was last scanned and found in order.",
            status.scan_age,
        )


def _telling(service: Service) -> Iterator[Metric]:
    incidents = Incidents(service.settings.instance)
    kept_back = incidents.kept_back()
    yield GaugeMetricFamily(
        "feedsvc_files_kept_back", "Files with errors, which are not published.", kept_back.number
    )
    yield GaugeMetricFamily(
        "feedsvc_files_kept_back_oldest_age_seconds",
        "For how long the first of them has been kept back.",
        _age(service.now, kept_back.since),
    )
    if service.settings.mail.host:
        by_state = incidents.deliveries_by_state()
        counts = {state: each.number for state, each in by_state.items()}
        text = "The last letters, once for each recipient."
        yield _by("feedsvc_mail_deliveries", text, "state", counts)
        yield GaugeMetricFamily(
            "feedsvc_mail_waiting_oldest_age_seconds",
            "For how long the oldest letter has not been delivered.",
            _age(service.now, by_state["waiting"].since),
        )


def _outbox(service: Service) -> Iterator[Metric]:
    if not service.settings.has_outbox:
        return
    from feedsvc.outbox.state import receiver_states  # noqa: PLC0415 - only if it is set up

    deliveries = CounterMetricFamily(
        "feedsvc_outbox_deliveries",
        "Requests to search engines and hubs, by what became of them.",
        labels=["receiver", "outcome"],
    )
    queued, ages = [], []
    for state in receiver_states(service.settings.instance):
        name = [state.name]
        queued.append((name, float(state.queued)))
        ages.append((name, _age(service.now, state.since)))
        for outcome, number in state.outcomes.items():
            deliveries.add_metric([*name, outcome], number)
    labels = ["receiver"]
    yield _gauges("feedsvc_outbox_queued", "Addresses that are still to be told.", labels, queued)
    text = "How long ago the first of them changed."
    yield _gauges("feedsvc_outbox_oldest_age_seconds", text, labels, ages)
    yield deliveries


def _hub(service: Service) -> Iterator[Metric]:
    if not service.settings.hub.port:
        return
    from feedsvc.hub.store import read_counts  # noqa: PLC0415 - only if it is set up

    counts = read_counts(service.settings.instance)
    if counts is None:  # it has not run yet
        return
    texts = {
        "subscriptions": "Subscriptions at our own hub.",
        "subscriptions_failing": "Those that were not reached at the last attempt.",
        "requests_waiting": "Requests to it that are still to be verified.",
    }
    for (name, text), number in zip(texts.items(), counts, strict=True):
        yield GaugeMetricFamily(f"feedsvc_hub_{name}", text, number)


def _disk(service: Service) -> Iterator[Metric]:
    with suppress(OSError):
        disk = os.statvfs(service.settings.instance)
        yield GaugeMetricFamily(
            "feedsvc_disk_free_bytes",
            "What the service may still write on the disk of its folder `instance`.",
            disk.f_bavail * disk.f_frsize,
        )
        yield GaugeMetricFamily(
            "feedsvc_disk_size_bytes", "The size of that disk.", disk.f_blocks * disk.f_frsize
        )


# To add one, write a function and name it here.
SOURCES: tuple[Source, ...] = (_build, _requests, _catalogue, _telling, _outbox, _hub, _disk)


def _age(now: int, since: int) -> float:
    """Return for how many seconds something has been so; 0 if it is not."""
    return max(0, now - since) / _SECOND if since else 0


def _by(name: str, text: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    return _gauges(name, text, [label], [([key], value) for key, value in values.items()])


def _gauges(
    name: str,
    text: str,
    labels: Iterator[str] | list[str] | dict[str, str],
    rows: list[tuple[list[str], float]],
) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=[*labels])
    for values, value in rows:
        gauge.add_metric(values, value)
    return gauge
