"""Addresses of a site that was here before: redirects, and files of the old site."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from tests.support.files import picture
from tests.support.newsroom import SITE, Newsroom

PNG = picture(kind="PNG")
HEAD = "---\ntitle: T\ndate: 2026-01-01\n"


def page(name: str) -> str:
    return f"/presscenter/news/detail/{name}.html"


def entry(*lines: str, body: str = "Text.\n") -> bytes:
    return (HEAD + "".join(f"{line}\n" for line in lines) + f"---\n{body}").encode()


def location(client: FlaskClient, path: str) -> str | None:
    """Return where an address leads; None if it does not lead on."""
    response = client.get(path)
    if response.status_code != 301:
        return None
    assert client.head(path).headers["Location"] == response.headers["Location"]
    assert response.headers["Cache-Control"] == "public, max-age=300"
    return response.headers["Location"]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("aliases: [/2014/a/, /old.php?id=7]", "/2014/a/"),
        ("aliases: [/2014/a/]", "/2014/a"),
        ("aliases: [/2014/a]", "/2014/a/index.html"),
        ("aliases: [/old.php?id=7]", "/old.php?id=7"),
        ("aliases: [/old.php]", "/old.php?utm_source=feed"),
        ("redirect_from: /2014/a.html", "/2014/a.html"),
        ("redirect_from:\n  - /b\n  - /2014/a.html", "/2014/a.html"),
        ("url: /2014/a.html", "/2014/a.html"),
        ("permalink: /2014/:title/\nalias: c", "/c"),
        ("path: c/d", "/c/d"),
        ("wordpress_id: 123", "/?p=123"),
        (f"address: {SITE}/2014/a.html", "/2014/a.html"),
        ("aliases: [https://www.news.example/2014/a.html]", "/2014/a.html"),
        ("aliases: [/новости/день]", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/день"),
        ("slug: other", page("2014-08-13-a")),
    ],
)
def test_an_old_address_leads_to_the_page(
    client: FlaskClient, newsroom: Newsroom, line: str, path: str
) -> None:
    newsroom.publish({"2014-08-13-a.md": entry(line, "id: x" if line[:4] != "slug" else "")})
    expected = page("other" if line.startswith("slug") else "x")
    assert location(client, path) == expected
    assert client.get(expected).status_code == 200


def test_what_is_no_old_address_is_not_found(client: FlaskClient, newsroom: Newsroom) -> None:
    address = "address: https://other.example/2014/a.html"
    newsroom.publish({"a.md": entry(address, "aliases: [/b]")})
    for path in ("/2014/a.html", "/c", "/b/c", "/?p=1", "//"):
        assert location(client, path) is None
    assert client.get("/?p=1").status_code == 200
    assert client.get("/c").status_code == 404
    assert client.post("/b").status_code in (404, 405)


def test_an_entry_that_is_hidden_or_gone_shows_nothing_by_its_old_address(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    files = {
        "a.md": entry("status: draft", "aliases: [/old/a]"),
        "b.md": entry("aliases: [/old/b]").replace(b"2026-01-01", b"2027-01-01"),
        "c.md": entry("status: withdrawn", "aliases: [/old/c]"),
        "d.md": entry("aliases: [/old/d]"),
    }
    newsroom.publish(files)
    assert location(client, "/old/a") is location(client, "/old/b") is None
    assert location(client, "/old/c") == page("c")
    assert client.get(page("c")).status_code == 410
    newsroom.apply({}, gone=["d.md"])
    assert location(client, "/old/d") == page("d")
    assert client.get(page("d")).status_code == 410
    newsroom.apply({"c.md": entry("aliases: [/new/c]")})
    assert location(client, "/old/c") is None
    assert location(client, "/new/c") == page("c")


def test_a_page_comes_before_an_old_address_and_the_older_entry_before_others(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    newsroom.publish(
        {
            "a.md": entry(f"aliases: [{page('b')}, {page('a')}, /feeds/atom.xml, /c]"),
            "b.md": entry("aliases: [/c]").replace(b"2026", b"2025"),
        }
    )
    for path in (page("a"), page("b"), "/feeds/atom.xml"):
        assert client.get(path).status_code == 200
    assert location(client, "/c") == page("b")


def test_a_link_to_the_file_of_an_entry_leads_to_its_page_whatever_its_id(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    newsroom.publish(
        {
            "a.md": entry(body="[b]({% post_url 2014-08-13-b %}) [c](Файл.md)\n"),
            "2014-08-13-b.md": b"---\ntitle: T\n---\nText.\n",
            "Файл.md": entry("id: c"),
        }
    )
    html = client.get(page("a")).text
    for path, name in ((page("2014-08-13-b"), "b"), (page("Fayl"), "c")):
        assert f'href="{path}"' in html
        assert location(client, path) == page(name)


# The settings


def test_a_redirect_of_the_settings_comes_first(settings: Settings, newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": entry("aliases: [/rss.php]")})
    redirects = (("/rss.php", "/feeds/rss.xml"), ("/?feed=rss2", "/feeds/rss.xml"))
    client = build_app(replace(settings, redirects=redirects)).test_client()
    assert location(client, "/rss.php") == "/feeds/rss.xml"
    assert location(client, "/?feed=rss2") == "/feeds/rss.xml"


def test_files_of_the_old_site_keep_their_addresses(
    settings: Settings, newsroom: Newsroom, tmp_path: Path
) -> None:
    static = tmp_path / "static"
    (static / "images").mkdir(parents=True)
    (static / "images" / "a.png").write_bytes(PNG)
    (static / "images" / "a.html").write_text("<script>")
    (static / "images" / "out.png").symlink_to("/etc/passwd")
    (static / ".hidden.png").write_bytes(PNG)
    newsroom.publish({"a.md": entry()})
    client = build_app(replace(settings, static=static)).test_client()
    with client.get("/images/a.png") as response:
        assert (response.status_code, response.mimetype, response.data) == (200, "image/png", PNG)
        tag = response.headers["ETag"]
    with client.get("/images/a.png", headers={"If-None-Match": tag}) as response:
        assert response.status_code == 304
    for path in ("images/a.html", "images/out.png", ".hidden.png", "../a.png", "images", "b.png"):
        assert client.get(f"/{path}").status_code == 404, path


def test_without_a_catalogue_nothing_is_said_about_old_addresses(client: FlaskClient) -> None:
    assert client.get("/old").status_code == 503
    assert client.get("/?p=1").status_code == 503
