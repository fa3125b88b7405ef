"""Captions and alternative texts: from a file beside the pictures, or from the pictures."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Attachment, Problem
from feedsvc.parsing import is_entry_name
from feedsvc.parsing.attachments import Caption
from feedsvc.parsing.captions import MAX_SIZE, MAX_TEXT, read
from feedsvc.settings import Settings
from feedsvc.text import SITE
from tests.support.cost import in_proportion
from tests.support.files import PDF, PHOTO, entry_of, lay, read_entry, read_whole
from tests.support.hostile_pictures import with_segments
from tests.support.newsroom import item
from tests.support.told_pictures import (
    exif,
    harmless_exif,
    iptc,
    iptc_segment,
    one_of_languages,
    saved,
    xmp,
    xmp_segment,
)

PATHS = ("n/1.jpg", "n/Двор 2.JPG", "n/фото - вид: общий.png", "n/a.pdf")


def read_text(text: str) -> tuple[dict[str, Caption], list[tuple[str, int]]]:
    """Return the captions that a text has, and the codes and lines of what is wrong."""
    problems: list[tuple[str, int]] = []

    def report(code: str, line: int = 0, **_: object) -> None:
        problems.append((code, line))

    return dict(read(text, PATHS, report)), problems


@pytest.mark.parametrize(
    ("line", "path", "caption"),
    [
        ("1.jpg: Двор после ремонта", "n/1.jpg", Caption("Двор после ремонта")),
        ("1.JPG : Двор | Рабочие красят", "n/1.jpg", Caption("Двор", "Рабочие красят")),
        ("1: Двор в 15:30 - вид", "n/1.jpg", Caption("Двор в 15:30 - вид")),
        ("1.jpg\tДвор", "n/1.jpg", Caption("Двор")),
        ("«1.jpg» — Двор", "n/1.jpg", Caption("Двор")),
        ('"двор 2.jpg" – Двор', "n/Двор 2.JPG", Caption("Двор")),
        ("ДВОР 2 = Двор", "n/Двор 2.JPG", Caption("Двор")),
        ("Двор 2.jpg", "n/Двор 2.JPG", Caption()),
        ("1.jpg | Рабочие красят", "n/1.jpg", Caption("", "Рабочие красят")),
        ("фото - вид: общий.png: Вид", "n/фото - вид: общий.png", Caption("Вид")),
        ("\ufeff1.jpg:  a   b ", "n/1.jpg", Caption("a b")),
    ],
)
def test_a_line_names_a_picture_and_says_what_it_shows(
    line: str, path: str, caption: Caption
) -> None:
    assert read_text(line) == ({path: caption}, [])


def test_the_alternative_text_may_be_the_next_line() -> None:
    text = "# подписи\n1.jpg: Двор\n   Рабочие красят забор\n\nДвор 2: Вид\n# так\nСнег\n"
    assert read_text(text) == (
        {
            "n/1.jpg": Caption("Двор", "Рабочие красят забор"),
            "n/Двор 2.JPG": Caption("Вид", "Снег"),
        },
        [],
    )


def test_what_is_wrong_is_told_with_its_line() -> None:
    text = "сначала текст\n1.jpg: a\nx.jpg: b\nещё\n1.jpg: c | d\nлишнее\n\nи это\n1: " + "я" * 3000
    captions, problems = read_text(text)
    assert captions == {"n/1.jpg": Caption("я" * MAX_TEXT)}
    assert problems == [
        ("caption-unclear", 1),
        ("caption-no-picture", 3),
        ("caption-unclear", 4),
        ("caption-twice", 5),
        ("caption-unclear", 6),
        ("caption-unclear", 8),
        ("caption-twice", 9),
        ("caption-long", 9),
    ]


def test_a_name_that_two_pictures_have_is_told_in_full() -> None:
    problems: list[str] = []
    found = read(
        "1: a\n1.png: b", ("n/1.jpg", "n/1.png"), lambda code, *_, **__: problems.append(code)
    )
    assert found == {"n/1.png": Caption("b")}
    assert problems == ["caption-unclear"]


@given(st.text(alphabet="1.jpgДвор 2|:\t-—«»\n#a", max_size=200))
def test_of_any_text_only_pictures_get_captions(text: str) -> None:
    captions, _ = read_text(text)
    assert captions.keys() <= set(PATHS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: "1.jpg: " + "a" * MAX_SIZE,
        lambda: ":" * MAX_SIZE,
        lambda: "1.jpg:|" * (MAX_SIZE // 7),
        lambda: "1: a\n" * (MAX_SIZE // 5),
        lambda: "- - " * (MAX_SIZE // 4),
        lambda: "x.jpg: b\n" * (MAX_SIZE // 9),
    ],
)
def test_the_longest_file_costs_little(make: Callable[[], str]) -> None:
    with in_proportion():
        read_text(make())


def pictures(settings: Settings) -> dict[str, Attachment]:
    entry = entry_of(settings)
    shown = [*([entry.image] if entry.image else []), *entry.attachments]
    return {file.name: file for file in shown}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_captions_stand_in_a_file_beside_the_pictures(settings: Settings, encoding: str) -> None:
    text = "1.jpg: Двор после ремонта | Рабочие красят забор\r\n2: Новая площадка\r\n"
    files = {"news/1.jpg": PHOTO, "news/2.jpg": PHOTO, "news/подписи.txt": text.encode(encoding)}
    lay(settings, {"news.md": item(), **files})
    found = read_entry(settings)
    assert {problem.code for problem in found.problems} <= {"encoding-other"}
    assert found.entry is not None
    assert found.entry.image is not None
    assert (found.entry.image.caption, found.entry.image.alt) == (
        *("Двор после ремонта", "Рабочие красят забор"),
    )
    assert [file.caption for file in found.entry.attachments] == ["Новая площадка"]


def test_what_is_wrong_in_the_file_is_told_with_its_name(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news/1.jpg": PHOTO, "news/captions.txt": b"\n2.jpg: a"})
    expected = Problem("news/captions.txt", 2, "caption-no-picture", (("name", "2.jpg"),))
    assert read_entry(settings).problems == (expected,)


def test_a_file_that_cannot_be_read_keeps_nothing_back(settings: Settings) -> None:
    files = {"news.md": item(), "news/1.jpg": PHOTO}
    large = "1.jpg: Двор\n".encode() + b"#" * MAX_SIZE
    broken = "1.jpg: Двор".encode()[:-1] + b"\n" + "Двор двор двор двор".encode()
    for data, codes, caption in (
        (bytes(range(256)), ["captions-unreadable"], ""),
        (broken, ["captions-unreadable"], ""),
        (large, ["captions-large"], "Двор"),
    ):
        lay(settings, {**files, "news/подписи.txt": data})
        found = read_entry(settings)
        assert [problem.code for problem in found.problems] == codes
        assert found.entry is not None
        assert found.entry.image is not None
        assert found.entry.image.caption == caption
    (settings.entries / "news/подписи.txt").unlink()
    (settings.entries / "news/подписи.txt").symlink_to("/etc/hostname")
    assert [problem.code for problem in read_entry(settings).problems] == ["captions-unreadable"]


def test_the_text_of_an_entry_counts_most_then_the_file_then_the_picture(
    settings: Settings,
) -> None:
    told = saved("JPEG", exif=harmless_exif(description="Written by the camera's owner"))
    head = b"---\ntitle: T\ndate: 2026-01-01\nimage: {file: 1.jpg, caption: Head}\n---\n\nText.\n"
    captions = b"1.jpg: File | Seen\n2.jpg: File\n"
    files = {f"news/{number}.jpg": told for number in (1, 2, 3)}
    lay(settings, {"news.md": head, **files, "news/captions.txt": captions})
    assert {name: (file.caption, file.alt) for name, file in pictures(settings).items()} == {
        "1.jpg": ("Head", "Seen"),
        "2.jpg": ("File", ""),
        "3.jpg": ("Written by the camera's owner", ""),
    }


@pytest.mark.parametrize(
    ("data", "caption", "alt"),
    [
        (iptc_segment(iptc((120, "Двор, вид".encode()))), "Двор, вид", ""),
        (iptc_segment(iptc((105, "Двор, вид".encode("cp1251")))), "Двор, вид", ""),
        (
            xmp_segment(
                xmp(one_of_languages("dc:description", ("en", "B"), ("x-default", "Двор")))
            ),
            "Двор",
            "",
        ),
        (xmp_segment(xmp("", 'photoshop:Headline="Двор"')), "Двор", ""),
        (
            xmp_segment(xmp("<core:AltTextAccessibility>Рабочие</core:AltTextAccessibility>")),
            *("", "Рабочие"),
        ),
        *(
            (iptc_segment(iptc((120, text))), "", "")
            for text in (b"SAMSUNG", b"OLYMPUS DIGITAL CAMERA", b"KODAK Digital Still Camera")
        ),
        *(
            (iptc_segment(iptc((120, text))), "", "")
            for text in (b"cof", b"DCIM\\100MEDIA\\DJI_1.JPG", b"Created with GIMP", b"", b"---")
        ),
    ],
)
def test_a_picture_tells_itself_what_it_shows(
    settings: Settings, data: bytes, caption: str, alt: str
) -> None:
    lay(settings, {"news.md": item(), "news.jpg": with_segments(saved("JPEG"), data)})
    image = entry_of(settings).image
    assert image is not None
    assert (image.caption, image.alt) == (caption, alt)


def test_pictures_without_alternative_texts_are_told_once(settings: Settings) -> None:
    body = "![](a/in.png)\n\n![ ](in.png)\n\n![Seen](n%20o.png) [doc](a.pdf)"
    files = {f"news/{number}.jpg": PHOTO for number in range(1, 4)}
    more = {"a/in.png": saved("PNG"), "in.png": saved("PNG"), "n o.png": saved("PNG"), "a.pdf": PDF}
    captions = b"1.jpg: a | b\n"
    lay(settings, {"news.md": item(body=body), **files, **more, "news/captions.txt": captions})
    told = [problem for problem in read_whole(settings).problems if problem.code == "alt-missing"]
    values = (("names", "2.jpg, 3.jpg, in.png …"), ("count", "4"))
    assert told == [Problem("news.md", 0, "alt-missing", values)]


def test_pictures_that_all_have_texts_are_not_told(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news/1.jpg": PHOTO, "news/captions.txt": b"1.jpg | Seen"})
    assert read_whole(settings).problems == ()


def test_pictures_that_tell_their_place_are_told(settings: Settings) -> None:
    private = saved("JPEG", exif=exif())
    files = {"news/1.jpg": private, "news/2.jpg": PHOTO, "news/3.webp": saved("WEBP", exif=exif())}
    lay(settings, {"news.md": item(), **files})
    values = (("names", "1.jpg, 3.webp"), ("count", "2"))
    assert read_entry(settings).problems == (Problem("news.md", 0, "picture-place", values),)


def test_pictures_come_as_people_count_and_a_cover_stands_above(settings: Settings) -> None:
    names = ["1.jpg", "2.Jpg", "10.jpe", "Обложка.jpeg"]
    lay(settings, {"news.md": item(), **{f"news/{name}": PHOTO for name in names}})
    entry = entry_of(settings)
    assert entry.image is not None
    assert entry.image.name == "Обложка.jpeg"
    assert [file.name for file in entry.attachments] == names[:3]


def test_a_cover_stands_above_a_text_that_shows_pictures_itself(settings: Settings) -> None:
    files = {"news/cover.png": saved("PNG"), "news/a.jpg": PHOTO, "news/in.jpg": PHOTO}
    lay(settings, {"news.md": item(body="![x](in.jpg)"), **files})
    entry = entry_of(settings)
    assert entry.image is not None
    assert entry.image.name == "cover.png"
    (settings.entries / "news/cover.png").unlink()
    assert entry_of(settings).image is None


def test_a_picture_that_the_text_names_counts_more_than_a_cover(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="a.jpg"), "news/cover.jpg": PHOTO, "news/a.jpg": PHOTO})
    image = entry_of(settings).image
    assert image is not None
    assert image.name == "a.jpg"


def test_a_picture_from_a_phone_is_a_jpeg_to_readers(settings: Settings) -> None:
    heic = saved("HEIF")
    files = {"news/1.heic": heic, "news/1.jpg": PHOTO, "news/2.TIF": saved("TIFF")}
    lay(settings, {"news.md": item(body="![x](2.TIF)"), **files})
    entry = entry_of(settings)
    assert f'<img src="{SITE}/media/news/2.jpg"' in entry.html
    shown = {file.path: (file.name, file.media_type, file.length) for file in entry.attachments}
    assert shown == {
        "news/1.heic": ("1.jpg", "image/jpeg", 0),
        "news/1.jpg": ("1-2.jpg", "image/jpeg", len(PHOTO)),
    }


def test_a_film_beside_a_text_is_told(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news/clip.MOV": b"film", "news.dng": b"raw"})
    codes = {(problem.code, problem.values) for problem in read_entry(settings).problems}
    assert codes == {
        ("media-film", (("name", "clip.MOV"),)),
        ("media-type", (("name", "news.dng"),)),
    }


def test_the_file_with_captions_is_no_entry() -> None:
    for name in ("подписи.txt", "in/Подписи.TXT", "captions.txt"):
        assert not is_entry_name(name)
    assert is_entry_name("подпись.txt")
