"""The aggregators' feed: what it holds, for how long, and how much at most."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.app import build_app
from feedsvc.feeds import aggregated
from tests.support.elements import DC, MEDIA_RSS, NEWS_SITEMAP, YANDEX, texts
from tests.support.newsroom import SECOND, SITE, Newsroom, SetClock, item
from tests.support.validators import validate_yandex
from tests.support.varied_entries import DAY

pytestmark = pytest.mark.usefixtures("frozen_clock")

PATH = "/feeds/yandex.xml"
# What is not items: the channel's own elements and the namespaces.
OVERHEAD = 100_000


@pytest.mark.usefixtures("varied")
def test_aggregators_get_the_last_days_and_nothing_else(client: FlaskClient) -> None:
    root = validate_yandex(client.get(PATH).data)
    assert [item.findtext("title") for item in root.iter("item")] == ["A & <b>", "Заголовок"]
    assert root[0].findtext("link") == f"{SITE}/"


def test_aggregators_get_the_text_without_source_date_and_contacts(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    settings = replace(newsroom.settings, contact="press@news.example")
    text = (
        "Заголовок\n30.06.2026\nПервый абзац.\n\nВторой.\n\n"
        f"Адрес страницы: {SITE}/presscenter/news/detail/9.html\n\n[Управа района](#)"
    )
    markdown = item(
        "M", date="2026-06-30", body="# Head\n\n*One* & [two](/x) <b>three</b>", author="Я"
    )
    newsroom.publish({"a.txt": text.encode(), "m.md": markdown})
    root = validate_yandex(build_app(settings).test_client().get(PATH).data)
    assert texts(root, f"{YANDEX}full-text") == ["Head\nOne & two three", "Первый абзац.\nВторой."]
    assert texts(root, f"{DC}creator") == ["Я", "Управа района"]
    assert client.get(PATH).status_code == 200


@pytest.mark.parametrize(("path", "days"), [(PATH, 8), ("/sitemap-news.xml", 2)])
def test_an_entry_leaves_on_time_though_no_file_changes(
    newsroom: Newsroom,
    client: FlaskClient,
    set_clock: SetClock,
    path: str,
    days: int,
) -> None:
    published = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * SECOND
    files = {
        "a.md": item("First", date="2026-06-01T00:00:00Z"),
        "b.md": item("Second", date="2026-06-01T06:00:00Z"),
    }
    newsroom.publish(files, now=published - DAY)

    def at(moment: int) -> tuple[list[str], int, str]:
        set_clock(moment)
        response = client.get(path)
        root = etree.fromstring(response.data)
        titles = texts(root, f"{NEWS_SITEMAP}title") or [
            each.findtext("title") or "" for each in root.iter("item")
        ]
        return titles, response.cache_control.max_age or 0, response.headers["ETag"]

    end = published + days * DAY
    both, _, tag = at(published + DAY)
    assert both == ["Second", "First"]
    assert at(end - 100 * SECOND) == (["Second", "First"], 100, tag)
    assert at(end - 1)[0] == ["Second", "First"]
    assert at(end)[0] == ["Second"]
    assert at(end + 6 * 3600 * SECOND - 1)[0] == ["Second"]
    assert at(end + 6 * 3600 * SECOND)[0] == []
    assert at(end + DAY)[0] == []


def test_a_withdrawn_entry_is_deleted_until_it_would_have_left(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    entry = item(
        "Gone", date="2026-06-30", updated="2026-07-01", status="withdrawn", reason="R & <r>"
    )
    newsroom.publish({"a.md": entry})
    (only,) = validate_yandex(client.get(PATH).data).iter("item")
    status = only.find(f"{MEDIA_RSS}status")
    assert status is not None
    assert dict(status.items()) == {"state": "deleted", "reason": "R & <r>"}
    assert only.findtext("link") == f"{SITE}/presscenter/news/detail/a.html"
    assert only.findtext("pubDate") == "Wed, 01 Jul 2026 00:00:00 +0300"
    published = int(datetime(2026, 6, 29, 21, tzinfo=UTC).timestamp()) * SECOND
    for offset, count in ((-1, 1), (0, 0), (SECOND, 0)):
        set_clock(published + 8 * DAY + offset)
        root = etree.fromstring(client.get(PATH).data)
        assert len(list(root.iter("item"))) == count, offset


# The quick variant has a bound, and texts, of a tenth of the real size.
SCALES = [pytest.param(10, id="a tenth"), pytest.param(1, id="real", marks=pytest.mark.long)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("character", ["Я", "x", "&", "<"])
def test_aggregators_never_get_more_than_they_accept(
    newsroom: Newsroom,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    character: str,
    scale: int,
) -> None:
    bound = aggregated.MAX_SIZE // scale
    monkeypatch.setattr(aggregated, "MAX_SIZE", bound)
    line = character * 40 + " "
    # The parser limits escapes, so these texts are shorter, and more.
    size, count = (40_000, 30) if character in "&<" else (900_000, 6)
    text = line * (size // scale // len(line.encode()))
    newsroom.publish(
        {f"{n}.txt": f"T{n}\n2026-06-30 10:{n:02}\n{text}".encode() for n in range(count)}
    )
    body = client.get(PATH).data
    titles = [each.findtext("title") for each in validate_yandex(body).iter("item")]
    assert bound // 2 < len(body) < bound + OVERHEAD
    # The newest of them, without a gap.
    assert titles == [f"T{n}" for n in range(count - 1, count - 1 - len(titles), -1)]


def test_withdrawn_entries_count_towards_what_aggregators_accept(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = [f"{number:02}" + "Я" * 400 for number in range(40)]
    files = {
        f"{title[:2]}.md": item(title, date=f"2026-06-30 10:{title[:2]}", status="withdrawn")
        for title in titles
    }
    newsroom.publish({**files, "a.md": item("Here", date="2026-06-30")})
    whole = len(client.get(PATH).data)
    assert whole > 40 * 800
    monkeypatch.setattr(aggregated, "MAX_SIZE", whole // 2)
    body = build_app(newsroom.settings).test_client().get(PATH).data
    validate_yandex(body)
    assert whole // 4 < len(body) < whole * 3 // 4
