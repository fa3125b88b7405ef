"""The list of documents: each answers at its path, and nothing else has one."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

import feedsvc
from feedsvc import urls
from feedsvc.app import build_app
from feedsvc.documents import DOCUMENTS, Document
from feedsvc.edition import Edition
from feedsvc.model import Entry
from feedsvc.settings import Settings
from tests.support.files import ARCHIVE, PDF, WITH_FILES, listing, picture, publish_folder
from tests.support.newsroom import NOW, Newsroom, SetClock, item

PACKAGE = Path(feedsvc.__file__).parent
FOLDER = {
    **WITH_FILES,
    "sport.md": item("Спорт", "2026-06-30", categories="Спорт"),
    "culture.md": item("Культура", "2025-12-31", categories="Культура и досуг"),
    "old.md": listing("отчёт.zip", "big.jpg"),
    "отчёт.zip": ARCHIVE,
    "big.jpg": picture((1600, 900)),
    "hidden.pdf": PDF,
    "draft.md": item("Draft", "2024-03-01", status="draft", categories="Черновики"),
    "scheduled.md": item("Scheduled", "2999-01-01", categories="Планы"),
    "sport.en.md": item("Sport", "2026-06-30"),
    "ended.md": item("Ended", "2022-05-05", expires="2022-06-05", categories="Сроки", lang="tt"),
    "withdrawn.md": item("Withdrawn", "2023-05-05", status="withdrawn", categories="Ошибки"),
}
HIDDEN = (
    *("draft", "scheduled", "withdrawn", "hidden", "2024", "2999", "2023", "ended", "2022"),
    *("sroki", "lang/tt"),
    *("chernoviki", "plany", "oshibki"),
)
PREFIXES = (
    *("/feeds", "/archive", "/category", "/lang", "/search", "/media", "/preview", "/sitemap"),
    *("/static", "/logo", "/robots", "/healthz", "/readyz"),
)


@pytest.fixture
def rich(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with all pictures that a site can have of itself."""
    icon, logo, square = (tmp_path / name for name in ("icon.png", "logo.jpg", "square.gif"))
    icon.write_bytes(picture(kind="PNG"))
    logo.write_bytes(picture())
    square.write_bytes(picture(kind="GIF"))
    return replace(settings, icon=icon, logo=logo, logo_square=square, dzen="news")


@pytest.fixture
def edition(newsroom: Newsroom, set_clock: SetClock) -> Edition:
    set_clock(NOW)
    publish_folder(newsroom, FOLDER)
    return newsroom.edition()


@pytest.fixture
def app(rich: Settings) -> Flask:
    return build_app(rich)


def listed(edition: Edition, settings: Settings) -> Iterator[tuple[Document, str]]:
    for document in DOCUMENTS:
        for path in document.paths(edition, settings):
            yield document, path


def test_every_document_answers_at_its_path_with_its_type(
    app: Flask, edition: Edition, rich: Settings
) -> None:
    files = {
        urls.media_path(entry.id, file.name): file.media_type
        for month, _ in edition.months()
        for entry in edition.for_month(month)
        for file in (entry.image, *entry.inline, *entry.attachments)
        if file is not None
    }
    files |= {"/logo/icon.png": "image/png", "/logo/logo.jpg": "image/jpeg"}
    files |= {"/logo/logo_square.gif": "image/gif"}
    client = app.test_client()
    names = set()
    for document, path in listed(edition, rich):
        response = client.get(path, buffered=True)
        expected = files.pop(path, document.media_type)
        if document.name == "thumbnail" and response.mimetype != expected:
            # A picture that is small already is sent as it is.
            expected = "image/png"
        assert (response.status_code, response.mimetype) == (200, expected), path
        names.add(document.name)
    # None of the files is left, and only what has no end is not listed.
    assert files == {}
    unlisted = {document.name for document in DOCUMENTS} - names
    unset = {"health", "ready", "indexnow key"}
    assert {name for name in unlisted if not name.startswith("search")} == unset


def test_the_paths_are_those_of_public_entries_alone(edition: Edition, rich: Settings) -> None:
    paths = [path for _, path in listed(edition, rich)]
    assert len(paths) == len(set(paths))
    assert not [path for path in paths if any(word in path for word in HIDDEN)]
    assert {"/archive/2025/12/", "/category/sport/2026/06/", "/media/news/photo.jpg"} <= {*paths}


def test_every_rule_is_that_of_a_document_or_an_alias(app: Flask, rich: Settings) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    aliases = " ".join(urls.ALIASES.values()).split()
    expected = [rule for document in DOCUMENTS for rule in document.rules(rich)]
    assert sorted(rules) == sorted([*expected, *aliases])
    assert len({document.name for document in DOCUMENTS}) == len(DOCUMENTS)


def test_the_functions_of_urls_make_paths_of_the_rules(
    app: Flask, edition: Edition, rich: Settings
) -> None:
    entry = edition.find("news")
    assert isinstance(entry, Entry)
    map_adapter = app.url_map.bind("x")
    month = {"year": "2014", "month": "08"}
    for path, expected in {
        entry.page: ("entry", {"id": "news"}),
        urls.entry_url(entry, rich).removeprefix(rich.site): ("entry", {"id": "news"}),
        urls.month_path("2014-08"): ("month", month),
        urls.month_path("2014-08", "sport"): ("category month", {"slug": "sport", **month}),
        urls.category_path("sport"): ("category", {"slug": "sport"}),
        urls.feed_path("rss.xml"): ("feed rss.xml", {}),
        urls.feed_path("rss.xml", "sport"): ("category feed rss.xml", {"slug": "sport"}),
        urls.archive_feed_path("2014-08"): ("archive feed", month),
        urls.search_path(q="a/b?c").partition("?")[0]: ("search", {}),
        urls.search_feed_path("rss.xml", "a%2Fb"): ("search feed rss.xml", {"words": "a%2Fb"}),
        urls.sitemap_path("2014", 2): ("sitemap of a year", {"year": "2014", "part": 2}),
        urls.media_path("news", "a b?.pdf"): ("media", {"entry_id": "news", "name": "a b?.pdf"}),
        urls.media_url(entry, "a.pdf", rich).removeprefix(rich.site): (
            "media",
            {"entry_id": "news", "name": "a.pdf"},
        ),
        urls.thumbnail_path(640, "news", "я.jpg"): (
            "thumbnail",
            {"width": 640, "entry_id": "news", "name": "я.jpg"},
        ),
        str(urls.logo_path("icon", rich)): ("logo", {"name": "icon.png"}),
        str(urls.logo_url("logo", rich)).removeprefix(rich.site): ("logo", {"name": "logo.jpg"}),
    }.items():
        assert map_adapter.match(unquote(path)) == expected, path


def test_no_other_module_contains_a_path_of_ours() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value}"
        for path in PACKAGE.rglob("*.py")
        if path != Path(urls.__file__)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.startswith(PREFIXES)
    ]
    assert found == []


def test_health_is_answered_although_it_is_not_about_the_news(client: FlaskClient) -> None:
    assert client.get(urls.HEALTH).mimetype == "text/plain"
