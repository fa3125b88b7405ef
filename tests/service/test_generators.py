"""Folders of Jekyll's and Hugo's, read as they are, beside what these systems build of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.edition import Edition
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support import generators
from tests.support.faults import needs
from tests.support.files import publish_what_is_there
from tests.support.newsroom import Newsroom

SYSTEMS = {
    "jekyll": (
        generators.jekyll_site,
        ["jekyll", "build", "--quiet", "--source", "{site}", "--destination", "{built}"],
        "",
        "/:categories/:year/:month/:day/:title.html",
    ),
    "hugo": (
        generators.hugo_site,
        ["hugo", "--quiet", "--source", "{site}", "--destination", "{built}"],
        "content",
        "/:sections/:slug/",
    ),
}
# What no reader may see outside of code.
CODE = ("{%", "{{", "{:", "{#", "{::", "<script", "<style", "var hidden", "color: red", "ref ")


@contextmanager
def published(settings: Settings, folder: Path, pattern: str) -> Iterator[tuple[Settings, str]]:
    """Publish the entries of a folder as they are; yield the settings, and what was reported."""
    settings = replace(settings, entries=folder, old_permalinks=(pattern,))
    room = Newsroom(settings)
    publish_what_is_there(room, clock.now())
    yield settings, "\n".join(str(problem) for problem in room.writer.snapshot().problems())
    room.writer.close()


def entries(settings: Settings) -> list[Entry]:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return list(Edition(snapshot, clock.now()).newest(10_000))


def ask(client: FlaskClient, path: str) -> tuple[str, str]:
    """Return the path that answers at last, and the page."""
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 200, path
    return response.request.path, response.text


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_folder_is_read_as_its_own_system_reads_it(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    needs(name, root=False)
    make, command, content, pattern = SYSTEMS[name]
    site, built = tmp_path / "site", tmp_path / "built"
    generators.lay(site, make())
    generators.build([part.format(site=site, built=built) for part in command])
    theirs = dict(generators.pages(built))
    assert len(theirs) == 30
    with published(settings, site / content, pattern) as (changed, problems):
        ours = {entry.page: entry for entry in entries(changed)}
        # What they hide is hidden, what they show is shown.
        assert len(ours) == 30, problems
        assert not [entry.title for entry in ours.values() if "СКРЫТО" in entry.title]
        client = build_app(changed).test_client()
        same = 0.0
        for path, html in theirs.items():
            page, text = ask(client, path)
            assert "СКРЫТО" not in text
            own = Counter(generators.words(ours[page].html))
            other = Counter(generators.words(html))
            same += 2 * (own & other).total() / (own.total() + other.total())
            assert (own & other).total() > 0.9 * other.total(), path
            shown = generators.words(ours[page].html.replace("<code>", "<script>"))
            assert not [word for word in shown if word.startswith(CODE)]
        assert same / len(theirs) > 0.99
    for entry in ours.values():
        assert not [
            code for code in CODE if code in entry.summary and "вот такие" not in entry.html
        ]


def test_links_within_and_between_texts_lead_to_pages(settings: Settings, tmp_path: Path) -> None:
    for name, (make, _, content, pattern) in SYSTEMS.items():
        site = tmp_path / name
        generators.lay(site, make())
        own = replace(settings, instance=tmp_path / f"instance of {name}")
        with published(own, site / content, pattern) as (changed, _):
            client = build_app(changed).test_client()
            (first,) = (entry for entry in entries(changed) if entry.title.startswith("Первая"))
            html = first.html.replace("\ufdd0", "")
            links = [each.partition('"')[0] for each in html.split('href="')[1:]]
            inside = [link for link in links if link.startswith("/")]
            assert len(inside) > 3
            for link in inside:
                path, _, fragment = link.partition("#")
                _, text = ask(client, path)
                assert not fragment or f'id="{fragment}"' in text or "%" in fragment, link
