"""Every attack in every field, opened in a real browser: nothing happens."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request

from tests.support.browsing import script, windows
from tests.support.faults import served
from tests.support.hostile import SNIPPETS
from tests.support.newsroom import item
from tests.support.press_centre import draw
from tests.support.service import Service, soon
from tests.support.service import page as page_of

pytestmark = pytest.mark.long
LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  report(`${event.effectiveDirective} blocked ${event.blockedURI}`));
fired = () => report("fired");
"""
# A news may show a picture from elsewhere; that the browser is not to fetch it is the policy's.
KEPT_OUT = ("img-src blocked ", "media-src blocked ")
TOGETHER = 8


def file_name(snippet: str, number: int, suffix: str) -> str:
    """Make a name of an attack, as far as a file system and the service take it."""
    kept = "".join(sign for sign in snippet if sign.isprintable() and sign not in "/\0")
    return f"{number} {kept[:60]}{suffix}"


def attacking(entries: Path, number: int, snippet: str) -> None:
    """Write an entry whose every field is the attack, with files of its name."""
    folder = entries / f"attack-{number}"
    picture, paper = (file_name(snippet, number, end) for end in (".png", ".pdf"))
    draw(folder / picture, (40, 30))
    (folder / paper).write_bytes(b"%PDF-1.4")
    image = {"file": picture, "alt": snippet, "caption": snippet}
    body = (
        f"Начало {snippet} конец.\n\n{snippet}\n\n[{snippet}]({snippet} '{snippet}')\n\n"
        f'<a href="{snippet}" title="{snippet}">x</a> <img src="{snippet}" alt="{snippet}">\n\n'
        f"| {snippet} |\n|---|\n| {snippet} |\n\n> {snippet}\n\n- {snippet}\n\n"
        f"`{snippet}`\n\n    {snippet}\n\n![{snippet}]({snippet})\n\nКонец.\n"
    )
    keys = dict.fromkeys(("summary", "author", "correction", "address", "lang"), snippet)
    guid = f"tag:evil.example,2026:{number}-{quote(snippet, safe='')}"
    data = item(snippet, f"2026-0{number % 9 + 1}-01", body, **keys, guid=guid)
    front = f"image: {json.dumps(image, ensure_ascii=False)}\n"
    front += f"categories: {json.dumps([f'Рубрика {snippet}'[:100]], ensure_ascii=False)}\n"
    front += f"attachments: {json.dumps([paper], ensure_ascii=False)}\n"
    data = data.replace(b"---\n", f"---\n{front}".encode(), 1)
    (entries / f"attack-{number}.md").write_bytes(data)


def fill(entries: Path) -> None:
    """Write the attacks: alone in all fields, and some together as reasons and as plain text."""
    for number, snippet in enumerate(SNIPPETS):
        attacking(entries, number, snippet)
    for start in range(0, len(SNIPPETS), TOGETHER):
        some = SNIPPETS[start : start + TOGETHER]
        joined = " ".join(some)
        gone = item(joined, status="withdrawn", reason=joined)
        (entries / f"gone-{start}.md").write_bytes(gone)
        text = "\n\n".join((some[0], "02.01.2026", "Текст.", *some)) + "\n"
        name = file_name(some[0], start, ".txt")
        (entries / name).write_bytes(text.replace("\0", "").encode())


@dataclass
class Watched:
    """A window, and what happened in it that should not have."""

    window: Page
    site: str
    events: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window.expose_function("report", self._report)
        self.window.add_init_script(LISTEN)
        self.window.on("dialog", self._ask)
        self.window.on("popup", lambda _: self.events.append("opened a window"))
        self.window.on("download", lambda _: self.events.append("downloaded"))
        self.window.on("requestfinished", self._loaded)
        self.window.on("requestfailed", self._failed)

    def _report(self, event: str) -> None:
        if not event.startswith(KEPT_OUT):
            self.events.append(event)

    def _ask(self, dialog: Dialog) -> None:
        self.events.append(f"asked {dialog.message}")
        dialog.dismiss()

    def _loaded(self, request: Request) -> None:
        if not request.url.startswith(("data:", "about:", self.site)):
            self.events.append(f"loaded {request.url}")

    def _failed(self, request: Request) -> None:
        # What the policy forbids never leaves; what fails otherwise was tried.
        if request.failure != "csp" and not request.url.startswith(self.site):
            self.events.append(f"tried {request.url}")

    def look(self, path: str, status: int = 200) -> list[str]:
        """Open a page; give what happened."""
        self.events.clear()
        answer = self.window.goto(self.site + path)
        assert answer is not None
        assert answer.status == status, path
        found = self.window.evaluate(script("traces"))
        if self.window.url != answer.url or len(self.window.frames) != 1:
            found.append(f"led to {self.window.url}")
        return [f"{path}: {event}" for event in (*self.events, *found)]


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve the attacks; lists hold as many as there may be."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "entries").mkdir()
    fill(folder / "entries")
    with served(folder, "env", "FEEDSVC_FEED_SIZE=500") as service:
        soon(lambda: service.get("/")[0] == 200, 120)
        yield service


@pytest.fixture(scope="module")
def watched(browser: Browser, besieged: Service) -> Iterator[Watched]:
    with windows(browser) as context:
        yield Watched(context.new_page(), f"http://127.0.0.1:{besieged.port}")


def found_in(service: Service, *sitemaps: str) -> list[str]:
    """Give the paths that the sitemaps tell."""
    told = "".join(service.get(path)[1] for path in sitemaps)
    return [urlsplit(url).path for url in re.findall(r"<loc>([^<]+)</loc>", told)]


def test_there_are_five_hundred_attacks_and_all_are_published(besieged: Service) -> None:
    assert len(SNIPPETS) >= 500
    paths = found_in(besieged, "/sitemap/2026-1.xml")
    named = {path for path in paths if "/attack-" in path}
    assert len(named) == len(SNIPPETS)
    assert len(paths) > len(SNIPPETS) + len(SNIPPETS) / TOGETHER / 2


@pytest.mark.parametrize("part", range(10))
def test_nothing_happens_on_the_page_of_an_attack(
    part: int, besieged: Service, watched: Watched
) -> None:
    paths = found_in(besieged, "/sitemap/2026-1.xml")[part::10]
    assert [event for path in paths for event in watched.look(path)] == []


def test_nothing_happens_where_an_attack_was_withdrawn(watched: Watched) -> None:
    starts = range(0, len(SNIPPETS), TOGETHER)
    assert [e for start in starts for e in watched.look(page_of(f"gone-{start}"), 410)] == []


def test_nothing_happens_in_lists(besieged: Service, watched: Watched) -> None:
    paths = found_in(besieged, "/sitemap/pages.xml")
    assert {"/", "/feeds/"} <= set(paths)
    categories = [path for path in paths if path.startswith("/category/")]
    assert len(categories) > 100
    # All their labels stand on the page about the feeds; a page of each is more of the same.
    for path in [each for n, each in enumerate(categories) if n % 4]:
        paths.remove(path)
    assert [event for path in paths for event in watched.look(path)] == []


def test_nothing_happens_where_an_attack_is_searched_for(watched: Watched) -> None:
    paths = [f"/search?q={quote(snippet, safe='')}" for snippet in SNIPPETS[::3]]
    assert [event for path in paths for event in watched.look(path)] == []


def test_nothing_happens_at_an_address_that_is_an_attack(watched: Watched) -> None:
    paths = [f"/{quote(snippet, safe='')}" for snippet in SNIPPETS[::10]]
    assert [event for path in paths for event in watched.look(path, 404)] == []


def test_it_would_be_noticed(browser: Browser) -> None:
    """The same in a page that lets it happen."""
    noticed = 0
    with windows(browser) as context:
        watched = Watched(context.new_page(), "about:blank")
        watched.window.goto("about:blank")
        for snippet in SNIPPETS[::10]:
            watched.events.clear()
            watched.window.set_content(f"<h1>x</h1><div>{snippet}</div>", wait_until="commit")
            watched.window.wait_for_timeout(20)
            traces = watched.window.evaluate(script("traces"))
            noticed += bool(watched.events) or any("torn" not in trace for trace in traces)
    assert noticed > len(SNIPPETS) / 10 / 2
