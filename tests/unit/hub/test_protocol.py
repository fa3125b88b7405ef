import hmac
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from feedsvc.hub import protocol
from feedsvc.hub.protocol import FORM, Asked, Refused, parse

TOPIC = "https://news.example/feeds/atom.xml"
CALLBACK = "https://reader.example/c/1"


def form(**fields: str) -> bytes:
    """Return a form; `lease` stands for hub.lease_seconds."""
    given = {"mode": "subscribe", "topic": TOPIC, "callback": CALLBACK} | fields
    names = {"lease": "lease_seconds"}
    return urlencode({f"hub.{names.get(key, key)}": text for key, text in given.items()}).encode()


def refused(body: bytes, media_type: str = FORM) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(media_type, body)
    return caught.value


def test_a_request_needs_callback_mode_and_topic_alone() -> None:
    assert parse(FORM, form()) == Asked("subscribe", TOPIC, CALLBACK, None, b"")


def test_lease_and_secret_are_taken() -> None:
    asked = parse(f"{FORM}; charset=UTF-8", form(lease="600", secret="с=&"))
    assert (asked.lease, asked.secret) == (600, "с=&".encode())


def test_unknown_parameters_are_ignored() -> None:
    assert parse(FORM, form(verify="sync")) == parse(FORM, form())


def test_the_lease_of_an_unsubscription_is_ignored() -> None:
    assert parse(FORM, form(mode="unsubscribe", lease="soon")).lease is None


@pytest.mark.parametrize("missing", ["mode", "topic", "callback"])
def test_what_lacks_a_parameter_is_refused_and_told_which(missing: str) -> None:
    refusal = refused(form(**{missing: ""}))
    assert refusal.status == 400
    assert f"hub.{missing}" in refusal.text


@pytest.mark.parametrize("lease", ["0", "-1", "1.5", "soon", "٣", "9" * 19])
def test_a_lease_must_be_a_positive_decimal_number(lease: str) -> None:
    assert "hub.lease_seconds" in refused(form(lease=lease)).text


def test_a_secret_must_be_less_than_200_bytes_long() -> None:
    assert len(parse(FORM, form(secret="x" * 199)).secret) == 199
    assert "hub.secret" in refused(form(secret="ы" * 100)).text


@pytest.mark.parametrize(
    "callback",
    [
        "ftp://reader.example/",
        "reader.example/c",
        "https://user@reader.example/",
        "https://reader.example/#part",
        "https://reader.example/ c",
        "https://reader.example/с",
        "https://reader.example:25/",
        "https://reader.example:0/",
        "https://reader.example:99999/",
        "https://[::1/",
        "https:///c",
        "https://reader.example/" + "c" * 1000,
        "https://reader.example/\r\nHost: other",
    ],
)
def test_a_callback_must_be_an_address_that_can_be_requested(callback: str) -> None:
    assert "hub.callback" in refused(form(callback=callback)).text


@pytest.mark.parametrize("port", ["", ":80", ":443", ":8443"])
def test_a_callback_may_be_at_a_port_that_no_other_protocol_has(port: str) -> None:
    callback = f"HTTPS://Reader.Example{port}/c?a=1"
    asked = parse(FORM, form(callback=callback))
    assert asked.callback == callback
    assert asked.host == "reader.example"


@pytest.mark.parametrize("topic", ["https://news.example/\n", "https://news.example/" + "t" * 500])
def test_a_topic_is_short_and_printable(topic: str) -> None:
    assert "hub.topic" in refused(form(topic=topic)).text


def test_other_media_types_are_refused() -> None:
    assert refused(form(), "application/json").status == 415


@pytest.mark.parametrize("body", [b"hub.mode=%FF", b"\xff", b"&".join([b"a=1"] * 51)])
def test_what_is_no_form_in_utf_8_is_refused(body: bytes) -> None:
    assert refused(body).status == 400


def test_what_needs_no_escape_in_a_topic_is_decoded() -> None:
    found = protocol.canonical("https://news.example/%66eeds/%7e%d0%b6%2F")
    assert found == "https://news.example/feeds/~%D0%B6%2F"


@pytest.mark.parametrize(("asked", "granted"), [(None, 50), (5, 10), (20, 20), (200, 100)])
def test_a_lease_is_granted_within_bounds(asked: int | None, granted: int) -> None:
    assert protocol.granted(asked, least=10, most=100, default=50) == granted


def asked(mode: str = "subscribe", callback: str = CALLBACK) -> Asked:
    return Asked(mode, TOPIC, callback, None, b"")


def test_a_verification_has_mode_topic_challenge_and_lease() -> None:
    query = parse_qs(urlsplit(protocol.verification(asked(), "ch&", 60)).query)
    assert query == {
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC],
        "hub.challenge": ["ch&"],
        "hub.lease_seconds": ["60"],
    }


def test_an_unsubscription_is_verified_without_a_lease() -> None:
    query = parse_qs(urlsplit(protocol.verification(asked("unsubscribe"), "c", 60)).query)
    assert query == {
        "hub.mode": ["unsubscribe"],
        "hub.topic": [TOPIC],
        "hub.challenge": ["c"],
    }


@pytest.mark.parametrize(
    ("callback", "start"),
    [
        ("https://r.example/c", "https://r.example/c?hub.mode="),
        ("https://r.example/c?", "https://r.example/c?hub.mode="),
        ("https://r.example/c?hub.mode=%41&b", "https://r.example/c?hub.mode=%41&b&hub.mode="),
        ("https://r.example/c?a=1&", "https://r.example/c?a=1&hub.mode="),
    ],
)
def test_the_query_of_a_callback_is_preserved(callback: str, start: str) -> None:
    assert protocol.verification(asked(callback=callback), "c", 60).startswith(start)


def test_a_denial_has_topic_and_reason() -> None:
    query = parse_qs(urlsplit(protocol.denial(CALLBACK, TOPIC, "no such feed")).query)
    assert query == {
        "hub.mode": ["denied"],
        "hub.topic": [TOPIC],
        "hub.reason": ["no such feed"],
    }


def test_a_delivery_names_hub_and_topic_in_one_header_and_is_signed() -> None:
    found = protocol.headers("https://hub.example/", TOPIC, "application/xml", b"key", b"body")
    assert found == {
        "Content-Type": "application/xml",
        "Link": f'<https://hub.example/>; rel="hub", <{TOPIC}>; rel="self"',
        "X-Hub-Signature": f"sha256={hmac.new(b'key', b'body', sha256).hexdigest()}",
    }


def test_a_delivery_without_a_secret_is_not_signed() -> None:
    assert "X-Hub-Signature" not in protocol.headers("h", TOPIC, "application/xml", b"", b"body")


def test_a_notice_for_public_hubs_is_known() -> None:
    assert protocol.is_notice(b"hub.url=https%3A%2F%2Fnews.example%2F&hub.mode=publish")
    assert not protocol.is_notice(form(topic="https://news.example/?hub.mode=publish"))
