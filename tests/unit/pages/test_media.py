"""Pictures and attachments in pages: thumbnails with variants, and links to the files."""

import json
from urllib.parse import quote

from feedsvc.media.thumbnails import LARGE, SMALL
from feedsvc.model import Entry
from feedsvc.pages import html as pages
from tests.support.attacks import parsed
from tests.support.colours import halves
from tests.support.files import PHOTO, WITH_FILES, publish_folder
from tests.support.newsroom import Newsroom, item


def page(newsroom: Newsroom, entry_id: str = "news") -> str:
    found = newsroom.edition().find(entry_id)
    assert isinstance(found, Entry)
    return pages.entry(found, newsroom.edition().neighbours(found), newsroom.settings).decode()


def test_pictures_in_pages_are_relative_to_the_root(newsroom: Newsroom) -> None:
    publish_folder(newsroom, WITH_FILES)
    root = parsed(page(newsroom))
    pictures = [
        (element.get("src"), element.get("width"), element.get("height"))
        for element in root.iter("img")
    ]
    # The first paragraph, which shows one, precedes the picture of the entry.
    assert pictures == [
        ("/media/news/in.png", "8", "6"),
        ("/media/news/photo.jpg", "40", "30"),
    ]
    links = [link.get("href") for link in root.iter("a")]
    assert f"/media/news/{quote('план 1.pdf')}" in links


def test_a_description_or_caption_cannot_break_out_of_the_page(newsroom: Newsroom) -> None:
    evil = '"><script>alert(1)</script>'
    front = f"image: {{file: p.jpg, alt: {json.dumps(evil)}, caption: {json.dumps(evil)}}}"
    text = f"---\ntitle: T\ndate: 2026-06-30\n{front}\n---\nText.".encode()
    publish_folder(newsroom, {"news.md": text, "p.jpg": PHOTO})
    # Only the data block, which no browser executes.
    assert [block.get("type") for block in parsed(page(newsroom)).iter("script")] == [
        "application/ld+json"
    ]


def test_pages_show_thumbnails_and_link_the_picture_itself(newsroom: Newsroom) -> None:
    body = "Text ![чертёж](news/plan.png)"
    files = {"news.jpg": halves("JPEG"), "news/plan.png": halves("PNG")}
    publish_folder(newsroom, {"news.md": item(body=body, image="news.jpg")} | files)
    root = parsed(page(newsroom))
    (figure,) = root.xpath("//figure/a")
    assert figure.get("href") == "/media/news/news.jpg"
    assert figure[0].get("src") == f"/preview/{LARGE}/news/news.jpg"
    assert figure[0].get("srcset") == (
        "/preview/480/news/news.jpg 480w, /preview/800/news/news.jpg 800w,"
        " /preview/1200/news/news.jpg 1200w"
    )
    assert root.xpath("//p/img/@src") == [f"/preview/{LARGE}/news/plan.png"]
    home = parsed(pages.home(newsroom.edition(), newsroom.settings).decode())
    assert home.xpath("//article/img/@src") == [f"/preview/{LARGE}/news/news.jpg"]
    archive = pages.month(newsroom.edition(), newsroom.settings, "2026-01") or b""
    small = parsed(archive.decode()).xpath("//article/img/@src")
    assert small == [f"/preview/{SMALL}/news/news.jpg"]
