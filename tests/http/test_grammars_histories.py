"""Whatever is published, in whatever time zone: every document follows its rules."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc import clock, urls
from feedsvc.app import build_app
from feedsvc.dates import from_microseconds
from feedsvc.feeds import FOR_READERS
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.attacks import ATTACKS
from tests.support.elements import ATOM, SITEMAP, TOMBSTONES, texts
from tests.support.newsroom import NOW, SITE, Newsroom, item
from tests.support.validators import (
    VALIDATORS,
    validate_atom,
    validate_links,
    validate_news_sitemap,
    validate_sitemap,
    validate_yandex,
)
from tests.support.varied_entries import DAY

ZONES = [ZoneInfo(name) for name in ("Europe/Moscow", "America/New_York", "Pacific/Apia")]


class Site:
    """A newsroom with a time zone of its own, and a client of its site."""

    def __init__(self, settings: Settings) -> None:
        self.newsroom = Newsroom(settings)
        self.client = build_app(settings).test_client()
        self.zone = settings.timezone
        self._paths: set[str] = set()
        self.newsroom.publish({})

    def publish_only(self, files: dict[str, bytes]) -> None:
        """Publish these files and remove all others."""
        self.newsroom.apply(files, gone=self._paths - files.keys(), now=NOW - DAY)
        self._paths = set(files)

    def get(self, path: str) -> bytes:
        response = self.client.get(path)
        assert response.status_code == 200
        data: bytes = response.data
        return data

    def archives(self) -> dict[str, bytes]:
        """Follow the links to the archives as a reader does, from the current feed."""
        documents: dict[str, bytes] = {}
        document = self.get("/feeds/atom.xml")
        while True:
            links = validate_links(etree.fromstring(document))
            (older,) = links.get("prev-archive", [""])
            if not older:
                return documents
            assert older not in documents
            document = documents[older] = self.get(older.removeprefix(SITE))

    def months(self, files: dict[str, bytes], status: str = "published") -> dict[str, str]:
        """Return id and month of the entries with a status that are due."""
        found = {}
        for path, data in files.items():
            stored = self.newsroom.update(path, data).stored
            if stored and stored.status == status and stored.published <= NOW:
                local = from_microseconds(stored.published).astimezone(self.zone)
                found[f"tag:localhost,2026:{stored.id}"] = local.strftime("%Y/%m")
        return found


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness, "CHECK_EVERY", 0)
        patch.setattr(clock, "now", lambda: NOW)
        built = [
            Site(
                Settings(
                    base_url=SITE,
                    timezone=zone,
                    language="ru",
                    feed_size=5,
                    instance=tmp_path_factory.mktemp("instance"),
                    entries=tmp_path_factory.mktemp("entries"),
                )
            )
            for zone in ZONES
        ]
        yield built
        for site in built:
            site.newsroom.writer.close()


# Days at the borders of months and years, near now, of clock changes, and long ago.
DAYS = st.sampled_from(
    "1901-05-05 1916-07-03 1999-12-31 2000-01-01 2011-12-29 2011-12-31 2014-08-13 2014-10-01"
    " 2014-10-25 2014-10-26 2014-10-31 2014-11-01 2024-02-29 2024-03-01 2026-05-31 2026-06-01"
    " 2026-06-30 2026-07-01 2026-07-02".split()
)
TIMES_OF_DAY = st.sampled_from("00:00:00 00:30:00 01:30:00 12:00:00 15:00:00 23:59:59".split())
OFFSETS = st.sampled_from(["", "Z", "+03:00", "-11:00", "+14:00"])
DATES = st.builds("{}T{}{}".format, DAYS, TIMES_OF_DAY, OFFSETS)
LINE = st.text(max_size=20)
ENTRIES = st.builds(
    item,
    title=LINE.map("T{}".format),
    date=DATES,
    body=LINE.map("T{}".format) | st.sampled_from(ATTACKS).map("T\n\n{}".format),
    status=st.sampled_from(["published", "published", "published", "withdrawn", "draft"]),
    categories=st.sampled_from(["Спорт", "Sport!", "Двор"]),
    author=LINE,
    summary=LINE,
    correction=LINE,
    reason=LINE,
    lang=st.sampled_from(["ru", "en", "en-GB", "zh-Hans"]),
    updated=DATES,
)
FILES = st.dictionaries(st.sampled_from([f"{name}.md" for name in "abcdefghijkl"]), ENTRIES)
SITES = st.integers(0, len(ZONES) - 1)
# Each example is a history of up to twelve entries; failures show within a few.
examples = hypothesis_settings(max_examples=40)


@given(files=FILES, site=SITES)
@examples
def test_every_document_follows_its_rules(
    sites: list[Site], files: dict[str, bytes], site: int
) -> None:
    sites[site].publish_only(files)
    get = sites[site].get
    for name in FOR_READERS:
        path = urls.feed_path(name)
        VALIDATORS[name](get(path), SITE + path)
    for url, body in sites[site].archives().items():
        validate_atom(body, url)
    validate_yandex(get("/feeds/yandex.xml"))
    for url in texts(etree.fromstring(get("/sitemap.xml")), f"{SITEMAP}loc"):
        validate_sitemap(get(url.removeprefix(SITE)))
    validate_news_sitemap(get("/sitemap-news.xml"))


@given(files=FILES, site=SITES)
@examples
def test_the_archives_together_hold_every_entry_exactly_once(
    sites: list[Site], files: dict[str, bytes], site: int
) -> None:
    sites[site].publish_only(files)
    seen: dict[str, str] = {}
    withdrawn: dict[str, str] = {}
    for url, body in sites[site].archives().items():
        root = etree.fromstring(body)
        month = url.removeprefix(f"{SITE}/feeds/archive/").removesuffix("/atom.xml")
        for entry_id in root.iterfind(f"{ATOM}entry/{ATOM}id"):
            assert entry_id.text not in seen
            seen[str(entry_id.text)] = month
        tombstones = root.iter(f"{TOMBSTONES}deleted-entry")
        withdrawn |= {str(tombstone.get("ref")): month for tombstone in tombstones}
    assert seen == sites[site].months(files)
    expected = sites[site].months(files, "withdrawn")
    months = set(seen.values())
    assert withdrawn == {name: month for name, month in expected.items() if month in months}
    assert list(dict.fromkeys(seen.values())) == sorted(months, reverse=True)


def archive_contents(
    site: Site, files: dict[str, bytes], archives: list[str]
) -> dict[str, tuple[object, ...]]:
    """Return what the document of each archive depends on: its files and its neighbours."""
    months = {**site.months(files), **site.months(files, "withdrawn")}
    return {
        url: (
            {
                (path, data)
                for path, data in files.items()
                if months.get(f"tag:localhost,2026:{path.removesuffix('.md')}") == url[-16:-9]
            },
            archives[index - 1 : index] if index else [],
            archives[index + 1 : index + 2],
        )
        for index, url in enumerate(archives)
    }


@given(before=FILES, after=FILES, site=SITES)
@examples
def test_an_archive_changes_only_with_its_entries_or_its_neighbours(
    sites: list[Site], before: dict[str, bytes], after: dict[str, bytes], site: int
) -> None:
    # Some files stay, others change, come or go.
    kept = {path: data for path, data in before.items() if path < "g"}
    states = []
    for files in (before, {**after, **kept}):
        sites[site].publish_only(files)
        archives = sites[site].archives()
        states.append((archives, archive_contents(sites[site], files, list(archives))))
    (old, old_contents), (new, new_contents) = states
    for url in old.keys() & new.keys():
        if old_contents[url] == new_contents[url]:
            assert old[url] == new[url]
