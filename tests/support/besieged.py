"""A service of hostile entries, and a browser window that notices what they do."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Dialog, Page, Request

from tests.support.browsing import script
from tests.support.hostile import SNIPPETS
from tests.support.newsroom import item
from tests.support.press_entries import draw
from tests.support.service import Service

LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  report(`${event.effectiveDirective} blocked ${event.blockedURI}`));
fired = () => report("fired");
"""
# An entry may refer to pictures elsewhere; the policy keeps the browser from fetching them.
EXPECTED = ("img-src blocked ", "media-src blocked ")
# So many attacks share a withdrawal reason and a plain text.
TOGETHER = 8


def file_name(snippet: str, number: int, suffix: str) -> str:
    """Return a file name with as much of an attack as file system and service accept."""
    kept = "".join(sign for sign in snippet if sign.isprintable() and sign not in "/\0")
    return f"{number} {kept[:60]}{suffix}"


def write_attack(entries: Path, number: int, snippet: str) -> None:
    """Write an entry with the attack in every field, and files with the attack as their name."""
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
    # Of what is nothing but code of a template no title would be left.
    title = f"Атака {snippet}" if snippet.startswith("{") else snippet
    data = item(title, f"2026-0{number % 9 + 1}-01", body, **keys, guid=guid)
    front = f"image: {json.dumps(image, ensure_ascii=False)}\n"
    front += f"categories: {json.dumps([f'Рубрика {snippet}'[:100]], ensure_ascii=False)}\n"
    front += f"attachments: {json.dumps([paper], ensure_ascii=False)}\n"
    data = data.replace(b"---\n", f"---\n{front}".encode(), 1)
    (entries / f"attack-{number}.md").write_bytes(data)


def fill(entries: Path) -> None:
    """Write each attack as an entry, and groups of them as withdrawals and as plain texts."""
    for number, snippet in enumerate(SNIPPETS):
        write_attack(entries, number, snippet)
    for start in range(0, len(SNIPPETS), TOGETHER):
        some = SNIPPETS[start : start + TOGETHER]
        joined = " ".join(some)
        # A title has at most 500 characters.
        gone = item(joined[:500].rstrip(), status="withdrawn", reason=joined)
        (entries / f"gone-{start}.md").write_bytes(gone)
        text = "\n\n".join((some[0], "02.01.2026", "Текст.", *some)) + "\n"
        name = file_name(some[0], start, ".txt")
        (entries / name).write_bytes(text.replace("\0", "").encode())


@dataclass
class Monitor:
    """A window, and what happened in it that should not have."""

    window: Page
    site: str
    events: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window.expose_function("report", self._report)
        self.window.add_init_script(LISTEN)
        self.window.on("dialog", self._dialog)
        self.window.on("popup", lambda _: self.events.append("opened a window"))
        self.window.on("download", lambda _: self.events.append("downloaded"))
        self.window.on("requestfinished", self._loaded)
        self.window.on("requestfailed", self._failed)

    def _report(self, event: str) -> None:
        if not event.startswith(EXPECTED):
            self.events.append(event)

    def _dialog(self, dialog: Dialog) -> None:
        self.events.append(f"asked {dialog.message}")
        dialog.dismiss()

    def _loaded(self, request: Request) -> None:
        if not request.url.startswith(("data:", "about:", self.site)):
            self.events.append(f"loaded {request.url}")

    def _failed(self, request: Request) -> None:
        # The policy stops a request before it is sent; one that fails otherwise was sent.
        if request.failure != "csp" and not request.url.startswith(self.site):
            self.events.append(f"tried {request.url}")

    def events_on(self, path: str, status: int = 200) -> list[str]:
        """Open a page, and return what happened on it."""
        self.events.clear()
        answer = self.window.goto(self.site + path)
        assert answer is not None
        assert answer.status == status, path
        traces = self.window.evaluate(script("traces"))
        if self.window.url != answer.url or len(self.window.frames) != 1:
            traces.append(f"led to {self.window.url}")
        return [f"{path}: {event}" for event in (*self.events, *traces)]

    def events_on_all(self, paths: Iterable[str], status: int = 200) -> list[str]:
        """Open the pages one after another, and return what happened on them."""
        return [event for path in paths for event in self.events_on(path, status)]


def paths_in(service: Service, sitemap: str) -> list[str]:
    """Return the paths of the pages in a sitemap."""
    return [
        urlsplit(url).path for url in re.findall(r"<loc>([^<]+)</loc>", service.get(sitemap)[1])
    ]
