"""The hub against the requirements of WebSub (docs/websub.md lists them), with real processes."""

import hmac
import signal
import socket
import stat
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from feedsvc.hub.delivering import AT_ONCE_TO_ONE, TIMEOUT
from tests.support.hub import ATOM, Answer, Got, Site, Subscriber, subscriber
from tests.support.listening import listening
from tests.support.service import SERVE, Service
from tests.support.waiting import wait_for

SECRET = "a secret, секрет"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), HUB__LEASE_MOST="900000")
    try:
        site.publish("first")
        yield site
    finally:
        site.stop()


@pytest.fixture
def reader() -> Iterator[Subscriber]:
    with subscriber() as running:
        yield running


def publish(site: Site, request: pytest.FixtureRequest) -> None:
    site.publish(f"{request.node.name}-{time.monotonic_ns()}")


def test_a_subscription_is_accepted_then_verified_then_told(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    callback = reader.url("/new?a=%41&hub.mode=x")
    assert site.post(callback)[0] == 202
    wait_for(lambda: site.is_subscribed(callback))
    (asked,) = reader.asked("/new")
    # The query is preserved, and what is added follows it.
    assert asked.target.startswith("/new?a=%41&hub.mode=x&hub.mode=subscribe&")
    assert asked.query["hub.topic"] == site.topic()
    assert asked.query["hub.lease_seconds"] == "864000"
    assert len(asked.query["hub.challenge"]) > 30
    publish(site, request)
    wait_for(lambda: bool(reader.told("/new")))
    (told,) = reader.told("/new")
    assert told.target == "/new?a=%41&hub.mode=x"
    with urllib.request.urlopen(site.topic()) as answer:
        assert told.body == answer.read()
        assert told.headers["content-type"] == answer.headers["Content-Type"]
    link = f'<{site.url}>; rel="hub", <{site.topic()}>; rel="self"'
    assert told.headers["link"] == link
    assert "x-hub-signature" not in told.headers


def test_with_a_secret_what_is_delivered_is_signed(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    site.subscribe(reader.url("/signed"), secret=SECRET)
    publish(site, request)
    wait_for(lambda: bool(reader.told("/signed")))
    (told,) = reader.told("/signed")
    expected = hmac.new(SECRET.encode(), told.body, sha256).hexdigest()
    assert told.headers["x-hub-signature"] == f"sha256={expected}"


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(404),
        Answer(500),
        Answer(200, b"something else"),
        Answer(200, b""),
        Answer(302, b"", (("Location", "/elsewhere"),)),
    ],
)
def test_what_is_not_confirmed_is_no_subscription(
    site: Site, reader: Subscriber, refusal: Answer
) -> None:
    reader.confirm = lambda _: refusal
    callback = reader.url("/refused")
    assert site.post(callback)[0] == 202
    wait_for(lambda: bool(reader.asked("/refused")) and site.is_settled(callback))
    assert not site.is_subscribed(callback)
    assert len(reader.got) == 1


def test_a_renewal_counts_once_it_is_confirmed(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    callback = reader.url("/renewed")
    site.subscribe(callback, secret="old", lease_seconds="1000")
    confirm, reader.confirm = reader.confirm, lambda _: Answer(404)
    assert site.post(callback, secret="forged")[0] == 202
    wait_for(lambda: len(reader.asked("/renewed")) == 2 and site.is_settled(callback))
    publish(site, request)
    wait_for(lambda: len(reader.told("/renewed")) == 1)
    reader.confirm = confirm
    site.subscribe(callback, secret="new", lease_seconds="999999999")
    # Not the lease that was asked for, but the longest there is.
    assert reader.asked("/renewed")[-1].query["hub.lease_seconds"] == "900000"
    publish(site, request)
    wait_for(lambda: len(reader.told("/renewed")) == 2)
    for told, secret in zip(reader.told("/renewed"), (b"old", b"new"), strict=True):
        expected = hmac.new(secret, told.body, sha256).hexdigest()
        assert told.headers["x-hub-signature"] == f"sha256={expected}"


def test_who_unsubscribes_and_confirms_it_is_told_no_more(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    gone, stays = reader.url("/gone"), reader.url("/stays")
    for callback in (gone, stays):
        site.subscribe(callback)
    confirm, reader.confirm = reader.confirm, lambda _: Answer(404)
    # Somebody else wants it.
    assert site.post(stays, mode="unsubscribe")[0] == 202
    wait_for(lambda: len(reader.asked("/stays")) == 2 and site.is_settled(stays))
    reader.confirm = confirm
    assert site.post(gone, mode="unsubscribe", lease_seconds="any")[0] == 202
    wait_for(lambda: not site.is_subscribed(gone))
    assert reader.asked("/gone")[-1].query["hub.mode"] == "unsubscribe"
    publish(site, request)
    wait_for(lambda: bool(reader.told("/stays")))
    assert reader.told("/gone") == []


def test_a_lease_ends(site: Site, reader: Subscriber, request: pytest.FixtureRequest) -> None:
    site.subscribe(reader.url("/short"), lease_seconds="1")
    site.subscribe(reader.url("/long"))
    time.sleep(1.1)
    publish(site, request)
    wait_for(lambda: bool(reader.told("/long")))
    assert reader.told("/short") == []


@pytest.mark.parametrize("path", ["/feeds/nothing.xml", "/feeds/yandex.xml", "/atom.xml", "/"])
def test_what_is_no_feed_of_ours_is_denied_with_a_reason(
    site: Site, reader: Subscriber, path: str
) -> None:
    callback = reader.url("/denied?x")
    assert site.post(callback, topic=site.topic(path))[0] == 202
    wait_for(lambda: bool(reader.asked("/denied")))
    (denied,) = reader.asked("/denied")
    assert denied.query["hub.mode"] == "denied"
    assert denied.query["hub.topic"] == site.topic(path)
    assert "no such feed" in denied.query["hub.reason"]
    assert not site.is_subscribed(callback)


def test_topics_of_others_are_refused_and_nobody_is_asked(site: Site, reader: Subscriber) -> None:
    status, text = site.post(reader.url("/other"), topic="http://other.example/feed")
    assert status == 403
    assert "no other topics" in text
    assert reader.got == []


def test_an_error_is_told_in_plain_text(site: Site) -> None:
    status, text = site.post("ftp://reader.example/")
    assert status == 400
    assert text.startswith("hub.callback must be an http or https address")


def test_who_tells_it_of_a_change_hears_that_it_knows(site: Site) -> None:
    status, text = site.post("", mode="publish", url=site.topic())
    assert (status, text) == (202, "This hub follows its feeds by itself.\n")


def test_feeds_of_categories_are_topics_too(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    for name in ("rss.xml", "feed.json"):
        topic = site.topic(f"/feeds/category/sport/{name}")
        site.subscribe(reader.url(f"/{name}"), topic=topic)
    publish(site, request)
    wait_for(lambda: bool(reader.told("/rss.xml") and reader.told("/feed.json")))
    assert reader.told("/feed.json")[0].headers["content-type"].startswith("application/feed+json")


def test_a_delivery_that_fails_is_tried_again_with_the_newest_content(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    statuses = [500, 302, 404, 204]

    def take(_: Got) -> Answer:
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        return Answer(status, b"", (("Location", "/elsewhere"),))

    reader.take = take
    site.subscribe(reader.url("/failing"))
    publish(site, request)
    wait_for(lambda: bool(reader.told("/failing")))
    publish(site, request)
    wait_for(lambda: len(reader.told("/failing")) >= 4)
    told = reader.told("/failing")
    assert told[-1].body != told[0].body
    with urllib.request.urlopen(site.topic()) as answer:
        assert told[-1].body == answer.read()
    # Redirects are not followed.
    assert all(got.target.startswith("/failing") for got in reader.got)


def test_a_subscriber_that_drips_its_answer_is_given_up_and_keeps_nobody_waiting(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    begun, ended = [], []

    def drip(connection: socket.socket, got: bytes) -> None:
        if got.startswith(b"GET"):
            challenge = parse_qs(got.split()[1].partition(b"?")[2])[b"hub.challenge"][0]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(challenge))
            connection.sendall(challenge)
            return
        begun.append(time.monotonic())
        try:
            connection.sendall(b"HTTP/1.1 204 No Content\r\n")
            while True:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)
        finally:
            ended.append(time.monotonic())

    with listening(drip) as dripping:
        # Not all that there may be at a time: to the hub, all of this is one host.
        for number in range(AT_ONCE_TO_ONE // 2):
            site.subscribe(f"{dripping.url}{number}")
        site.subscribe(reader.url("/quick"))
        publish(site, request)
        wait_for(lambda: len(begun) >= AT_ONCE_TO_ONE // 2)
        publish(site, request)
        wait_for(lambda: len(reader.told("/quick")) >= 2)
        assert not ended
        wait_for(lambda: len(ended) >= AT_ONCE_TO_ONE // 2, 60)
        assert min(ended) - min(begun) >= TIMEOUT - 1


def test_a_callback_that_is_gone_ends_its_subscription(
    site: Site, reader: Subscriber, request: pytest.FixtureRequest
) -> None:
    reader.take = lambda _: Answer(410)
    callback = reader.url("/ended")
    site.subscribe(callback)
    publish(site, request)
    wait_for(lambda: not site.is_subscribed(callback))
    assert len(reader.told("/ended")) == 1


def test_hosts_that_are_not_public_are_never_asked(site: Site, reader: Subscriber) -> None:
    port = reader.server.server_address[1]
    # It is on this machine as well, but nobody has allowed it.
    callback = f"http://127.0.0.2:{port}/private"
    with socket.create_server(("127.0.0.2", port)) as listening:
        listening.settimeout(0.5)
        assert site.post(callback)[0] == 202
        wait_for(lambda: site.is_settled(callback))
        with pytest.raises(TimeoutError):
            listening.accept()


def test_garbage_and_slow_clients_neither_stop_it_nor_fill_its_log(site: Site) -> None:
    before = site.log
    with ExitStack() as stack:
        for data in (
            b"\x00\xff\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\nhub",
        ):
            for _ in range(20):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", site.port)))
                client.sendall(data)
        body = b"hub.secret=" + b"x" * 100_000
        head = f"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        client = stack.enter_context(socket.create_connection(("127.0.0.1", site.port)))
        client.sendall(head.encode() + body)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
        assert site.get()[0] == 200
    time.sleep(0.3)
    assert site.get()[0] == 200
    assert site.log == before


def test_only_the_user_of_the_service_can_read_what_it_keeps(site: Site) -> None:
    files = [each for each in site.service.instance.iterdir() if "hub.sqlite3" in each.name]
    assert len(files) == 3
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_a_hub_that_was_killed_goes_on_and_tells_nobody_twice(
    tmp_path: Path, reader: Subscriber
) -> None:
    site = Site(tmp_path, HUB__CONTENT="new")
    try:
        site.publish("first")
        reader.take = lambda got: Answer(204 if got.target == "/quick" else 500)
        for path in ("/quick", "/late"):
            site.subscribe(reader.url(path))
        site.publish("second")
        wait_for(lambda: bool(reader.told("/quick") and reader.told("/late")))
        time.sleep(0.2)
        site.end(signal.SIGKILL)
        site.publish("third")
        reader.take = lambda _: Answer(204)
        before = len(reader.told("/late"))
        site.start()
        wait_for(lambda: len(reader.told("/quick")) == 2 and len(reader.told("/late")) > before)
        # What they have confirmed is recorded before the hub ends.
        assert site.end() == 0
        site.start()
        time.sleep(1)
        # The one has had the second text, the other nothing before.
        first, second = reader.told("/quick")
        assert b"Title-first." in first.body
        assert b"Title-third." in second.body
        assert b"Title-second." not in second.body
        (late,) = reader.told("/late")[before:]
        assert b"Title-second." in late.body
    finally:
        site.stop()


def test_limits_hold(tmp_path: Path, reader: Subscriber) -> None:
    site = Site(tmp_path, HUB__PER_HOST="2", HUB__RATE="6")
    try:
        site.publish("first")
        for number in range(2):
            site.subscribe(reader.url(f"/{number}"))
        status, text = site.post(reader.url("/2"))
        assert status == 429
        assert "this host" in text
        # Who has a subscription can renew it.
        site.subscribe(reader.url("/1"))
        answers = [site.post(reader.url("/1"))[0] for _ in range(4)]
        assert answers[-1] == 429
        assert site.get()[0] == 200
    finally:
        site.stop()


def test_one_hub_serves_a_folder(site: Site) -> None:
    other = Site.__new__(Site)
    other.__dict__.update(site.__dict__)
    other.start()
    assert other.hub.wait(30) == 2
    assert "другой хаб" in site.log


def test_without_a_hub_nothing_is_said_of_one(tmp_path: Path) -> None:
    service = Service(SERVE, tmp_path)
    try:
        wait_for(lambda: service.get(ATOM)[0] == 200)
        assert "hub" not in service.get(ATOM)[1] + service.get("/")[1]
    finally:
        service.stop()
