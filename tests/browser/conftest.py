"""What the browser tests share: one browser and one of each service per xdist worker."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support.besieged import Monitor, fill
from tests.support.browsing import new_context, running_browser
from tests.support.faults import served
from tests.support.press_centre import PressCentre, running_press_centre
from tests.support.service import Service
from tests.support.waiting import wait_for


@pytest.fixture(scope="session")
def press_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PressCentre]:
    """Serve the press centre, one without news, and one without a catalogue."""
    with running_press_centre(tmp_path_factory.mktemp("press-centre")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser. While it runs, asyncio.run() cannot be used in this process."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Open the windows that most pages are shown in."""
    with new_context(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve hostile entries; lists are as long as they may be."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "entries").mkdir()
    fill(folder / "entries")
    with served(folder, "env", "FEEDSVC_FEED_SIZE=500") as service:
        wait_for(lambda: service.get("/")[0] == 200, 120)
        yield service


@pytest.fixture(scope="session")
def monitor(browser: Browser, besieged: Service) -> Iterator[Monitor]:
    """Open a window that notices what the hostile entries do."""
    with new_context(browser) as opened:
        yield Monitor(opened.new_page(), f"http://127.0.0.1:{besieged.port}")
