"""A real WordPress, exported and imported, and compared post by post with its own feed."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from urllib.parse import unquote, urlsplit

import feedparser
import pytest

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.edition import Edition
from feedsvc.model import Entry
from feedsvc.settings import Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.text import place
from tests.support.commands import run
from tests.support.faults import needs
from tests.support.files import publish_what_is_there
from tests.support.generators import words
from tests.support.newsroom import SITE, Newsroom
from tests.support.wordpress_site import running_wordpress


@dataclass(frozen=True)
class Moved:
    """What was imported: its settings, its public entries by title, and what WordPress serves."""

    settings: Settings
    entries: dict[str, Entry]
    feed: list[feedparser.FeedParserDict]
    uploads: dict[str, bytes]
    messages: str


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    needs("mariadbd", "mariadb-install-db", "php", root=True)
    folder = tmp_path_factory.mktemp("wp")
    (folder / "entries").mkdir()
    variables = {"FEEDSVC_BASE_URL": SITE, "FEEDSVC_LANGUAGE": "en"}
    with running_wordpress(folder) as wordpress:
        source = [str(wordpress.export), "--host", "127.0.0.1"]
        done = run(folder, "import", *source, **variables)
        with urllib.request.urlopen(f"{wordpress.url}/?feed=atom", timeout=30) as answer:
            feed = feedparser.parse(answer.read()).entries
        again = run(folder, "import", *source, **variables).stdout.splitlines()[-1]
        uploads = {
            path.name: path.read_bytes()
            for path in (wordpress.folder / "wp-content" / "uploads").rglob("*.png")
        }
    assert again == "Texts: 0, of them drafts: 0; files: 0; there before: 36"
    settings = replace(
        load({"FEEDSVC_TIMEZONE": "Europe/Moscow", "FEEDSVC_BASE_URL": SITE}),
        entries=folder / "entries",
        instance=folder / "instance",
    )
    room = Newsroom(settings)
    publish_what_is_there(room, clock.now())
    with Catalogue(settings.instance).snapshot() as snapshot:
        public = {each.title: each for each in Edition(snapshot, clock.now()).newest(1000)}
    yield Moved(settings, public, feed, uploads, done.stdout)
    room.writer.close()


def public(moved: Moved) -> Iterator[tuple[feedparser.FeedParserDict, Entry]]:
    """Yield what WordPress shows to everybody, and the entry that it has become."""
    for theirs in moved.feed:
        if not theirs.title.startswith("Protected:"):
            yield theirs, moved.entries[unescape(theirs.title) or "Без заголовка, но с текстом."]


def test_each_public_post_is_an_entry_and_no_other_is(moved: Moved) -> None:
    assert len(list(public(moved))) == len(moved.entries) == 31
    assert not [title for title in moved.entries if "Тайна" in moved.entries[title].html]


def test_what_was_hidden_is_there_as_a_draft_or_waits_for_its_date(moved: Moved) -> None:
    texts = [path.read_text() for path in moved.settings.entries.rglob("*.md")]
    hidden = [text for text in texts if "Тайна" in text]
    assert len(hidden) == 5
    assert sum("status: draft" in text for text in hidden) == 4
    assert sum("date: '2099-01-01T10:00:00+03:00'" in text for text in hidden) == 1
    for message in ("its status is «trash»", "it had a password", "comments", "of another type"):
        assert message in moved.messages


def test_heads_are_the_same(moved: Moved) -> None:
    for theirs, ours in public(moved):
        assert ours.published == datetime.fromisoformat(theirs.published)
        assert ours.author == theirs.author == "Иван Петров"
        labels = {tag.term for tag in theirs.tags} - {"Uncategorized"}
        assert {each.label for each in ours.categories} == labels
        assert ours.address == theirs.link


def test_words_pictures_and_links_are_the_same(moved: Moved) -> None:
    for theirs, ours in public(moved):
        html = theirs.content[0].value
        own, other = (Counter(words(each)) for each in (ours.html, html))
        # Shortcodes that WordPress does not know are left out; links to videos say what they are.
        if ours.title in ("Неизвестное", "Код", "Видео"):
            continue
        assert (other - own).total() <= 0.01 * other.total(), ours.title
        # Its feed has galleries without captions.
        if "галерея" not in ours.title.lower():
            assert (own - other).total() <= 0.01 * own.total(), ours.title
        assert ours.html.count("<img") == html.count("<img"), ours.title
        assert ours.html.count("<li>") == html.count("<li>")
        assert ours.html.count("<p>") >= 0.8 * html.count("<p>")


def test_pictures_lie_beside_their_texts_as_they_were(moved: Moved) -> None:
    client = build_app(moved.settings).test_client()
    shown = 0
    for ours in moved.entries.values():
        pictures = [*([ours.image] if ours.image else []), *ours.inline]
        for file in pictures:
            with client.get(f"/media/{ours.id}/{file.name}") as answer:
                assert answer.data == moved.uploads[file.name]
            shown += 1
        assert "wp-content" not in place(ours.html, SITE)
    assert shown == 7
    assert (moved.entries["С подписью"].image or shown).name == "second.png"  # type: ignore[union-attr]


def test_every_address_of_a_post_leads_to_its_page(moved: Moved) -> None:
    client = build_app(moved.settings).test_client()
    for theirs, ours in public(moved):
        parts = urlsplit(theirs.link)
        for address in (parts.path, unquote(parts.path), parts.path.rstrip("/")):
            assert client.get(address).headers["Location"].endswith(ours.page)
        (number,) = [alias for alias in ours.aliases if alias.startswith("?p=")]
        assert client.get(f"/{number}").headers["Location"].endswith(ours.page)
    link = moved.entries["Ссылка"].html
    assert moved.entries["С подписью"].page in link


def test_the_service_has_nothing_to_say_of_what_was_written(moved: Moved) -> None:
    checked = run(moved.settings.entries.parent, "check", "--format", "json")
    assert json.loads(checked.stdout) == []


def test_nothing_that_readers_see_looks_like_code(moved: Moved) -> None:
    for path in moved.settings.entries.rglob("*.html"):
        # In small letters if PHP has mbstring.
        assert path.stem.lower() in ("bloki", "kod")
    for ours in moved.entries.values():
        if ours.title != "Код":  # which shows some
            for code in ("[caption", "[gallery", "[embed", "[contact", "{{", "wp:"):
                assert code not in ours.html
