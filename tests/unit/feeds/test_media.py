"""Pictures and attachments in feeds: each format's way, with absolute addresses and sizes."""

import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from lxml import etree

from feedsvc.feeds import FEEDS
from feedsvc.settings import Settings
from tests.support.attacks import parsed
from tests.support.elements import ATOM, MEDIA_RSS, properties
from tests.support.files import PDF, PHOTO, WITH_FILES, publish_folder
from tests.support.newsroom import SITE, Newsroom, item
from tests.support.told_pictures import saved

PHOTO_URL = f"{SITE}/media/news/photo.jpg"
PLAN_URL = f"{SITE}/media/news/{quote('план 1.pdf')}"
INLINE_URL = f"{SITE}/media/news/in.png"


@pytest.fixture
def with_files(newsroom: Newsroom) -> Newsroom:
    publish_folder(newsroom, WITH_FILES)
    return newsroom


def rendered(newsroom: Newsroom, name: str, settings: Settings | None = None) -> bytes:
    settings = settings or newsroom.settings
    feed = FEEDS[name]
    return feed.render(feed.select(newsroom.edition(), settings, name), settings)


def attributes(root: etree._Element, name: str) -> list[dict[str, str]]:
    """Return the attributes of all descendants with a name."""
    return [properties(element) for element in root.iter(name)]


def test_atom_links_every_file_as_an_enclosure(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "atom.xml"))
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    assert [link for link in attributes(entry, f"{ATOM}link") if link["rel"] == "enclosure"] == [
        {"href": PHOTO_URL, "rel": "enclosure", "type": "image/jpeg", "length": str(len(PHOTO))},
        {"href": PLAN_URL, "rel": "enclosure", "type": "application/pdf", "length": str(len(PDF))},
    ]


def test_rss_has_one_enclosure_and_every_file_as_media_content(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "rss.xml"))
    assert attributes(root, "enclosure") == [
        {"url": PHOTO_URL, "length": str(len(PHOTO)), "type": "image/jpeg"}
    ]
    photo = {"url": PHOTO_URL, "fileSize": str(len(PHOTO)), "type": "image/jpeg"}
    plan = {"url": PLAN_URL, "fileSize": str(len(PDF)), "type": "application/pdf"}
    assert attributes(root, f"{MEDIA_RSS}content") == [
        {**photo, "medium": "image", "width": "40", "height": "30"},
        {**plan, "medium": "document"},
    ]
    assert [element.text for element in root.iter(f"{MEDIA_RSS}title")] == ["Зима"]
    assert [element.text for element in root.iter(f"{MEDIA_RSS}description")] == ["Двор & «сад»"]


def test_json_feed_has_every_file_as_an_attachment(with_files: Newsroom) -> None:
    (only,) = json.loads(rendered(with_files, "feed.json"))["items"]
    assert only["image"] == PHOTO_URL
    assert only["attachments"] == [
        {
            "url": PHOTO_URL,
            "mime_type": "image/jpeg",
            "title": "Двор & «сад»",
            "size_in_bytes": len(PHOTO),
        },
        {
            "url": PLAN_URL,
            "mime_type": "application/pdf",
            "title": "план 1.pdf",
            "size_in_bytes": len(PDF),
        },
    ]


def test_aggregators_get_pictures_and_no_documents(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "yandex.xml"))
    urls = [PHOTO_URL, INLINE_URL]
    assert [each["url"] for each in attributes(root, "enclosure")] == urls
    assert [each["type"] for each in attributes(root, "enclosure")] == ["image/jpeg", "image/png"]
    assert [each["url"] for each in attributes(root, f"{MEDIA_RSS}content")] == urls


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_pictures_in_feeds_have_absolute_addresses_and_sizes(
    with_files: Newsroom, name: str
) -> None:
    moved = replace(with_files.settings, base_url="https://other.example:8443")
    content = rendered(with_files, name, moved)
    if name == "feed.json":
        html = json.loads(content)["items"][0]["content_html"]
    else:
        tag = f"{ATOM}content" if name == "atom.xml" else "{*}encoded"
        html = next(etree.fromstring(content).iter(tag)).text
    assert [dict(element.items()) for element in parsed(html).iter("img")] == [
        {
            "src": "https://other.example:8443/media/news/photo.jpg",
            "alt": "Двор & «сад»",
            "width": "40",
            "height": "30",
        },
        {
            "src": "https://other.example:8443/media/news/in.png",
            "alt": "",
            "width": "8",
            "height": "6",
        },
    ]
    assert [element.text for element in parsed(html).iter("figcaption")] == ["Зима"]


def test_a_description_or_caption_cannot_break_out_of_the_html(newsroom: Newsroom) -> None:
    evil = '"><script>alert(1)</script>'
    front = f"image: {{file: p.jpg, alt: {json.dumps(evil)}, caption: {json.dumps(evil)}}}"
    text = f"---\ntitle: T\ndate: 2026-06-30\n{front}\n---\nText.".encode()
    publish_folder(newsroom, {"news.md": text, "p.jpg": PHOTO})
    html = json.loads(rendered(newsroom, "feed.json"))["items"][0]["content_html"]
    assert "<script" not in html
    assert [element.get("alt") for element in parsed(html).iter("img")] == [evil]


def test_feeds_show_the_first_pictures_of_a_gallery_below_the_text(newsroom: Newsroom) -> None:
    files = {f"news/{number}.jpg": PHOTO for number in range(1, 31)}
    captions = b"2.jpg: Caption | Seen\n"
    publish_folder(
        newsroom, {"news.md": item(body="Text."), **files, "news/captions.txt": captions}
    )
    (entry,) = json.loads(rendered(newsroom, "feed.json"))["items"]
    html = entry["content_html"]
    assert html.count("<figure>") == 21
    above, _, below = html.partition("<p>Text.</p>")
    assert "/media/news/1.jpg" in above
    assert below.index("/media/news/2.jpg") < below.index("/media/news/10.jpg")
    assert f'<img src="{SITE}/media/news/2.jpg" alt="Seen" width="40" height="30">' in below
    assert "<figcaption>Caption</figcaption>" in below
    assert len(entry["attachments"]) == 30


def test_a_length_that_is_not_known_is_not_told(newsroom: Newsroom) -> None:
    publish_folder(newsroom, {"news.md": item(), "news.tif": saved("TIFF")})
    atom = etree.fromstring(rendered(newsroom, "atom.xml"))
    (link,) = (each for each in attributes(atom, f"{ATOM}link") if each["rel"] == "enclosure")
    assert link == {"href": f"{SITE}/media/news/news.jpg", "rel": "enclosure", "type": "image/jpeg"}
    rss = etree.fromstring(rendered(newsroom, "rss.xml"))
    # RSS requires one.
    assert attributes(rss, "enclosure")[0]["length"] == "0"
    assert "fileSize" not in attributes(rss, f"{MEDIA_RSS}content")[0]
