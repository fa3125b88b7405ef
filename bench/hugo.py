"""Hugo as a peer: it builds the same feed and the same pages from the same files."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.common import HOST, Wrong
from bench.processes import Peak, Server, free_port

FEED = "/index.xml"
_CONFIG = """\
baseURL = "http://{host}:{port}/"
title = "Новости"
languageCode = "ru"
contentDir = "{content}"
uglyURLs = true
disableKinds = ["section", "taxonomy", "term", "sitemap", "robotsTXT", "404"]
timeout = "600s"
[outputs]
home = ["HTML", "RSS"]
[permalinks]
{permalinks}
"""
_HEAD = """\
<!DOCTYPE html>
<html lang="ru">
<head>
<meta charset="utf-8">
<title>{{ .Title }} — {{ site.Title }}</title>
<link rel="alternate" type="application/rss+xml" href="/index.xml">
</head>
<body>
"""
_LIST = """\
{{ range first 30 site.RegularPages.ByDate.Reverse }}
<article>
<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2>
<p><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "02.01.2006" }}</time></p>
<p>{{ .Summary }}</p>
</article>
{{ end }}
</body>
</html>
"""  # noqa: E501 - a template's line breaks would be seen
_PAGE = """\
<article>
<h1>{{ .Title }}</h1>
<p><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "02.01.2006" }}</time></p>
{{ .Content }}
</article>
<footer>
<p>{{ .Params.author }}</p>
<ul>{{ range .Params.categories }}<li>{{ . }}</li>{{ end }}</ul>
</footer>
</body>
</html>
"""  # noqa: E501
_RSS = """\
{{ printf "<?xml version='1.0' encoding='utf-8'?>" | safeHTML }}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
<title>{{ site.Title }}</title>
<link>{{ site.BaseURL }}</link>
<description>{{ site.Title }}</description>
{{ range first 30 site.RegularPages.ByDate.Reverse }}
<item>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Summary | html }}</description>
<content:encoded>{{ .Content | html }}</content:encoded>
</item>
{{ end }}
</channel>
</rss>
"""


def hugo_version() -> str:
    """Return Hugo's version; exit if Hugo is not installed."""
    if shutil.which("hugo") is None:
        raise SystemExit("hugo is missing: apt-get install hugo")
    done = subprocess.run(["hugo", "version"], capture_output=True, text=True, check=True)
    return done.stdout.removeprefix("hugo ").split(" BuildDate")[0].strip()


@dataclass(frozen=True, slots=True)
class Build:
    """What a build cost: seconds (None: it was stopped after `limit`) and the peak of memory."""

    seconds: float | None
    memory: int
    limit: float


class Site:
    """A Hugo site whose content is a corpus."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.port = free_port()
        self.output = folder / "public"
        self._folder = folder
        layouts = folder / "layouts" / "_default"
        layouts.mkdir(parents=True)
        sections = sorted(path.name for path in corpus.iterdir() if path.is_dir())
        permalinks = "\n".join(
            f'"{name}" = "/presscenter/news/detail/:filename"' for name in sections
        )
        config = _CONFIG.format(
            host=HOST, port=self.port, content=corpus.resolve(), permalinks=permalinks
        )
        (folder / "config.toml").write_text(config, encoding="utf-8")
        (layouts / "single.html").write_text(_HEAD + _PAGE, encoding="utf-8")
        (folder / "layouts" / "index.html").write_text(_HEAD + _LIST, encoding="utf-8")
        (folder / "layouts" / "index.rss.xml").write_text(_RSS, encoding="utf-8")
        self._log = folder / "log"

    def _start(self, *command: str) -> Server:
        common = ["hugo", *command, "--source", str(self._folder)]
        environment = os.environ | {"HUGO_CACHEDIR": str(self._folder / "cache")}
        return Server(common, self._log, environment)

    def build(self, limit: float) -> Build:
        """Build the site from nothing; stop after `limit` seconds."""
        shutil.rmtree(self.output, ignore_errors=True)
        with self._start("--destination", str(self.output)) as server, Peak(server.pid) as peak:
            try:
                code = server.process.wait(limit)
            except subprocess.TimeoutExpired:
                return Build(None, peak.total, limit)
            seconds = time.perf_counter() - server.started
        if code != 0:
            raise Wrong(f"hugo ended with {code}: {self._log.read_text()[-2000:]}")
        return Build(seconds, peak.total, limit)

    def serve(self) -> Server:
        """Start the watching server at its fastest: pages in memory, no live reload."""
        return self._start(
            *("server", "--watch", "--disableFastRender", "--disableLiveReload"),
            *("--bind", HOST, "--port", str(self.port)),
        )
