"""The desk over HTTP: what it shows to whoever has a key, and nothing to anybody else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from feedsvc import urls
from feedsvc.desk import addresses
from feedsvc.desk.app import create_app
from feedsvc.desk.keys import Keys
from feedsvc.settings import Settings
from tests.support.files import fetch, picture, publish_folder
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

KEY = "k" * 24
HOME = f"/desk/{KEY}/"
# What no reader may find: in titles, texts and names of files.
SECRET = "Секрет"
PHOTO = picture((2000, 1200))
HIDDEN = {
    "draft.md": item(f"{SECRET} draft", status="draft", body=f"{SECRET}."),
    "draft.jpg": PHOTO,
    "later.md": item(f"{SECRET} later", date="2026-08-01", body=f"{SECRET}."),
    "later.jpg": PHOTO,
    "bad.txt": f"{SECRET}\n\nno date".encode(),
    "bad.jpg": PHOTO,
}
IDS = ("draft", "later", "bad", "public", "gone")


@pytest.fixture
def filled(newsroom: Newsroom, set_clock: SetClock) -> Newsroom:
    set_clock(NOW)
    public = {"public.md": item("Public"), "gone.md": item("Gone", status="withdrawn")}
    publish_folder(newsroom, {**HIDDEN, **public, "public.jpg": PHOTO})
    return newsroom


@pytest.fixture
def desk(settings: Settings) -> FlaskClient:
    return create_app(settings, KEY).test_client()


@pytest.fixture
def reader(filled: Newsroom, client: FlaskClient) -> FlaskClient:  # noqa: ARG001 - it is filled first
    """Return a client of the public port."""
    return client


def preview_of(entry_id: str, key: str = KEY) -> str:
    return f"/review/{Keys(key).preview_token(entry_id)}/{entry_id}/"


def all_paths(client: FlaskClient, **known: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths of every rule of an application, with every value that is known."""
    rules: list[Rule] = list(client.application.url_map.iter_rules())
    for rule in rules:
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        for values in product(*(known.get(name, ("x",)) for name in names)):
            yield urls.fill(rule.rule, **dict(zip(names, values, strict=True)))


VALUES: dict[str, tuple[str, ...]] = {
    "id": IDS,
    "entry_id": IDS,
    "name": ("draft.jpg", "later.jpg", "bad.jpg", "atom.xml", "rss.xml", "feed.json", "yandex.xml"),
    "width": ("480", "800", "1200"),
    "year": ("2026", "2014"),
    "month": ("01", "08"),
    "words": ("%D1%81%D0%B5%D0%BA%D1%80%D0%B5%D1%82",),
    "part": ("1",),
    "slug": ("x",),
}


def is_told(response: TestResponse) -> bool:
    kind = response.mimetype or ""
    # The codes of addresses are pictures as well.
    is_picture = kind.startswith("image") and kind != "image/svg+xml"
    return is_picture or SECRET in response.data.decode(errors="replace")


def test_a_crawler_finds_nothing_hidden_at_the_public_port(reader: FlaskClient) -> None:
    paths = set(all_paths(reader, **VALUES)) | {HOME, preview_of("draft"), preview_of("later")}
    answers = {path: fetch(reader, path) for path in paths}
    assert len(answers) > 200
    assert [path for path, answer in answers.items() if is_told(answer)] == []
    assert sum(answer.status_code == 200 for answer in answers.values()) > 20


@pytest.mark.usefixtures("filled")
def test_a_crawler_finds_nothing_at_the_port_of_the_desk_without_the_key(
    desk: FlaskClient, reader: FlaskClient
) -> None:
    tokens = (*IDS, "x", KEY[:-1], KEY.upper(), Keys("x" * 24).preview_token("draft"))
    values = {**VALUES, "token": tokens, "key": (*tokens, Keys(KEY).preview_token("draft"))}
    paths = {*all_paths(desk, **values), *all_paths(reader, **VALUES), "/", "/desk/", "/review/"}
    answers = {path: fetch(desk, path) for path in paths}
    assert len(answers) > 1000
    assert {answer.status_code for answer in answers.values()} == {404}
    # Nothing tells what is there from what is not.
    assert {(answer.data, str(sorted(answer.headers))) for answer in answers.values()} == {
        (b"404 Not Found\n", str(sorted(fetch(desk, "/").headers)))
    }


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_done_at_the_desk_but_look(desk: FlaskClient, method: str) -> None:
    for path in (HOME, preview_of("draft"), "/"):
        assert fetch(desk, path, method=method).status_code in (200, 404)
        assert SECRET not in fetch(desk, path, method=method).text


@pytest.mark.usefixtures("filled")
def test_a_token_of_one_preview_opens_no_other(desk: FlaskClient) -> None:
    other = preview_of("draft").replace("/draft/", "/later/")
    assert fetch(desk, preview_of("draft")).status_code == 200
    assert fetch(desk, other).status_code == 404


@pytest.mark.usefixtures("filled")
def test_every_answer_is_kept_out_of_caches_and_tells_no_address(desk: FlaskClient) -> None:
    values = {**VALUES, "token": (preview_of("draft").split("/")[2],), "key": (KEY,)}
    for path in all_paths(desk, **values):
        answer = fetch(desk, path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "script-src 'self'" not in answer.headers["Content-Security-Policy"] or path == HOME


@pytest.mark.usefixtures("filled")
def test_the_desk_says_what_became_of_each_file(desk: FlaskClient) -> None:
    text = fetch(desk, HOME).text
    for said in ("Опубликовано", "Запланировано", "Черновик", "Отозвано", "Не опубликовано"):
        assert said in text
    assert "Строка 3:" in text
    assert "напишите день, месяц и год" in text
    assert "http://127.0.0.1:0" + preview_of("draft") in text


def test_a_page_of_the_desk_that_has_not_changed_is_not_sent_again(
    filled: Newsroom, desk: FlaskClient, set_clock: SetClock
) -> None:
    tag = fetch(desk, HOME).headers["ETag"]
    set_clock(NOW + SECOND)
    assert fetch(desk, HOME, {"If-None-Match": tag}).status_code == 304
    filled.apply({"new.md": item("New")})
    assert fetch(desk, HOME, {"If-None-Match": tag}).status_code == 200


@pytest.mark.usefixtures("filled")
def test_what_became_of_files_is_a_feed_behind_the_key(desk: FlaskClient) -> None:
    answer = fetch(desk, f"{HOME}problems.xml")
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    assert f"{HOME}problems.xml" in answer.text
    tag = answer.headers["ETag"]
    assert fetch(desk, f"{HOME}problems.xml", {"If-None-Match": tag}).status_code == 304


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("before", ["x", "1", "-1 a", "9" * 19, "1 \x00", "²", "1 ' OR 1=1"])
def test_any_cursor_is_answered(desk: FlaskClient, before: str) -> None:
    answer = desk.get(HOME, query_string={"before": before})
    assert answer.status_code == 200


@pytest.mark.usefixtures("filled")
def test_a_preview_has_pictures_and_feeds(desk: FlaskClient) -> None:
    start = preview_of("draft")
    page = fetch(desk, start).text
    assert f"{SECRET} draft" in page
    own = set(re.findall(rf'{start}(?:media|thumbnails)/[^" ]+', page))
    assert len(own) >= 2
    for path in {*own, start + "style.css", start + "feed.css"}:
        assert fetch(desk, path).status_code == 200, path
    for name in ("atom.xml", "rss.xml", "feed.json", "yandex.xml"):
        assert SECRET in fetch(desk, f"{start}feeds/{name}").text
    assert fetch(desk, f"{start}feeds/x").status_code == 404
    assert fetch(desk, f"{start}media/later.jpg").status_code == 404


@pytest.mark.usefixtures("filled")
def test_a_preview_ends_when_the_entry_is_published(desk: FlaskClient, set_clock: SetClock) -> None:
    path = preview_of("later")
    assert fetch(desk, path).status_code == 200
    set_clock(NOW + 60 * 24 * 3600 * SECOND)
    over = fetch(desk, path)
    assert over.status_code == 410
    assert 'href="https://news.example/presscenter/news/detail/later.html"' in over.text
    for part in ("media/later.jpg", "feeds/atom.xml", "thumbnails/480/later.jpg"):
        assert fetch(desk, path + part).status_code == 404


@pytest.mark.usefixtures("filled")
def test_a_preview_of_what_is_gone_or_withdrawn_is_not_there(desk: FlaskClient) -> None:
    for entry_id in ("gone", "bad", "never"):
        assert fetch(desk, preview_of(entry_id)).status_code == 404


def test_before_the_first_index_the_desk_says_so(desk: FlaskClient) -> None:
    answer = fetch(desk, HOME)
    assert answer.status_code == 503
    assert "Папка читается впервые" in answer.text


def test_titles_and_names_of_files_are_text(newsroom: Newsroom, desk: FlaskClient) -> None:
    draft = item("<script>alert(1)</script>", status="draft")
    newsroom.publish({'<img src=x onerror="1">.md': draft})
    text = fetch(desk, HOME).text
    assert "<script>alert" not in text
    assert "<img" not in text


def test_the_link_of_the_desk_has_its_key(settings: Settings) -> None:
    desk = replace(settings.desk, port=8001, host="::1")
    assert addresses.home_url(replace(settings, desk=desk), KEY) == f"http://[::1]:8001{HOME}"
    desk = replace(settings.desk, port=8001, base_url="https://desk.example")
    assert addresses.home_url(replace(settings, desk=desk), KEY) == f"https://desk.example{HOME}"
