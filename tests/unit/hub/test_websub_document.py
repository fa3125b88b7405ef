"""The table of requirements in docs/websub.md names tests that exist."""

import re

from tests.support.newsroom import ROOT

FILES = {
    "S": "tests/service/test_hub.py",
    "P": "tests/unit/hub/test_protocol.py",
    "T": "tests/unit/hub/test_store.py",
    "D": "tests/http/test_websub_discovery.py",
}


def test_each_requirement_names_tests_that_exist() -> None:
    tests = {
        key: re.findall(r"def test_(\w+)", (ROOT / path).read_text()) for key, path in FILES.items()
    }
    lines = (ROOT / "docs" / "websub.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[-2] for line in lines if re.match(r"\| \d", line)]
    assert len(rows) > 25
    for row in rows:
        names = re.findall(r"([SPTD])? ?`(\w+)…?`", row)
        assert names or "test_hub_reader" in row, row
        key = ""
        for given, name in names:
            key = given or key
            assert any(each.startswith(name) for each in tests[key]), (key, name)
