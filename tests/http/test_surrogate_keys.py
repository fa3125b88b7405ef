"""Surrogate keys: each response names what it shows, if that is set up, and the same each time."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.files import picture
from tests.support.http import ATOM, GONE, PAGE, TYPES, get, tag
from tests.support.newsroom import Newsroom, item

pytestmark = pytest.mark.usefixtures("published")

NAME = "Surrogate-Key"


@pytest.fixture
def keyed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Return a client of the same site, whose responses have the keys in two headers."""
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    return build_app(replace(settings, surrogate_keys=(NAME, "Cache-Tag"))).test_client()


def test_unless_it_is_set_up_no_response_has_keys(client: FlaskClient) -> None:
    for path in (*TYPES, "/static/style.css"):
        assert NAME not in get(client, path).headers, path


def test_what_lists_news_is_known_as_such(keyed: FlaskClient) -> None:
    for path in {*TYPES} - {PAGE} | {"/feed"}:
        for _ in range(2):  # the second one comes from memory
            response = get(keyed, path)
            assert response.headers[NAME] == "all list", path
            assert response.headers["Cache-Tag"] == "all,list", path


def test_a_page_has_the_keys_of_all_entries_that_it_names(
    keyed: FlaskClient, published: Newsroom
) -> None:
    for number in range(9):
        published.apply({f"n{number}.md": item(f"Новость {number}", f"2026-01-0{number + 1}")})
    page = get(keyed, "/presscenter/news/detail/n4.html")
    keys = page.headers[NAME].split()
    assert keys[:2] == ["all", "entry-n4"]
    assert len(keys) == 8
    named = {f"entry-n{number}" for number in range(9) if f"Новость {number}" in page.text}
    assert {*keys[1:]} == named
    assert {"entry-n3", "entry-n5"} <= named


def test_long_ids_make_no_long_header(keyed: FlaskClient, published: Newsroom) -> None:
    entries = {f"{number}{'x' * 127}.md": item(f"N{number}") for number in range(9)}
    published.apply(entries)
    page = get(keyed, f"/presscenter/news/detail/4{'x' * 127}.html")
    # Bunny takes no more than that.
    assert 500 < len(page.headers[NAME]) <= 1024


def test_a_page_with_translations_is_known_as_a_list_too(
    keyed: FlaskClient, published: Newsroom
) -> None:
    english = item("Sport", lang="en", translation_of="sport")
    published.apply({"sport.en.md": english})
    response = get(keyed, "/presscenter/news/detail/sport.html")
    assert response.headers[NAME].startswith("all list entry-sport")


def test_files_are_known_by_their_entry_and_what_is_static_by_nothing(
    published: Newsroom, settings: Settings, keyed: FlaskClient
) -> None:
    (settings.entries / "photo.jpg").write_bytes(picture((800, 600)))
    published.apply({"photo.md": item("Фото", image="photo.jpg")})
    for path in ("/media/photo/photo.jpg", "/preview/480/photo/photo.jpg"):
        with get(keyed, path) as response:
            assert (response.status_code, response.headers[NAME]) == (200, "all entry-photo"), path
    assert get(keyed, "/static/style.css").headers[NAME] == "all"


def test_what_is_not_modified_or_new_only_has_the_same_keys(
    keyed: FlaskClient, published: Newsroom
) -> None:
    first = get(keyed, ATOM)
    for path in (ATOM, PAGE):
        whole = get(keyed, path)
        for _ in range(2):
            unchanged = get(keyed, path, If_None_Match=tag(whole))
            assert (unchanged.status_code, unchanged.headers[NAME]) == (304, whole.headers[NAME])
    published.apply({"new.md": item("New", "2026-06-01")})
    unseen = get(keyed, ATOM, If_None_Match=tag(first), A_IM="feed")
    assert (unseen.status_code, unseen.headers[NAME]) == (226, "all list")


def test_what_no_cache_may_keep_has_none(keyed: FlaskClient) -> None:
    for path, status in ((GONE, 410), ("/nowhere", 404), ("/readyz", 200)):
        response = get(keyed, path)
        assert (response.status_code, NAME in response.headers) == (status, False), path
        assert response.headers["Cache-Control"] == "no-cache"
