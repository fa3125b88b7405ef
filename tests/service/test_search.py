"""The search of a running service."""

from pathlib import Path
from urllib.parse import quote

from feedsvc.search.index import FILE
from tests.support.newsroom import item
from tests.support.search_index import delete_index
from tests.support.service import SERVE, Service
from tests.support.waiting import wait_for

URL = f"/search?q={quote('импортозамещению')}"
FOUND = "<mark>импортозамещения</mark>"


def test_a_new_file_is_found_within_seconds_also_after_the_index_was_deleted(
    tmp_path: Path,
) -> None:
    service = Service(SERVE, tmp_path)
    try:
        wait_for(lambda: service.get(URL)[0] == 200)
        file = service.entries / "a.md"
        file.write_bytes(item("Штаб", body="Для импортозамещения."))
        wait_for(lambda: FOUND in service.get(URL)[1], 30)
        delete_index(service.instance / FILE)
        wait_for((service.instance / FILE).exists)
        wait_for(lambda: FOUND in service.get(URL)[1])
        file.write_bytes(item("Штаб", body="Для импортозамещения.", status="draft"))
        wait_for(lambda: "<mark>" not in service.get(URL)[1])
    finally:
        service.stop()
    assert "Traceback" not in (tmp_path / "log").read_text()
