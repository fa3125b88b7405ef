"""Conditional requests (RFC 9110 section 13): who has the current version receives no body."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from feedsvc.dates import to_microseconds
from tests.support.http import ATOM, CHANGED, TYPES, get, headers_of, tag
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

pytestmark = pytest.mark.usefixtures("published")

# In seconds. A date in the future was sent by a clock that was wrong.
AHEAD = 20 * 365 * 86400


def modified(response: TestResponse) -> datetime | None:
    return response.last_modified


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize(
    "condition",
    ["{tag}", "W/{tag}", '"other", {tag}', 'W/"other",W/{tag}', "*", ' {tag} , "other"'],
)
def test_the_tag_of_the_current_version_is_answered_with_304(
    client: FlaskClient, coding: str, condition: str
) -> None:
    for url in TYPES:
        whole = get(client, url, coding)
        response = get(client, url, coding, If_None_Match=condition.format(tag=tag(whole)))
        kept = ("ETag", "Cache-Control", "Vary")
        assert response.status_code == 304, url
        assert headers_of(response) == sorted((name, whole.headers[name]) for name in kept), url
        assert response.data == b"", url


@pytest.mark.parametrize("condition", ['"other"', 'W/"other"', '"a", "b"', "", "garbage", '"'])
def test_any_other_tag_is_answered_with_the_document(client: FlaskClient, condition: str) -> None:
    for url in TYPES:
        response = get(client, url, If_None_Match=condition)
        assert (response.status_code, response.data) == (200, get(client, url).data), url


def test_the_tag_of_another_coding_is_another_tag(client: FlaskClient) -> None:
    for url in TYPES:
        plain, encoded = get(client, url), get(client, url, "gzip")
        assert get(client, url, "gzip", If_None_Match=tag(plain)).status_code == 200, url
        assert get(client, url, If_None_Match=tag(encoded)).status_code == 200, url


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 304), (1, 200), (AHEAD, 200), (-1, 200), (-86400, 200)]
)
def test_only_the_date_of_the_current_version_is_answered_with_304(
    client: FlaskClient, seconds: int, status: int
) -> None:
    for url in TYPES:
        date = modified(get(client, url))
        assert date is not None
        since = http_date(date + timedelta(seconds=seconds))
        response = get(client, url, If_Modified_Since=since)
        assert (response.status_code, response.data == b"") == (status, status == 304), url
        # curl and newsboat take a response that is dated no later for an old one.
        if status == 200:
            assert modified(response) == (date if seconds < 0 else None), url


@pytest.mark.parametrize("since", ["", "yesterday", "2026", "Wed, 99 Foo 2026 25:00:00 GMT"])
def test_a_date_that_is_invalid_is_ignored(client: FlaskClient, since: str) -> None:
    for url in TYPES:
        assert get(client, url, If_Modified_Since=since).status_code == 200, url


def test_the_entity_tag_decides_if_there_is_a_date_too(client: FlaskClient) -> None:
    # RFC 9110 section 13.1.3: the date MUST be ignored then.
    early, late = "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    for url in TYPES:
        same = tag(get(client, url))
        statuses = [
            get(client, url, If_None_Match=same, If_Modified_Since=early).status_code,
            get(client, url, If_None_Match='"other"', If_Modified_Since=late).status_code,
        ]
        assert statuses == [304, 200], url


def test_head_is_answered_conditionally_too(client: FlaskClient) -> None:
    for url in TYPES:
        headers = {"If-None-Match": tag(get(client, url)), "Accept-Encoding": "identity"}
        assert client.head(url, headers=headers).status_code == 304, url


def test_the_date_is_up_to_a_day_before_the_newest_moment(
    client: FlaskClient, published: Newsroom
) -> None:
    # That of the withdrawn entry.
    newest = to_microseconds(datetime(2025, 12, 31, 21, tzinfo=UTC))
    assert published.edition().period.newest == newest
    for url in TYPES:
        date = modified(get(client, url))
        assert date is not None
        assert 0 <= newest - to_microseconds(date) <= 86400 * SECOND, url


def test_a_change_without_a_new_date_in_it_has_another_date(
    client: FlaskClient, published: Newsroom
) -> None:
    dates: list[datetime] = []

    def change(text: str) -> dict[datetime, int]:
        """Return what a client is answered with that asks with each earlier date."""
        published.apply({"sport.md": item("Спорт", "2014-08-10", text, categories="Спорт")})
        return {
            date: get(client, ATOM, If_Modified_Since=http_date(date)).status_code for date in dates
        }

    for number in range(30):
        assert set(change(f"Text {number}.").values()) <= {200}
        date = modified(get(client, ATOM))
        assert date is not None
        dates.append(date)
    first, *others = change("Text 0.").values()
    assert (first, set(others)) == (304, {200})


def test_a_client_that_asks_by_date_receives_what_has_become_due_since(
    client: FlaskClient, published: Newsroom, set_clock: SetClock
) -> None:
    published.apply({"a.md": item("Due", date="2026-07-01T12:00:10Z")}, now=CHANGED)
    since = get(client, ATOM).headers["Last-Modified"]
    assert get(client, ATOM, If_Modified_Since=since).status_code == 304
    set_clock(NOW + 11 * SECOND)
    response = get(client, ATOM, If_Modified_Since=since)
    assert (response.status_code, "Due" in response.text) == (200, True)
    date = modified(response)
    assert date is not None
    assert 0 <= NOW + 10 * SECOND - to_microseconds(date) <= 86400 * SECOND


def test_without_entries_there_is_no_date(client: FlaskClient, published: Newsroom) -> None:
    published.apply({}, gone=["1204713.txt", "sport.md", "gone.md"])
    response = get(client, ATOM, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT")
    assert (response.status_code, modified(response)) == (200, None)


def test_a_response_without_a_body_is_small(client: FlaskClient, published: Newsroom) -> None:
    published.apply({f"{number}.md": item(f"T{number}") for number in range(40)})
    whole = get(client, ATOM, "gzip")
    response = get(client, ATOM, "gzip", If_None_Match=tag(whole))
    assert response.status_code == 304
    assert len(f"HTTP/1.1 304 Not Modified\r\n{response.headers}") < 600
