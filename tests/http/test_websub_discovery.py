"""Where feeds can be subscribed to: hub and topic, in headers and elements (WebSub section 4)."""

import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.app import build_app
from feedsvc.setting_tables import Hub
from tests.support.attacks import parsed
from tests.support.loading import loaded_by_a_service
from tests.support.newsroom import SITE, Newsroom, item

HUB = "https://hub.example/?a=1&b=2"
# Feeds, and pages with the feed of what is on them.
TOPICS = {
    **{f"/feeds/{name}": f"/feeds/{name}" for name in ("atom.xml", "rss.xml", "feed.json")},
    "/feeds/category/sport/rss.xml": "/feeds/category/sport/rss.xml",
    "/feeds/lang/tt/atom.xml": "/feeds/lang/tt/atom.xml",
    "/": "/feeds/atom.xml",
    "/category/sport/": "/feeds/category/sport/atom.xml",
    "/lang/tt/": "/feeds/lang/tt/atom.xml",
}
WITHOUT = (
    *("/feeds/yandex.xml", "/feeds/archive/2026/01/atom.xml", "/feeds/", "/archive/"),
    *("/archive/2026/01/", "/presscenter/news/detail/a.html", "/feeds/nothing.xml"),
)
ATOM = "{http://www.w3.org/2005/Atom}link"


def client_of(newsroom: Newsroom, hub: str) -> FlaskClient:
    newsroom.publish({"a.md": item(categories="Спорт"), "b.md": item("Яңалык", lang="tt")})
    return build_app(replace(newsroom.settings, hub=Hub(url=hub))).test_client()


@pytest.fixture
def client(newsroom: Newsroom) -> FlaskClient:
    return client_of(newsroom, HUB)


def links(client: FlaskClient, path: str) -> list[str]:
    found = client.get(path).headers.getlist("Link")
    return [each for each in found if "alternate" not in each]


@pytest.mark.parametrize(("path", "topic"), TOPICS.items())
def test_link_headers_name_one_hub_and_one_topic(
    client: FlaskClient, path: str, topic: str
) -> None:
    expected = [f'<{HUB}>; rel="hub"', f'<{SITE}{topic}>; rel="self"']
    assert links(client, path) == expected
    assert client.head(path).headers.getlist("Link")[-2:] == expected


@pytest.mark.parametrize(("path", "topic"), TOPICS.items())
def test_elements_name_the_same_hub_and_topic(client: FlaskClient, path: str, topic: str) -> None:
    body = client.get(path).data
    if path.endswith(".json"):
        feed = json.loads(body)
        assert feed["hubs"] == [{"type": "WebSub", "url": HUB}]
        assert feed["feed_url"] == SITE + topic
        return
    found = (
        etree.fromstring(body).iter(ATOM)
        if path.endswith(".xml")
        else parsed(body.decode()).xpath("//head/link")
    )
    named = [(each.get("rel"), each.get("href")) for each in found]
    assert [each for each in named if each[0] == "hub"] == [("hub", HUB)]
    assert [each for each in named if each[0] == "self"] == [("self", SITE + topic)]


@pytest.mark.parametrize("path", WITHOUT)
def test_what_cannot_be_subscribed_to_names_no_hub(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert "hub" not in "".join(response.headers.getlist("Link"))
    assert "hub.example" not in response.text


@pytest.mark.parametrize("path", TOPICS)
def test_without_a_hub_none_is_named(newsroom: Newsroom, path: str) -> None:
    client = client_of(newsroom, "")
    assert links(client, path) == []
    assert "hub" not in client.get(path).text


def test_a_delta_names_the_hub_too(client: FlaskClient) -> None:
    tag = client.get("/feeds/atom.xml").headers["ETag"].strip('"')
    known = f'"{tag[:-6]}"'
    response = client.get("/feeds/atom.xml", headers={"A-IM": "feed", "If-None-Match": known})
    assert response.status_code in (200, 226)
    assert f'<{HUB}>; rel="hub"' in response.headers.getlist("Link")


def test_a_service_loads_nothing_of_the_hub() -> None:
    assert loaded_by_a_service("feedsvc.hub", "aiohttp") == []
