"""The document cache: what is rendered when, what is kept, what makes room."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from feedsvc import clock
from feedsvc.edition import Edition
from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web import document_cache, freshness
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.representation import Representation, represent
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item


class Renderer:
    """Renders the titles that are public, and counts how often it did."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, edition: Edition) -> Representation:
        self.times += 1
        titles = [entry.title for entry in edition.newest(9)]
        return represent(" ".join(titles).encode(), "text/plain")


@pytest.fixture
def render() -> Renderer:
    return Renderer()


@pytest.fixture
def now(set_clock: SetClock) -> None:
    set_clock(NOW)


def text(cached: document_cache.CachedDocument) -> str:
    return cached.document.body.decode()


@pytest.mark.usefixtures("now")
def test_a_document_is_rendered_once_for_each_revision(
    newsroom: Newsroom, render: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    newsroom.publish({"a.md": item("A", id="a")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    assert [text(documents.get("x", render)) for _ in range(2)] == ["A", "A"]
    assert render.times == 1
    newsroom.apply({"b.txt": b"broken"})
    documents.get("x", render)
    assert render.times == 1
    newsroom.apply({"b.md": item("B", id="b", date="2026-02-02")})
    assert text(documents.get("x", render)) == "B A"
    assert render.times == 2


def test_a_document_is_rendered_again_when_a_scheduled_entry_is_due(
    newsroom: Newsroom, render: Renderer, set_clock: SetClock
) -> None:
    later = "2026-07-01T15:30:00+03:00"  # half an hour after NOW
    newsroom.publish({"a.md": item("A"), "b.md": item("B", date=later)})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    rendered = []
    for seconds in (0, 1799, 1800, 1801, 1799, 1800):
        set_clock(NOW + seconds * SECOND)
        rendered.append(text(documents.get("x", render)))
    assert rendered == ["A", "A", "B A", "B A", "A", "B A"]


@pytest.mark.usefixtures("now")
def test_one_thread_renders_and_the_others_wait(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("A")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    rendered = []

    def slowly(_: Edition) -> Representation:
        rendered.append(threading.get_ident())
        # Long enough for the others to come; nothing shows that they wait.
        time.sleep(0.1)
        return represent(b"x", "text/plain")

    threads = [threading.Thread(target=documents.get, args=("x", slowly)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rendered) == 1


@pytest.mark.usefixtures("now")
def test_the_least_recently_used_documents_make_room(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("A")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance), limit=150)
    rendered: list[str] = []

    def get(key: str, size: int) -> None:
        def render(_: Edition) -> Representation:
            rendered.append(key)
            return Representation("text/plain", b"x" * size, "tag")

        documents.get(key, render)

    for key in ("a", "b", "a", "c", "a", "b", "huge", "huge"):
        get(key, 400 if key == "huge" else 40)
    assert rendered == ["a", "b", "c", "b", "huge"]


@pytest.mark.usefixtures("now")
def test_the_last_version_is_returned_if_the_catalogue_cannot_be_read(
    newsroom: Newsroom, render: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    newsroom.publish({"a.md": item("A")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    documents.get("x", render)
    newsroom.writer.close()
    for path in Path(newsroom.settings.instance).iterdir():
        path.write_bytes(b"garbage" * 1000)
    assert text(documents.get("x", render)) == "A"
    with pytest.raises(CatalogueUnavailable):
        documents.get("y", render)
    shutil.rmtree(newsroom.settings.instance)
    newsroom.settings.instance.mkdir()
    assert text(documents.get("x", render)) == "A"


@pytest.mark.usefixtures("now")
def test_a_document_that_cannot_be_rendered_is_not_cached(
    newsroom: Newsroom, render: Renderer
) -> None:
    newsroom.publish({"a.md": item("A")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))

    def fail(_: Edition) -> Representation:
        raise LookupError

    with pytest.raises(LookupError):
        documents.get("x", fail)
    assert text(documents.get("x", render)) == "A"


class Reporter(Renderer):
    """Keeps the titles that it rendered last, too."""

    titles = ""

    def __call__(self, edition: Edition) -> Representation:
        document = super().__call__(edition)
        self.titles = document.body.decode()
        return represent(document.body * 50, "text/plain")


def test_documents_are_rendered_ahead_before_a_change_is_visible(
    newsroom: Newsroom,
) -> None:
    render = Reporter()
    newsroom.publish({"a.md": item("A", id="a")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    documents.render_ahead("x", render)
    documents.refresh()
    assert (render.times, render.titles) == (1, "A")
    documents.get("x", render).document.encoded("gzip")
    before = documents.validity(clock.now())
    newsroom.apply({"b.md": item("B", id="b", date="2026-02-02")})
    # A request between two refreshes receives the version of before.
    assert documents.validity(clock.now()) is before
    assert text(documents.get("x", render)) == "A" * 50
    documents.refresh()
    assert documents.validity(clock.now()).revision == before.revision + 1
    assert (render.times, render.titles) == (2, "B A")
    cached = documents.get("x", render)
    assert render.times == 2
    # Encoded, too, in the coding that was requested before.
    assert cached.document.content_codings() == ("gzip",)
    documents.refresh()
    assert render.times == 2


def test_a_document_that_nobody_requests_is_not_rendered_ahead_for_ever(newsroom: Newsroom) -> None:
    render = Reporter()
    newsroom.publish({"a.md": item("0", id="a")})
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    documents.render_ahead("x", render)
    for number in range(1, 2 * document_cache.MAX_UNUSED):
        newsroom.apply({"a.md": item(str(number), id="a")})
        documents.refresh()
    assert render.times == document_cache.MAX_UNUSED
    assert text(documents.get("x", render)) == str(number) * 50
    for number in range(3):
        newsroom.apply({"a.md": item(f"again {number}", id="a")})
        documents.refresh()
        assert render.titles == f"again {number}"


def test_a_refresh_without_a_catalogue_renders_nothing(
    newsroom: Newsroom, render: Renderer
) -> None:
    documents = DocumentCache(Catalogue(newsroom.settings.instance))
    documents.render_ahead("x", render)
    documents.refresh()
    with pytest.raises(CatalogueUnavailable):
        documents.validity(clock.now())
    newsroom.publish({"a.md": item("A", id="a")})
    documents.refresh()
    assert render.times == 1
