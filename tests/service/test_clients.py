"""What real clients show, each subscribed over HTTP to a real service.

Where clients differ, their classes in tests/support/feed_clients.py state it.
"""

import re
from dataclasses import dataclass

import lxml.html
import pytest

from tests.support.faults import press_item
from tests.support.feed_clients import YANDEX, Client
from tests.support.subscriptions import (
    ADDED_ID,
    AGAIN_ID,
    FIRST_TEXT,
    NEW,
    OLD,
    PICTURES,
    PRESS_ID,
    SECOND_TEXT,
    Subscription,
    play,
    subscribed,
)

TAG = "tag:chertanovo-juzhnoe.mos.ru,2014:"


def link(entry_id: str, site: str = OLD) -> str:
    """Return the address of an entry's page."""
    return f"{site}/presscenter/news/detail/{entry_id}.html"


def plain(html: str) -> str:
    """Return the text of HTML with single spaces."""
    return " ".join(lxml.html.fragment_fromstring(html, "div").text_content().split())


@dataclass(frozen=True, slots=True)
class Case:
    """A client and one of its feeds; the feed for the portals covers eight days."""

    kind: type[Client]
    feed: str
    subscription: Subscription

    def __str__(self) -> str:
        return f"{self.kind.name} {self.feed}"

    @property
    def first(self) -> set[str]:
        """The ids of the entries in the feed in the beginning."""
        return {AGAIN_ID} if self.feed == YANDEX else {PRESS_ID, AGAIN_ID}

    @property
    def press_id(self) -> str:
        """The id under which the feed contains the press release."""
        return AGAIN_ID if self.feed == YANDEX else PRESS_ID

    @property
    def changed(self) -> list[int]:
        """The statuses of the one poll after a change."""
        return [200 if self.feed == YANDEX else self.kind.changed]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Play the history once for all clients."""
    with subscribed(tmp_path_factory.mktemp("clients")) as history:
        play(tmp_path_factory.mktemp("site"), history)
    return [Case(*pair, subscription) for pair, subscription in history.items()]


def test_a_client_shows_the_press_release_in_full(
    cases: list[Case], subtests: pytest.Subtests
) -> None:
    press = press_item().decode()
    paragraphs = re.findall(r"^(?:Приятную|Сейчас|Например) .*", press, re.MULTILINE)
    assert len(paragraphs) == 3
    for case in cases:
        with subtests.test(str(case)):
            entries = case.subscription.entries("subscribed")
            assert entries.keys() == case.first
            shown = entries[case.press_id]
            assert shown.title == press.strip().partition("\n")[0]
            assert shown.link == link(case.press_id)
            assert " ".join(" ".join(paragraphs).split()) in plain(shown.text)
            if case.feed != YANDEX:
                ids = {TAG + entry_id for entry_id in entries}
                assert ids == case.subscription.at("subscribed").keys()


def test_a_client_shows_the_picture(cases: list[Case], subtests: pytest.Subtests) -> None:
    for case in cases:
        with subtests.test(str(case)):
            shown = case.subscription.entries("subscribed")[case.press_id]
            url = f"{OLD}/media/{case.press_id}/{PICTURES[case.press_id]}"
            assert shown.enclosure == (url if case.feed in case.kind.enclosures else "")
            if case.feed != YANDEX:
                (picture,) = lxml.html.fragment_fromstring(shown.text, "div").iter("img")
                assert picture.get("src") == url


def test_if_nothing_has_changed_nothing_is_sent(
    cases: list[Case], subtests: pytest.Subtests
) -> None:
    for case in cases:
        with subtests.test(str(case)):
            subscription = case.subscription
            assert subscription.at("unchanged") == subscription.at("subscribed")
            assert subscription.statuses["unchanged"] == [case.kind.unchanged]


def test_an_added_entry_arrives(cases: list[Case], subtests: pytest.Subtests) -> None:
    for case in cases:
        with subtests.test(str(case)):
            entries = case.subscription.entries("added")
            assert entries.keys() == case.first | {ADDED_ID}
            assert FIRST_TEXT in entries[ADDED_ID].text
            assert case.subscription.statuses["added"] == case.changed


def test_a_corrected_entry_is_replaced(cases: list[Case], subtests: pytest.Subtests) -> None:
    for case in cases:
        with subtests.test(str(case)):
            entries = case.subscription.entries("corrected")
            assert entries.keys() == case.first | {ADDED_ID}
            assert (SECOND_TEXT in entries[ADDED_ID].text) == case.kind.corrects
            assert (FIRST_TEXT in entries[ADDED_ID].text) != case.kind.corrects
            assert case.subscription.statuses["corrected"] == case.changed


def test_a_withdrawn_entry_is_no_longer_sent(cases: list[Case], subtests: pytest.Subtests) -> None:
    for case in cases:
        with subtests.test(str(case)):
            entries = case.subscription.entries("withdrawn")
            assert case.subscription.statuses["withdrawn"] == case.changed
            if case.feed == YANDEX:
                # This feed asks the portals to delete it.
                assert entries.keys() == case.first | {ADDED_ID}
                assert entries[ADDED_ID].text == ""
            elif case.kind.keeps_withdrawn:
                assert entries == case.subscription.entries("corrected")
            else:
                assert entries.keys() == case.first


def test_a_site_that_has_moved_announces_nothing_again(
    cases: list[Case], subtests: pytest.Subtests
) -> None:
    for case in cases:
        with subtests.test(str(case)):
            subscription = case.subscription
            entries = subscription.entries("moved")
            assert subscription.statuses["moved"] == [200]
            assert entries.keys() >= case.first
            if case.feed == YANDEX:
                # The portals identify an entry by its link, so a moved one is another.
                assert all(entry.link.startswith(NEW) for entry in entries.values())
                continue
            assert subscription.at("moved").keys() <= subscription.at("withdrawn").keys()
            if case.kind.corrects:
                assert entries[PRESS_ID].link == link(PRESS_ID, NEW)
