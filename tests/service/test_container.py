"""The image: built by podman, run without rights on a read-only root, with a volume that stays."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.connections import ATOM
from tests.support.container import Containers, container
from tests.support.newsroom import item
from tests.support.service import page
from tests.support.waiting import wait_for

# In bytes, of which Debian with Python is 177 MB.
LARGEST = 360_000_000


@pytest.fixture
def containers() -> Iterator[Containers]:
    # podman wants a short path.
    with tempfile.TemporaryDirectory(prefix="feedsvc-image-") as folder:
        one = Containers(Path(folder))
        try:
            one.build()
            yield one
        finally:
            one.end()


def test_the_image_is_built_and_serves_without_rights_and_its_volume_stays(
    containers: Containers, tmp_path: Path
) -> None:
    assert containers.size() < LARGEST
    news = tmp_path / "news"
    news.mkdir()
    (news / "first.md").write_bytes(item("Первая"))
    (news / "second.md").write_bytes(item("Вторая"))
    with container(containers, news) as one:
        wait_for(lambda: "Первая" in one.get(ATOM)[1])
        assert one.execute("id").stdout.startswith(
            "uid=10001(feedsvc) gid=10001(feedsvc) groups=10001(feedsvc)"
        )
        for file in ("/x", "/opt/feedsvc/x", "/srv/news/x"):
            assert "Read-only file system" in one.execute("touch", file).stderr
        status = one.execute("cat", "/proc/self/status").stdout
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        # Nothing that installs is left.
        assert one.execute("/opt/feedsvc/bin/python", "-m", "pip").returncode != 0
        # Only the catalogue in the volume remembers an entry whose file is gone.
        (news / "second.md").unlink()
        wait_for(lambda: one.get(page("second"))[0] == 410)
        assert one.stop() == 0
        assert "Traceback" not in one.log()
    with container(containers, news) as other:
        wait_for(lambda: "Первая" in other.get(ATOM)[1])
        assert other.get(page("second"))[0] == 410
