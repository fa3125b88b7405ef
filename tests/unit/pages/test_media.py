"""Pictures and attachments in pages: thumbnails with variants, and links to the files."""

import json
from urllib.parse import quote

from feedsvc.media.thumbnails import LARGE, SMALL
from feedsvc.model import Entry
from feedsvc.pages import html as pages
from tests.support.attacks import parsed
from tests.support.colours import halves
from tests.support.files import PDF, PHOTO, WITH_FILES, publish_folder
from tests.support.newsroom import Newsroom, item
from tests.support.told_pictures import saved


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


def test_several_pictures_beside_a_text_are_a_gallery(newsroom: Newsroom) -> None:
    captions = b"2.jpg: Caption 2 | Seen <2>\n10.jpg: Caption 10\n"
    files = {f"news/{number}.jpg": halves("JPEG") for number in (1, 2, 10)}
    more = {"news/captions.txt": captions, "news/plan.pdf": PDF}
    publish_folder(newsroom, {"news.md": item(), **files, **more})
    root = parsed(page(newsroom))
    (gallery,) = root.xpath("//section[@class='gallery']")
    assert [picture.get("alt") for picture in gallery.iter("img")] == ["Seen <2>", ""]
    assert [caption.text for caption in gallery.iter("figcaption")] == ["Caption 2", "Caption 10"]
    links = [(link.get("href"), link.get("aria-label")) for link in gallery.iter("a")]
    assert [href for href, _ in links] == ["/media/news/2.jpg", "/media/news/10.jpg"]
    assert [label.partition(": ")[2] for _, label in links] == ["Seen <2>", "Caption 10"]
    first = next(gallery.iter("img"))
    assert first.get("src") == "/preview/480/news/2.jpg"
    assert first.get("srcset") == ("/preview/480/news/2.jpg 480w, /preview/800/news/2.jpg 800w")
    assert first.get("loading") == "lazy"
    # What is shown is not listed again.
    assert root.xpath("//section[@class='files']//a/@href") == ["/media/news/plan.pdf"]


def test_one_picture_alone_is_no_gallery(newsroom: Newsroom) -> None:
    publish_folder(
        newsroom,
        {"news.md": item(body="![x](in.png)"), "in.png": halves("PNG"), "news/1.jpg": PHOTO},
    )
    root = parsed(page(newsroom))
    assert not root.xpath("//section[@class='gallery']")
    assert root.xpath("//section[@class='files']//a/@href") == ["/media/news/1.jpg"]


def test_a_picture_that_is_converted_is_shown_in_its_reduced_form(newsroom: Newsroom) -> None:
    files = {"news/1.jpg": PHOTO, "news/2.tif": saved("TIFF"), "news/3.tif": saved("TIFF")}
    publish_folder(newsroom, {"news.md": item(), **files})
    root = parsed(page(newsroom))
    assert root.xpath("//section[@class='gallery']//img/@src") == [
        "/preview/480/news/2.jpg",
        "/preview/480/news/3.jpg",
    ]
    assert "byte" not in page(newsroom)
