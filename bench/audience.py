"""How long it takes to count the subscribers in an access log of ten million lines.

    python -m bench.audience [LINES]

The log is made up: a month of a site whose feeds are a third of all requests, in the combined
format of nginx. GoAccess (Debian) and awk read the same file in the same run: the first counts
everything there is in it, the second only the lines for one feed.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.common import MEGABYTE, Wrong, say
from bench.processes import workplace
from bench.results import machine, megabytes, write_part

FEEDS = ("/feeds/atom.xml",) * 6 + ("/feeds/rss.xml",) * 3 + ("/feeds/category/sport/atom.xml",)
PAGES = ("/presscenter/news/detail/{}.html", "/preview/480/{}/a.jpg", "/static/style.css", "/")
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/{}.0.0.0 Safari/537.36"
)
READERS = (
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; )",
    "Feedbin feed-id:1697787 - {} subscribers",
    "Mozilla/5.0 (compatible; inoreader.com; {} subscribers)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/{}.0",
    "Mozilla/5.0 (compatible; Miniflux/2.{}; +https://miniflux.app)",
    "Newsboat/2.{} (Linux x86_64)",
    "Mozilla/5.0 (compatible; YandexBot/3.{}; +http://yandex.com/bots)",
)


def log_lines(number: int) -> Iterator[str]:
    """Yield the lines of a month, the same in every run."""
    chance = random.Random(14)
    for each in range(number):
        second = each * 30 * 86_400 // number
        day, rest = divmod(second, 86_400)
        stamp = f"{day + 1:02}/Nov/2026:{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02} +0300"
        address = f"10.{chance.randrange(4)}.{chance.randrange(256)}.{chance.randrange(256)}"
        if chance.random() < 1 / 3:
            path = chance.choice(FEEDS)
            agent = chance.choice(READERS).format(chance.randrange(20, 30))
            status = chance.choice((200, 304, 304, 304))
        else:
            path = chance.choice(PAGES).format(chance.randrange(100_000))
            agent = BROWSER.format(chance.randrange(100, 130))
            status = chance.choice((200, 200, 200, 404))
        yield (
            f'{address} - - [{stamp}] "GET {path} HTTP/2.0" {status} {chance.randrange(90_000)}'
            f' "https://news.example/" "{agent}"\n'
        )


def measure(*command: str) -> str:
    """Run a command; return its time, processor time and most memory as cells of a table."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    passed = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Wrong(f"{command[0]} ended with {process.returncode}")
    memory = megabytes(used.ru_maxrss * 1024)
    return f"{passed:.1f} s | {used.ru_utime + used.ru_stime:.1f} s | {memory}"


def main() -> None:
    """Measure, and print a table in Markdown."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with workplace() as folder:
        log = Path(folder) / "access.log"
        say(f"writing {number:,} lines")
        with log.open("w") as file:
            file.writelines(log_lines(number))
        packed = log.with_name("access.log.gz")
        with packed.open("wb") as file:
            subprocess.run(["gzip", "-1", "-c", str(log)], stdout=file, check=True)
        ours = (sys.executable, "-m", "feedsvc", "audience")
        commands = {
            "`feedsvc audience`": (*ours, str(log)),
            "`feedsvc audience`, the same in gzip": (*ours, str(packed)),
            "`goaccess`, everything there is": (
                *("goaccess", str(log), "--log-format=COMBINED", "--no-progress"),
                *("-o", str(log.with_name("report.json"))),
            ),
            "`awk`, the lines for one feed": (
                *("awk", '$7 == "/feeds/atom.xml" { seen[$1]++ } END { print length(seen) }'),
                str(log),
            ),
        }
        size = log.stat().st_size / MEGABYTE
        rows = [
            f"| {number:,} lines, {size:,.0f} MB | time | processor time | most memory |",
            "|---|---|---|---|",
        ]
        for name, command in commands.items():
            say(name)
            rows.append(f"| {name} | {measure(*command)} |")
        load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
        notes = machine(f"Load of the machine over 1, 5 and 15 minutes at the end: {load}")
    write_part("audience", "\n".join((*rows, "", notes)))


if __name__ == "__main__":
    main()
