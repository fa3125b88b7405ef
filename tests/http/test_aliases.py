"""Conventional feed URLs are redirected to ours."""

import pytest
from flask.testing import FlaskClient

from feedsvc.urls import ALIASES
from tests.support.http import ATOM


@pytest.mark.usefixtures("published")
def test_every_alias_is_redirected_to_a_document(client: FlaskClient) -> None:
    for path, aliases in ALIASES.items():
        for alias in aliases.split():
            response = client.get(alias, headers={"Host": "evil.example"})
            assert (response.status_code, response.headers["Location"]) == (301, path), alias
            assert response.headers["Cache-Control"] == "public, max-age=300", alias
            assert client.get(alias, follow_redirects=True).status_code == 200, alias


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("/feed", ATOM),
        ("/feed/", ATOM),
        ("/atom.xml", ATOM),
        ("/feed.xml", ATOM),
        ("/feeds/atom", ATOM),
        ("/rss", "/feeds/rss.xml"),
        ("/rss.xml", "/feeds/rss.xml"),
        ("/index.xml", "/feeds/rss.xml"),
        ("/feed.json", "/feeds/feed.json"),
        ("/feeds", "/feeds/"),
    ],
)
def test_the_aliases_that_people_type_are_known(alias: str, path: str) -> None:
    assert alias in ALIASES[path].split()
