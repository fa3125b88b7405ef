"""The table of bench.living: what was measured, beside the goals and Hugo."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.common import MEGABYTE
from bench.growth import Growth
from bench.hugo import Build
from bench.results import distribution, megabytes, percentile, seconds


@dataclass
class Living:
    """What was measured of the service at one size: times in seconds, sizes in bytes."""

    first_index: float = 0
    first_cpu: float = 0
    first_memory: int = 0
    first_parts: str = ""
    restarts: list[float] = field(default_factory=list)
    workers: list[tuple[int, int]] = field(default_factory=list)
    pages: int = 0
    rescans: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    # Seconds of processor time in a second; None if it was not measured.
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `reached` is None if there is no goal."""

    what: str
    goal: str
    measured: str
    reached: bool | None
    hugo: str = "–"

    def line(self) -> str:
        """Return the row in Markdown."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.reached]
        return f"| {self.what} | {self.goal} | {self.measured} | {verdict} | {self.hugo} |"


def table(
    found: dict[int, Living],
    growth: Growth,
    builds: dict[int, Build],
    watching: dict[int, list[float]],
) -> str:
    """Return the results in Markdown, beside the goals and Hugo's results, by size."""
    rows = [
        *_rows_of_changes(found, watching),
        *rows_of_size(max(found), found[max(found)], builds.get(max(found))),
        *_rows_of_growth(growth),
    ]
    lines = [
        "| what | to reach | measured | reached | Hugo in the same run |",
        "|---|---|---|---|---|",
        *(row.line() for row in rows),
    ]
    largest = found[max(found)]
    notes = [
        f"Memory at the peak of the first index, in MB: {largest.first_parts}.",
        "Memory after growth, in MB: "
        + ", ".join(
            f"{name} {growth.before[pid][1] / MEGABYTE:.1f} to {size / MEGABYTE:.1f}"
            for pid, (name, size, _) in sorted(growth.after.items())
            if pid in growth.before
        )
        + f"; at {growth.rate:.0f} changes a second.",
    ]
    for total, build in sorted(builds.items()):
        notes.append(f"Hugo's build of {total:,}: {build_text(build)}.")
    return "\n".join(lines) + "\n\n" + "\n".join(f"- {note}" for note in notes)


def _rows_of_changes(found: dict[int, Living], watching: dict[int, list[float]]) -> Iterator[Row]:
    hugo = "; ".join(
        f"median {seconds(median(times))} at {total:,}" for total, times in sorted(watching.items())
    )
    small, large = min(found), max(found)
    for total, living in sorted(found.items()):
        middle, tail = median(living.changes), percentile(living.changes, 0.99)
        judged = total == large
        yield Row(
            f"file closed, to the feed showing it, at {total:,} entries",
            "median 20 ms, 99th percentile 40 ms" if judged else "–",
            distribution(living.changes),
            (middle <= 0.02 and tail <= 0.04) if judged else None,
            hugo if judged else "–",
        )
    if small != large:
        ratios = [
            measure(found[large].changes) / measure(found[small].changes)
            for measure in (median, lambda values: percentile(values, 0.99))
        ]
        yield Row(
            f"the same, {large:,} against {small:,}",
            "1.5 times",
            f"median {ratios[0]:.2f}, 99th percentile {ratios[1]:.2f} times",
            max(ratios) <= 1.5,
        )


def build_text(build: Build | None) -> str:
    """Return the time and the memory of a build of Hugo."""
    if build is None:
        return "–"
    took = f"stopped after {build.limit:.0f} s" if build.seconds is None else seconds(build.seconds)
    return f"{took}, {megabytes(build.memory)}"


def rows_of_size(total: int, living: Living, build: Build | None) -> Iterator[Row]:
    """Yield the rows of one size, beside the build of Hugo if there was one."""
    yield Row(
        f"first index of {total:,}",
        "20 s",
        f"{seconds(living.first_index)}, with {seconds(living.first_cpu)} of processor time",
        living.first_index <= 20,
        build_text(build),
    )
    yield Row(
        "the most memory of all processes in it (sum of PSS)",
        "300 MB",
        megabytes(living.first_memory),
        living.first_memory <= 300 * MEGABYTE,
        megabytes(build.memory) if build else "–",
    )
    yield Row(
        f"restart at {total:,}, to the first feed answered",
        "1.5 s",
        f"median {seconds(median(living.restarts))}, worst {seconds(max(living.restarts))}"
        f" ({len(living.restarts)} restarts)",
        max(living.restarts) <= 1.5,
        "builds everything again",
    )
    yield Row(
        f"memory of a worker at {total:,}, both feeds and {living.pages:,} pages served",
        "120 MB",
        ", ".join(f"RSS {megabytes(r)} (PSS {megabytes(p)})" for r, p in living.workers),
        max(r for r, _ in living.workers) <= 120 * MEGABYTE,
    )
    yield Row(
        f"processor time of a rescan of {total:,} unchanged files",
        "1 s",
        f"median {seconds(median(living.rescans))} ({len(living.rescans)} scans)",
        median(living.rescans) <= 1,
    )
    if living.idle is not None:
        yield Row(
            f"processor time of all processes at {total:,} while nothing happens",
            "under 0.2% of a core",
            f"{living.idle * 100:.2f}% of a core",
            living.idle < 0.002,
        )


def _rows_of_growth(growth: Growth) -> Iterator[Row]:
    before, after = (
        (sum(memory for _, memory, _ in weights), sum(count for _, _, count in weights))
        for weights in (growth.before.values(), growth.after.values())
    )
    percent = (after[0] / before[0] - 1) * 100
    yield Row(
        f"growth of memory over {growth.changes:,} changes while serving",
        "under 2%",
        f"{percent:+.1f}% ({before[0] / MEGABYTE:.1f} MB to {after[0] / MEGABYTE:.1f} MB)",
        percent < 2,
    )
    yield Row(
        "growth of open file descriptors in it",
        "0",
        f"{after[1] - before[1]:+d} ({before[1]} to {after[1]})",
        after[1] <= before[1] and growth.before.keys() == growth.after.keys(),
    )
