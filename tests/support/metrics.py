"""What tests of metrics share: settings with metrics, what they say, the names in queries."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from feedsvc.metrics.counts import Counts
from feedsvc.metrics.exposition import render
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.newsroom import ROOT

DEPLOY = ROOT / "deploy"
BOARD = DEPLOY / "grafana" / "feedsvc.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
_NAME = re.compile(r"\bfeedsvc_\w+")


def with_metrics(settings: Settings) -> Settings:
    """Return settings with a desk and metrics."""
    desk = replace(settings.desk, port=8001, key="k" * 24, metrics=True)
    return replace(settings, desk=desk)


def parsed(text: str) -> dict[str, float]:
    """Return the values of all series, by their names and labels as they are written."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def scraped(settings: Settings) -> dict[str, float]:
    """Return all series of an instance."""
    return parsed(render(settings, Catalogue(settings.instance), "")[0].decode())


def names(series: dict[str, float]) -> set[str]:
    """Return the names of the metrics of series."""
    return {each.partition("{")[0] for each in series}


def queried(path: Path) -> set[str]:
    """Return the names of our metrics that a board or rules ask for."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".json":
        return set(_NAME.findall(text))
    board: dict[str, Any] = json.loads(text)
    texts = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    texts += [each["query"]["query"] for each in board["templating"]["list"][1:]]
    return {name for each in texts for name in _NAME.findall(each)}


def counted(number: int) -> Counts:
    """Return the counts of a process that has rendered the home page so many times."""
    counts = Counts()
    for _ in range(number):
        counts.count({"feedsvc.document": "home"}, 200, [], 0.01)
        counts.rendered(0.005)
    return counts
