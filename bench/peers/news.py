"""The entries that the peers publish, from the JSON Feed of feedsvc."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class Item(NamedTuple):
    """One entry."""

    url: str
    title: str
    summary: str
    html: str
    published: datetime


def items() -> list[Item]:
    """Return the entries of the JSON Feed in the file that `BENCH_FEED` names."""
    feed = json.loads(Path(os.environ["BENCH_FEED"]).read_text(encoding="utf-8"))
    return [
        Item(
            one["url"],
            one["title"],
            one.get("summary", ""),
            one["content_html"],
            datetime.fromisoformat(one["date_published"]),
        )
        for one in feed["items"]
    ]
