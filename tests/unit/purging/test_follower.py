"""Followers: nothing is lost, whatever is killed or away; too much at once is everything."""

from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.purging import follower as module
from feedsvc.purging.follower import Follower, follower_name
from feedsvc.purging.progress import FILE, Progress
from feedsvc.purging.receivers import NotTold, receivers
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.files import picture
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.purged import Purged

PAGE = "/presscenter/news/detail/{}.html"


class Followed:
    """A follower that can be killed and started again, and its cache."""

    def __init__(self, settings: Settings, cache: Purged, form: str = "/") -> None:
        self._settings = replace(settings, purge=Purge(urls=(f"{cache.url}{form}",)))
        self.cache = cache
        self.now = 0.0
        self.start()

    def start(self, rendering: str = "") -> None:
        (receiver,) = receivers(self._settings)
        names = frozenset({follower_name(receiver, 1.0)})
        progress = Progress(self._settings.instance, names)
        catalogue = Catalogue(self._settings.instance)
        self.follower = Follower(receiver, 1.0, catalogue, progress, rendering)

    def told(self) -> list[set[str]]:
        """Let some seconds pass; return the keys of the requests since the last time."""
        before = len(self.cache.told)
        for _ in range(4):
            self.follower.step(self.now)
            self.now += 1
        return self.cache.key_sets()[before:]


@pytest.fixture
def followed(
    newsroom: Newsroom, settings: Settings, cache: Purged, set_clock: SetClock
) -> Followed:
    set_clock(NOW)
    newsroom.publish({"a.md": item("A"), "b.md": item("B")})
    return Followed(settings, cache)


def test_at_first_everything_is_asked_for_anew_and_then_only_what_changes(
    followed: Followed, newsroom: Newsroom
) -> None:
    assert followed.told() == [{"all"}]
    assert followed.told() == []
    newsroom.publish({"a.md": item("A", status="withdrawn")})
    assert followed.told() == [{"list", "entry-a"}]
    newsroom.apply({}, ["b.md"])
    assert followed.told() == [{"list", "entry-b"}]
    assert followed.told() == []


def test_a_change_is_told_only_once_this_machine_serves_it(
    followed: Followed, newsroom: Newsroom
) -> None:
    followed.told()
    newsroom.publish({"c.md": item("C")})
    followed.follower.step(followed.now)
    followed.follower.step(followed.now + 0.9)
    assert len(followed.cache.told) == 1
    followed.follower.step(followed.now + 1)
    assert followed.cache.key_sets()[1:] == [{"list", "entry-c"}]


def test_who_is_killed_tells_what_was_not_confirmed_and_nothing_twice_that_was(
    followed: Followed, newsroom: Newsroom
) -> None:
    followed.told()
    followed.start()
    assert followed.told() == []
    newsroom.publish({"c.md": item("C")})
    followed.follower.step(followed.now)  # seen, and not told yet
    followed.start()
    newsroom.publish({"d.md": item("D")})
    assert followed.told() == [{"list", "entry-c", "entry-d"}]


def test_a_cache_that_was_away_is_told_everything_that_changed(
    followed: Followed, newsroom: Newsroom
) -> None:
    followed.told()
    followed.cache.answer = lambda _: (503, {})
    newsroom.publish({"c.md": item("C")})
    with pytest.raises(NotTold):
        followed.told()
    assert followed.follower.has_failed
    newsroom.publish({"d.md": item("D")})
    followed.start()
    followed.cache.answer = lambda _: (200, {})
    assert set.union(*followed.told()) == {"list", "entry-c", "entry-d"}
    assert not followed.follower.has_failed


def test_requests_that_were_confirmed_are_not_repeated_because_a_later_one_failed(
    newsroom: Newsroom, settings: Settings, cache: Purged
) -> None:
    newsroom.publish({"a.md": item("A")})
    followed = Followed(settings, cache, "/{key}")
    followed.told()
    newsroom.publish({"b.md": item("B")})
    cache.answer = lambda told: (503 if "entry" in told.path else 200, {})
    for _ in range(3):
        with pytest.raises(NotTold):
            followed.told()
    cache.answer = lambda _: (200, {})
    followed.told()
    assert [told.path for told in cache.told[1:]] == ["/list", *["/entry-b"] * 4]


def test_many_changes_are_one_request_and_too_many_are_everything(
    followed: Followed, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    followed.told()
    newsroom.publish({f"{number}.md": item() for number in range(4)})
    assert followed.told() == [{"list", *(f"entry-{number}" for number in range(4))}]
    newsroom.publish({f"{number}.md": item("New") for number in range(20)})
    assert followed.told() == [{"all"}]
    assert followed.told() == []


def test_what_comes_and_goes_by_itself_is_told_then(
    followed: Followed, newsroom: Newsroom, set_clock: SetClock
) -> None:
    followed.told()
    newsroom.publish(
        {"later.md": item(date="2026-07-01T12:10:00Z", expires="2026-07-01T12:20:00Z")}
    )
    followed.told()
    for minutes, expected in (
        (9, []),
        (11, [{"list", "entry-later"}]),
        (21, [{"list", "entry-later"}]),
    ):
        set_clock(NOW + minutes * 60 * SECOND)
        assert followed.told() == expected, minutes


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 5}'])
def test_without_knowing_what_was_told_everything_is(
    followed: Followed, settings: Settings, content: bytes
) -> None:
    followed.told()
    (settings.instance / FILE).write_bytes(content)
    followed.start()
    assert followed.told() == [{"all"}]


def test_another_catalogue_or_other_settings_change_everything(
    followed: Followed, settings: Settings
) -> None:
    followed.told()
    followed.start("another look")
    assert followed.told() == [{"all"}]
    for file in settings.instance.glob("catalogue*"):
        file.unlink()
    room = Newsroom(settings)
    room.publish({"a.md": item("A")})
    assert followed.told() == [{"all"}]
    room.writer.close()


def test_a_disk_that_is_full_repeats_nothing(
    followed: Followed, newsroom: Newsroom, settings: Settings
) -> None:
    followed.told()
    (settings.instance / "purging.new").mkdir()
    newsroom.publish({"c.md": item("C")})
    followed.follower.step(followed.now)
    with pytest.raises(OSError, match="purging"):
        followed.follower.step(followed.now + 5)
    followed.now += 10
    assert followed.told() == []


def test_without_a_catalogue_nothing_is_told(
    settings: Settings, cache: Purged, tmp_path: Path
) -> None:
    (tmp_path / "instance").mkdir()
    assert Followed(settings, cache).told() == []


def test_who_knows_addresses_only_gets_those_of_the_entry_and_of_its_lists(
    newsroom: Newsroom, settings: Settings, cache: Purged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    newsroom.publish({"a.md": item("A")})
    followed = Followed(settings, cache, "{path}")
    followed.told()
    lists = {told.path for told in cache.told}
    assert {"/", "/feeds/", "/feeds/atom.xml", "/archive/", "/sitemap.xml"} <= lists
    assert not any("<" in path or "static" in path for path in lists)
    (settings.entries / "photo.jpg").write_bytes(picture((20, 20)))
    keys = {"categories": "Sport", "lang": "en", "image": "photo.jpg"}
    newsroom.publish({"n.md": item("N", **keys)})
    cache.told.clear()
    followed.told()
    assert {told.path for told in cache.told} == {
        *lists,
        PAGE.format("n"),
        "/archive/2026/01/",
        "/feeds/archive/2026/01/atom.xml",
        "/sitemap/2026-1.xml",
        "/category/sport/",
        "/category/sport/2026/01/",
        "/feeds/category/sport/",
        "/feeds/category/sport/qr.svg",
        *(f"/feeds/category/sport/{name}" for name in ("atom.xml", "rss.xml", "feed.json")),
        "/media/n/photo.jpg",
        *(f"/preview/{width}/n/photo.jpg" for width in (480, 800, 1200)),
        "/lang/en/",
        *(f"/feeds/lang/en/{name}" for name in ("atom.xml", "rss.xml", "feed.json")),
    }
    # Too many for one batch, and none is left out.
    newsroom.publish({f"{number}.md": item() for number in range(10)})
    cache.told.clear()
    for _ in range(5):
        followed.told()
    assert {told.path for told in cache.told} >= {PAGE.format(number) for number in range(10)}
