"""A bare callable that returns the exported feed from memory: what the server itself costs."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

FEED = Path(os.environ["BENCH_FILES"], "feeds", "atom.xml.gz").read_bytes()
LASTING = [
    ("ETag", f'"{"x" * 120}.gzip"'),
    ("Vary", "Accept-Encoding, A-IM"),
    ("Cache-Control", "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400"),
]
WHOLE = [
    ("Content-Type", "application/xml; charset=utf-8"),
    ("Content-Length", str(len(FEED))),
    ("Content-Encoding", "gzip"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
    *LASTING,
]


def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """Answer with the feed, or with 304 to any condition."""
    if "HTTP_IF_NONE_MATCH" in environ:
        start("304 Not Modified", [*LASTING])
        return []
    start("200 OK", [*WHOLE])
    return [FEED]
