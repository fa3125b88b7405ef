"""The news that the peers publish: what feedsvc's own JSON Feed says."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class Item(NamedTuple):
    """One news item."""

    url: str
    title: str
    summary: str
    html: str
    published: datetime


def items() -> list[Item]:
    """Give the news in the file that `BENCH_FEED` names."""
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
