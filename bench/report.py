"""The figures of bench.serving as tables and plots in docs/.

python -m bench.report
"""

import json
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("svg")
# The same figures give the same bytes.
mpl.rcParams.update({"svg.hashsalt": "feedsvc", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from bench.common import MEGABYTE  # noqa: E402
from bench.results import machine, write_part  # noqa: E402
from bench.serving import FIGURES  # noqa: E402

LOADS = ("gzip 200", "304 by tag", "304 by date", "page, gzip 200")
_VERDICTS = {True: "yes", False: "**no**", None: ""}
Runs = Sequence[dict[str, Any]]


class Goal(NamedTuple):
    """A row of the table of goals; `reached` is None if there is no goal."""

    what: str
    bound: str
    found: str
    reached: bool | None


def middle(runs: Runs, what: str) -> float:
    """Return the median of a figure over the rounds."""
    return float(median(run[what] for run in runs))


def ratio(runs: Runs, others: Runs) -> float:
    """Return the median, over the rounds, of one rate divided by the other of the same round."""
    return float(
        median(run["rate"] / other["rate"] for run, other in zip(runs, others, strict=True))
    )


def peers_table(figures: dict[str, Any]) -> list[str]:
    """Return the rows of each server with each load."""
    rows = [
        "| server | load | requests per second | of nginx | CPU per request | 50% | 99% |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, loads in figures["peers"].items():
        for load in LOADS:
            if load in loads:
                runs = loads[load]
                part = ratio(runs, figures["peers"]["nginx"][load])
                rows.append(
                    f"| {name} | {load} | {middle(runs, 'rate'):,.0f} | {part:.3f}"
                    f" | {middle(runs, 'cpu') * 1e6:,.0f} us"
                    f" | {middle(runs, 'p50'):.1f} ms | {middle(runs, 'p99'):.1f} ms |"
                )
    return rows


def goals_table(figures: dict[str, Any]) -> list[str]:
    """Return the rows of the goals and of what was measured."""
    goals = [*rate_goals(figures), *latency_goals(figures["mix"]), *size_goals(figures["growth"])]
    return [
        "| what | to reach | measured | reached |",
        "|---|---|---|---|",
        *(
            f"| {goal.what} | {goal.bound} | {goal.found} | {_VERDICTS[goal.reached]} |"
            for goal in goals
        ),
    ]


def rate_goals(figures: dict[str, Any]) -> Iterator[Goal]:
    """Yield the goals for rates and for the processor time of a 304."""
    ours, nginx = figures["peers"]["feedsvc"], figures["peers"]["nginx"]
    full = ratio(ours["gzip 200"], nginx["gzip 200"])
    yield Goal("gzip 200 of 20 full entries, against nginx", "0.9", f"{full:.2f}", full >= 0.9)
    same = ratio(ours["304 by tag"], nginx["304 by tag"])
    yield Goal("304, against nginx", "0.7", f"{same:.2f}", same >= 0.7)
    kept = ratio(figures["mix"]["changing"], figures["mix"]["rest"])
    what = "the mix while entries change twice a second, against the mix at rest"
    yield Goal(what, "0.9", f"{kept:.2f}", kept >= 0.9)
    cost = middle(ours["304 by tag"], "cpu") * 1e6
    nginx_cost = middle(nginx["304 by tag"], "cpu") * 1e6
    yield Goal("CPU per 304", "35 us", f"{cost:.0f} us (nginx {nginx_cost:.0f} us)", cost <= 35)


def latency_goals(mix: dict[str, Any]) -> Iterator[Goal]:
    """Yield the goals for latencies."""
    late = mix["half"]["p99"]
    yield Goal("99th percentile at half the top rate", "5 ms", f"{late:.1f} ms", late <= 5)
    after = mix["after changes"]["p99"]
    yield Goal("the same in the 100 ms after a change", "30 ms", f"{after:.1f} ms", after <= 30)


def size_goals(growth: dict[str, Any]) -> Iterator[Goal]:
    """Yield the goals with the most entries."""
    smallest, *_, largest = growth.values()
    worst = max(
        middle(largest["loads"][load], "cpu") / middle(runs, "cpu")
        for load, runs in smallest["loads"].items()
    )
    yield Goal(
        f"CPU per request, {max(map(int, growth)):,} entries against 10, the worst of the loads",
        "1.2 times",
        f"{worst:.2f} times",
        worst <= 1.2,
    )
    beside = largest["beside"]
    yield Goal(
        f"a poll beside four readers of archives ({beside['archive']:.0f} ms each)",
        "–",
        f"median {beside['p50']:.1f} ms, 99th percentile {beside['p99']:.0f} ms",
        None,
    )
    memory = largest["memory"] / MEGABYTE
    yield Goal(
        "memory of two workers and all (sum of PSS) with the most entries",
        "200 MB",
        f"{memory:.0f} MB",
        memory <= 200,
    )


def plot_peers(figures: dict[str, Any]) -> None:
    """Plot the rates of the servers with full feeds and with 304s."""
    loads = LOADS[:2]
    names = list(figures["peers"])
    picture, axes = plt.subplots(1, 2, figsize=(8, 2.6), sharey=True)
    for axis, load in zip(axes, loads, strict=True):
        rates = [middle(figures["peers"][name][load], "rate") for name in names]
        bars = axis.barh(names, rates, color=["#888" if n != "feedsvc" else "#2a6" for n in names])
        axis.bar_label(bars, [f"{rate:,.0f}" for rate in rates], padding=2)
        axis.set_title(f"{load}, requests per second")
        axis.set_xlim(0, max(rates) * 1.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    save(picture, "serving-peers")


def plot_growth(figures: dict[str, Any]) -> None:
    """Plot the processor time of a request by the number of entries."""
    sizes = [int(size) for size in figures["growth"]]
    picture, axis = plt.subplots(figsize=(5, 2.6))
    for load in LOADS:
        costs = [middle(found["loads"][load], "cpu") * 1e6 for found in figures["growth"].values()]
        axis.plot(sizes, costs, marker="o", label=load)
    axis.set_xscale("log")
    axis.set_ylim(0, 1.2 * axis.dataLim.ymax)
    axis.set_xlabel("entries")
    axis.set_ylabel("CPU per request, us")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    save(picture, "serving-growth")


def save(picture: Figure, name: str) -> None:
    """Write a plot."""
    picture.tight_layout()
    picture.savefig(FIGURES.with_name(f"{name}.svg"), metadata={"Date": None})


def main() -> None:
    """Write tables and plots."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    plot_peers(figures)
    plot_growth(figures)
    lines = [
        *goals_table(figures),
        "",
        "![Requests per second of each server](figures/serving-peers.svg)",
        "",
        *peers_table(figures),
        "",
        "![Processor time per request, by number of entries](figures/serving-growth.svg)",
        "",
        *machine(figures["with"], f"measured {figures['when']}").splitlines(),
    ]
    write_part("serving", "\n".join(lines))


if __name__ == "__main__":
    main()
