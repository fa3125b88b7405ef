"""Metrics of a running service: counted in every worker, read by Prometheus itself."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from feedsvc.desk.keys import Keys
from tests.support.connections import log, reload
from tests.support.desk import KEY, RunningDesk, running_desk
from tests.support.metrics import ALERTS, parsed
from tests.support.newsroom import item
from tests.support.ports import free_port
from tests.support.service import SERVE, SERVERS, soon

TOKEN = Keys(KEY).metrics_token()
REQUESTS = "feedsvc_http_requests_total"


@contextmanager
def watched(folder: Path, command: list[str] = SERVE) -> Iterator[RunningDesk]:
    """Run a service with metrics and one entry."""
    with running_desk(folder, ["env", "FEEDSVC_DESK__METRICS=true", *command]) as desk:
        (desk.service.entries / "a.md").write_bytes(item("Public"))
        # uWSGI lets no thread run before the first request.
        soon(lambda: desk.service.get("/")[0] == 200, 60)
        soon(lambda: desk.service.shows("Public") and "feedsvc" in scrape(desk), 60)
        yield desk


def scrape(desk: RunningDesk) -> str:
    return desk.get(f"/metrics/{TOKEN}")[1]


def pages(desk: RunningDesk) -> float:
    """Return how often the page of the entry was answered, from memory or not."""
    series = parsed(scrape(desk))
    return sum(
        value
        for name, value in series.items()
        if name.startswith(REQUESTS) and 'code="200",document="entry"' in name
    )


def ask(desk: RunningDesk, number: int) -> None:
    for _ in range(number):
        assert desk.service.get("/presscenter/news/detail/a.html")[0] == 200


@pytest.mark.parametrize("server", ["granian", "gunicorn, preloaded", "uwsgi"])
def test_every_request_is_counted_under_any_server(tmp_path: Path, server: str) -> None:
    with watched(tmp_path, SERVERS[server]) as desk:
        ask(desk, 40)
        soon(lambda: pages(desk) == 40)
        series = parsed(scrape(desk))
        assert series[f'{REQUESTS}{{cache="hit",code="200",document="entry"}}'] >= 30
        assert series["feedsvc_render_duration_seconds_count"] > 0
        assert len(list((tmp_path / "instance" / "metrics").glob("*.counts"))) <= 5
    assert "Traceback" not in log(tmp_path)


def test_counts_never_go_backwards_while_workers_are_killed_and_replaced(tmp_path: Path) -> None:
    with watched(tmp_path) as desk:
        ask(desk, 10)
        soon(lambda: pages(desk) == 10)
        for pid in desk.service.workers():
            os.kill(pid, signal.SIGKILL)
            assert pages(desk) in (0, 10)  # the desk may end with that worker
        soon(lambda: pages(desk) == 10)
        reload(desk.service)
        soon(lambda: pages(desk) == 10)
        ask(desk, 10)
        soon(lambda: pages(desk) == 20)
        assert len(list((tmp_path / "instance" / "metrics").glob("*.counts"))) <= 2


def test_promtool_finds_nothing_wrong_with_what_is_given_out(tmp_path: Path) -> None:
    with watched(tmp_path) as desk:
        text = scrape(desk)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_alerts_do_what_their_own_tests_say() -> None:
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]):
        done = subprocess.run(
            ["promtool", *arguments],
            cwd=ALERTS.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    alerts = ALERTS.read_text(encoding="utf-8").count("- alert:")
    tested = (ALERTS.parent / "alerts-test.yml").read_text(encoding="utf-8")
    assert tested.count("exp_alerts:") == alerts


@contextmanager
def prometheus(folder: Path, scrape_config: str) -> Iterator[str]:
    """Run Prometheus with a scrape config, and with our alerts; yield its URL."""
    folder.mkdir()
    shutil.copy(ALERTS, folder)
    indented = "".join(f"  {line}\n" for line in scrape_config.splitlines())
    (folder / "prometheus.yml").write_text(
        "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
        f"rule_files:\n  - alerts.yml\nscrape_configs:\n{indented}"
    )
    subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=folder, check=True)
    port = free_port()
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=output,
            stderr=output,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def result(url: str, query: str) -> dict[str, str]:
    """Return the value of a query, by the label `document` or ``."""
    with suppress(URLError, OSError):
        with urlopen(f"{url}/api/v1/query?query={quote(query)}", timeout=10) as answer:
            rows = json.load(answer)["data"]["result"]
        return {row["metric"].get("document", ""): row["value"][1] for row in rows}
    return {}


def test_prometheus_scrapes_with_what_the_command_prints(tmp_path: Path) -> None:
    with watched(tmp_path) as desk:
        ask(desk, 7)
        environ = {
            "FEEDSVC_DESK__PORT": str(desk.port),
            "FEEDSVC_DESK__KEY": KEY,
            "FEEDSVC_DESK__METRICS": "true",
            "FEEDSVC_INSTANCE": str(desk.service.instance),
        }
        said = subprocess.run(
            [*SERVE[:3], "desk"],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        config = said[said.index("- job_name") :]
        with prometheus(tmp_path / "prometheus", config) as url:
            query = f"sum by (document) ({REQUESTS})"
            soon(lambda: result(url, query).get("entry") == "7")
            assert result(url, "up") == {"": "1"}
            assert result(url, "feedsvc_catalogue_ready") == {"": "1"}
            with urlopen(f"{url}/api/v1/rules", timeout=10) as answer:
                rules = json.load(answer)["data"]["groups"][0]["rules"]
            soon(lambda: result(url, "count(ALERTS)") == {})
            assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
