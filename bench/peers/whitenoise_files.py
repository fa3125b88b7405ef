"""WhiteNoise over the exported files."""

import os
from collections.abc import Callable, Iterable

from whitenoise import WhiteNoise


def _nothing(_environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
    start("404 Not Found", [("Content-Length", "0")])
    return []


app = WhiteNoise(_nothing, root=os.environ["BENCH_FILES"], max_age=300)
