"""The forms in which caches are told, as Varnish, Fastly, Cloudflare and Bunny document them."""

import json
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from feedsvc.purging import receivers as module
from feedsvc.purging.batch import Batch
from feedsvc.purging.receivers import AT_ONCE, NotTold, receivers
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from tests.support.purged import Purged

BATCH = Batch(("list", "entry-5"), ("/", "/entry/5"))


def tell(settings: Settings, purge: Purge, batch: Batch = BATCH) -> None:
    for receiver in receivers(replace(settings, purge=purge)):
        for message in receiver.messages(batch):
            message()


def test_varnish_gets_all_keys_in_one_header(settings: Settings, cache: Purged) -> None:
    tell(settings, Purge(urls=(f"{cache.url}/",), header="xkey-purge"))
    (told,) = cache.told
    assert (told.method, told.path, told.headers["xkey-purge"]) == ("PURGE", "/", "list entry-5")


def test_many_keys_are_some_requests(settings: Settings, cache: Purged) -> None:
    keys = tuple(f"entry-{number}" for number in range(2 * AT_ONCE + 1))
    tell(settings, Purge(urls=(f"{cache.url}/",)), Batch(keys, ()))
    assert [len(each) for each in cache.key_sets()] == [AT_ONCE, AT_ONCE, 1]
    assert {*keys} == set.union(*cache.key_sets())


def test_varnish_without_xkey_gets_a_request_for_each_key(
    settings: Settings, cache: Purged
) -> None:
    tell(settings, Purge(urls=(f"{cache.url}/{{key}}",), method="BAN"))
    assert [(told.method, told.path) for told in cache.told] == [
        ("BAN", "/list"),
        ("BAN", "/entry-5"),
    ]


def test_a_cache_that_knows_addresses_gets_a_request_for_each(
    settings: Settings, cache: Purged
) -> None:
    tell(settings, Purge(urls=(f"{cache.url}{{path}}",)))
    assert [told.path for told in cache.told] == ["/", "/entry/5"]
    assert "surrogate-key" not in cache.told[0].headers


def test_fastly_gets_keys_and_its_key_from_a_file(
    settings: Settings, cache: Purged, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("fastly-token\nmore\n")
    purge = Purge(
        urls=(f"{cache.url}/service/SU1Z0isxPaozGVKXdv0eY/purge",),
        method="POST",
        secret_header="Fastly-Key",
        secret_file=file,
    )
    tell(settings, purge)
    file.write_text("new-token")
    tell(settings, purge)
    first, second = cache.told
    assert (first.method, first.path) == ("POST", "/service/SU1Z0isxPaozGVKXdv0eY/purge")
    assert first.headers["surrogate-key"] == "list entry-5"
    assert [told.headers["fastly-key"] for told in (first, second)] == ["fastly-token", "new-token"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"tags": {keys}}', {"tags": ["list", "entry-5"]}),
        (
            '{"files": {addresses}}',
            {"files": ["https://news.example/", "https://news.example/entry/5"]},
        ),
    ],
)
def test_cloudflare_gets_tags_or_files_as_json(
    settings: Settings, cache: Purged, body: str, expected: object
) -> None:
    purge = Purge(
        urls=(f"{cache.url}/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/purge_cache",),
        method="POST",
        body=body,
        secret_header="Authorization",
        secret="Bearer token",
    )
    tell(settings, purge)
    (told,) = cache.told
    assert json.loads(told.body) == expected
    assert told.headers["content-type"] == "application/json"
    assert told.headers["authorization"] == "Bearer token"


def test_bunny_gets_one_tag_a_request(settings: Settings, cache: Purged) -> None:
    url = f"{cache.url}/pullzone/17/purgeCache"
    tell(settings, Purge(urls=(url,), method="POST", body='{"CacheTag": {key}}'))
    assert [json.loads(told.body) for told in cache.told] == [
        {"CacheTag": "list"},
        {"CacheTag": "entry-5"},
    ]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_no_success_is_a_failure(settings: Settings, cache: Purged, status: int) -> None:
    cache.answer = lambda _: (status, {"Location": "/elsewhere"})
    with pytest.raises(NotTold) as caught:
        tell(settings, Purge(urls=(f"{cache.url}/",)))
    assert caught.value.message.text("ru") == f"получен ответ {status}"
    assert len(cache.told) == 1


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("999999999999", 3600, 3600),
        (None, 500, 600),
        ("-5", 0, 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ("soon", 0, 0),
        ("Thu, 01 Jan 99999 00:00:00 GMT", 0, 0),
    ],
)
def test_a_cache_may_ask_for_a_pause(
    settings: Settings, cache: Purged, value: str | None, least: float, most: float
) -> None:
    if value is None:
        value = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    cache.answer = lambda _: (429, {"Retry-After": value})
    with pytest.raises(NotTold) as caught:
        tell(settings, Purge(urls=(f"{cache.url}/",)))
    assert least <= caught.value.wait <= most


def test_a_cache_that_is_away_hangs_or_talks_nonsense_is_a_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(NotTold):
            tell(settings, Purge(urls=(f"http://127.0.0.1:{port}/",)))
    with pytest.raises(NotTold) as caught:
        tell(settings, Purge(urls=(f"http://127.0.0.1:{port}/",)))
    assert caught.value.message.text("en") == "the connection is refused"


def test_a_secret_that_cannot_be_read_is_a_failure(
    settings: Settings, cache: Purged, tmp_path: Path
) -> None:
    purge = Purge(urls=(f"{cache.url}/",), secret_header="Key", secret_file=tmp_path / "none")
    with pytest.raises(NotTold):
        tell(settings, purge)
    assert not cache.told


@pytest.mark.parametrize("secret", ["пароль", "top\nX-Header: 1", "top\x00"])
def test_a_secret_that_no_header_can_have_is_a_failure_that_does_not_show_it(
    settings: Settings, cache: Purged, secret: str
) -> None:
    with pytest.raises(NotTold) as caught:
        tell(settings, Purge(urls=(f"{cache.url}/",), secret_header="Key", secret=secret))
    assert secret[:3] not in caught.value.message.text("en")
    assert not cache.told


def test_a_command_gets_keys_and_addresses_one_a_line(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "told"
    code = f"import sys; open({str(file)!r}, 'w').write(sys.stdin.read())"
    tell(settings, Purge(command=(sys.executable, "-c", code)))
    assert file.read_text() == "list\nentry-5\n/\n/entry/5\n"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("false",), "the command ended with 1"),
        (("sleep", "60"), "the command took longer than 0 seconds"),
        (("/nothing/here",), "there is no such file or folder"),
    ],
)
def test_a_command_that_fails_is_a_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], expected: str
) -> None:
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.3)
    with pytest.raises(NotTold) as caught:
        tell(settings, Purge(command=command))
    assert caught.value.message.text("en") == expected
