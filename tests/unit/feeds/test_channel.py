"""Which entries a feed has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from feedsvc.dates import to_microseconds
from feedsvc.feeds import channel
from feedsvc.feeds.channel import Channel
from feedsvc.model import Category, Entry
from tests.support.feeds import ENTRY, publish
from tests.support.newsroom import Newsroom, item


def titles(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.title for entry in entries]


def test_the_newest_entries_come_with_the_withdrawn_ones_among_them(newsroom: Newsroom) -> None:
    files = {f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in (1, 3, 5)}
    for day in (2, 4):
        files[f"{day}.md"] = item(f"Day {day}", f"2026-01-0{day}", status="withdrawn")
    newsroom.apply(files)
    for size, entries, withdrawn in (
        (2, ["Day 5", "Day 3"], {"Day 4"}),
        # A feed that is not full has every withdrawn entry.
        (4, ["Day 5", "Day 3", "Day 1"], {"Day 2", "Day 4"}),
    ):
        settings = replace(newsroom.settings, feed_size=size)
        selected = channel.newest(newsroom.edition(), settings, "atom.xml")
        assert titles(selected.entries) == entries
        assert set(titles(selected.withdrawn)) == withdrawn


def test_a_feed_has_no_more_withdrawn_entries_than_entries_fit(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(status="withdrawn") for day in range(5)})
    settings = replace(newsroom.settings, feed_size=2)
    selected = channel.newest(newsroom.edition(), settings, "atom.xml")
    assert (len(selected.entries), len(selected.withdrawn)) == (0, 2)


def test_a_site_without_entries_has_no_archive(newsroom: Newsroom) -> None:
    selected = channel.newest(newsroom.edition(), newsroom.settings, "rss.xml")
    assert selected == Channel(
        path="/feeds/rss.xml",
        id_path="/feeds/rss.xml",
        page="/",
        title=newsroom.settings.title,
        entries=(),
        has_hub=True,
    )


def test_a_category_has_its_own_entries_and_withdrawn_entries(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item("A", categories="Спорт"),
            "b.md": item("B", categories="Двор"),
            "c.md": item("C", categories="Спорт", status="withdrawn"),
            "d.md": item("D", categories="Двор", status="withdrawn"),
        }
    )
    selected = channel.for_category(newsroom.edition(), newsroom.settings, "rss.xml", "sport")
    assert selected is not None
    assert titles(selected.entries + selected.withdrawn) == ["A", "C"]
    assert selected.title == f"{newsroom.settings.title}: Спорт"
    assert (selected.path, selected.id_path, selected.page) == (
        "/feeds/category/sport/rss.xml",
        "/feeds/category/sport/rss.xml",
        "/category/sport/",
    )
    nothing = channel.for_category(newsroom.edition(), newsroom.settings, "rss.xml", "none")
    assert nothing is None


def test_a_category_has_the_label_that_its_newest_entry_writes() -> None:
    older = replace(ENTRY, categories=(Category("спорт!", "sport"),))
    newer = replace(ENTRY, categories=(Category("Двор", "dvor"), Category("Спорт", "sport")))
    assert channel.category_label("sport", (newer, older)) == "Спорт"


@pytest.mark.parametrize(
    ("language", "title"), [("ru", "новости по запросу «двор»"), ("en", "news about «двор»")]
)
def test_a_search_has_the_entries_it_found(newsroom: Newsroom, language: str, title: str) -> None:
    settings = replace(newsroom.settings, title="T", language=language)
    selected = channel.for_search((ENTRY,), settings, "atom.xml", "двор")
    path = "/feeds/search/%D0%B4%D0%B2%D0%BE%D1%80/atom.xml"
    assert selected == Channel(
        path=path,
        id_path=path,
        page="/search?q=%D0%B4%D0%B2%D0%BE%D1%80",
        title=f"T: {title}",
        subscribe="/feeds/search/%D0%B4%D0%B2%D0%BE%D1%80/subscribe",
        entries=(ENTRY,),
    )


def test_a_month_links_to_the_present_and_to_its_neighbours(newsroom: Newsroom) -> None:
    newsroom.apply({f"{month}.md": item(month, f"2026-{month}-10") for month in ("01", "03", "04")})
    newsroom.apply({"w.md": item("W", "2026-03-01", status="withdrawn")})
    newsroom.apply({"v.md": item("V", "2026-02-28", status="withdrawn")})
    selected = channel.for_month(newsroom.edition(), newsroom.settings, "2026-03")
    assert selected is not None
    assert titles(selected.entries) == ["03"]
    assert titles(selected.withdrawn) == ["W"]
    assert (selected.is_archive, selected.id_path) == (True, "/feeds/atom.xml")
    assert selected.title == f"{newsroom.settings.title}: март 2026"
    assert selected.links == (
        ("current", "/feeds/atom.xml"),
        ("prev-archive", "/feeds/archive/2026/01/atom.xml"),
        ("next-archive", "/feeds/archive/2026/04/atom.xml"),
    )
    assert channel.for_month(newsroom.edition(), newsroom.settings, "2026-02") is None


def test_aggregators_get_the_entries_of_eight_days(newsroom: Newsroom) -> None:
    now = ENTRY.published + channel.AGGREGATED_SPAN
    moments = {"a": now - timedelta(seconds=1), "b": ENTRY.published, "c": now + timedelta(hours=1)}
    for status in ("published", "withdrawn"):
        publish(
            newsroom,
            *(
                replace(ENTRY, id=f"{name}-{status}", title=name, published=date, status=status)
                for name, date in moments.items()
            ),
        )
    edition = newsroom.edition(to_microseconds(now))
    selected = channel.recent(edition, newsroom.settings, "yandex.xml")
    # At the end of the span an entry leaves, withdrawn or not.
    assert (titles(selected.entries), titles(selected.withdrawn)) == (["a"], ["a"])


def test_aggregators_get_the_newest_of_very_many(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "MAX_AGGREGATED", 3)
    newsroom.apply({f"{n}.md": item(str(n), date=f"2026-06-30 0{n}:00") for n in range(5)})
    selected = channel.recent(newsroom.edition(), newsroom.settings, "yandex.xml")
    assert titles(selected.entries) == ["4", "3", "2"]
