"""Which entries are versions of each other, as files say it and whenever they come."""

from itertools import permutations

import pytest

from feedsvc.model import Entry, Problem
from tests.support.newsroom import NOW, Newsroom, item


def groups(newsroom: Newsroom, now: int = NOW) -> dict[str, list[str]]:
    """Return the languages and names of the versions that each public entry has, by its id."""
    return {
        entry.id: [
            f"{version.page.rpartition('/')[2].removesuffix('.html')} {version.lang}"
            for version in entry.versions
        ]
        for entry in newsroom.edition(now).newest(100)
    }


def both(*names: str) -> dict[str, list[str]]:
    return {name.split()[0]: list(names) for name in names}


def translation(original: str, lang: str = "en", **keys: str) -> bytes:
    return item(date="2026-01-02", lang=lang, translation_of=original, **keys)


def test_entries_that_name_no_original_have_no_versions(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": item(lang="en")})
    assert groups(newsroom) == {"a": [], "b": []}


@pytest.mark.parametrize(
    "name", ["7", "news.md", "news", "2026/news.md", "../x/news.txt", "/news/7/", "НЕТ/news"]
)
def test_an_original_is_named_by_its_id_its_file_or_its_page(newsroom: Newsroom, name: str) -> None:
    newsroom.settings = newsroom.settings.__class__(
        instance=newsroom.settings.instance, permalink="/news/<id>/", language="ru"
    )
    newsroom.apply({"2026/news.md": item(id="7"), "en.md": translation(name)})
    found = {entry.id: len(entry.versions) for entry in newsroom.edition().newest(9)}
    assert found == {"7": 2, "en": 2}


def test_versions_link_each_other_whichever_names_which(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "ru.md": item(date="2026-01-01"),
            "en.md": translation("ru"),
            "tt.md": translation("en", "tt"),
            "other.md": item(),
        }
    )
    assert groups(newsroom) == both("ru None", "en en", "tt tt") | {"other": []}


@pytest.mark.parametrize("order", [*permutations(["ru.md", "en.md", "tt.md"])])
def test_the_order_in_which_files_come_makes_no_difference(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    files = {"ru.md": item(), "en.md": translation("ru"), "tt.md": translation("en", "tt")}
    for path in order:
        newsroom.apply({path: files[path]})
    assert groups(newsroom) == both("ru None", "en en", "tt tt")
    assert newsroom.writer.snapshot().problems() == ()


def test_entries_that_name_each_other_are_versions(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": translation("b", "tt"), "b.md": translation("a")})
    assert groups(newsroom) == both("a tt", "b en")


def test_a_shared_name_makes_versions_and_is_no_id(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(date="2026-01-01", translationKey="=x"),
            "b.md": item(date="2026-01-02", lang="en", ref="=x"),
            "x.md": item(),
            "y.md": item(lang="tt", translation_key="x"),
        }
    )
    assert groups(newsroom) == both("a None", "b en") | {"x": [], "y": []}


def test_the_name_of_a_file_says_language_and_original(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "news.txt": "Новость\n\n01.01.2026\n\nТекст.\n".encode(),
            "news.en.txt": b"News\n\n02.01.2026\n\nText.\n",
            "plan.tt.md": item(date="2026-01-03"),
            "plan.ru.md": item(date="2026-01-02"),
            "report.xx.md": item(),
        }
    )
    assert groups(newsroom) == {
        **both("news None", "news.en en"),
        **both("plan.ru None", "plan.tt tt"),
        "report.xx": [],
    }
    assert newsroom.writer.snapshot().problems() == ()


def test_only_what_is_public_is_linked(newsroom: Newsroom) -> None:
    files = {"ru.md": item(date="2026-01-01"), "tt.md": translation("en", "tt")}
    hidden = (
        {"status": "draft"},
        {"status": "withdrawn"},
        {"publishDate": "2026-07-02"},
        {"expires": "2026-06-30"},
    )
    for keys in hidden:
        newsroom.apply({**files, "en.md": translation("ru", **keys)})
        # A hidden version still says that the others belong together.
        assert groups(newsroom) == both("ru None", "tt tt")


def test_a_version_is_linked_from_its_time_until_its_end(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "ru.md": item(),
            "en.md": translation(
                "ru", publishDate="2026-07-01T12:00:01Z", expires="2026-07-01T12:00:02Z"
            ),
        }
    )
    second = 1_000_000
    linked = [groups(newsroom, NOW + moment)["ru"] != [] for moment in range(0, 3 * second, second)]
    assert linked == [False, True, False]
    assert groups(newsroom, NOW + second - 1)["ru"] == []
    assert groups(newsroom, NOW + 2 * second - 1)["ru"] != []


def test_a_link_follows_the_file_that_it_names(newsroom: Newsroom) -> None:
    unknown = Problem("en.md", 5, "translation-unknown", (("value", "ru"),))
    newsroom.apply({"en.md": translation("ru")})
    assert newsroom.writer.snapshot().problems() == (unknown,)
    newsroom.apply({"ru.md": item()})
    assert groups(newsroom) == both("ru None", "en en")
    assert newsroom.writer.snapshot().problems() == ()
    newsroom.apply({}, gone=["ru.md"])
    assert groups(newsroom) == {"en": []}
    assert newsroom.writer.snapshot().problems() == (unknown,)
    newsroom.apply({"other.md": item(id="ru")})
    assert groups(newsroom)["ru"] == ["ru None", "en en"]


def test_a_removed_file_and_one_that_names_no_original_any_more_link_nothing(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"ru.md": item(), "en.md": translation("ru"), "tt.md": translation("en", "tt")})
    newsroom.apply({}, gone=["en.md"])
    assert groups(newsroom) == {"ru": [], "tt": []}
    newsroom.apply({"tt.md": translation("ru", "tt")})
    assert groups(newsroom) == both("ru None", "tt tt")
    newsroom.apply({"tt.md": item(lang="tt")})
    assert groups(newsroom) == {"ru": [], "tt": []}


def test_an_entry_that_changes_its_id_takes_its_translations_along_by_file_name(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"ru.md": item(), "en.md": translation("ru.md")})
    newsroom.apply({"ru.md": item(id="new")})
    assert groups(newsroom) == both("new None", "en en")


@pytest.mark.parametrize("original", ["ru", "en"])
def test_a_translation_into_the_same_language_is_reported(
    newsroom: Newsroom, original: str
) -> None:
    newsroom.apply({"ru.md": item(), "en.md": item(translation_of=original)})
    expected = Problem("en.md", 4, "translation-same", (("value", original),))
    assert newsroom.writer.snapshot().problems() == (expected,)


def test_a_new_original_counts_as_a_change(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(), "b.md": item(), "en.md": translation("a")})
    assert newsroom.apply({"en.md": translation("b")}).advanced
    # Another line is none.
    moved = translation("b").replace(b"---\ntitle", b"---\n\ntitle")
    assert not newsroom.apply({"en.md": moved}).advanced


def test_a_file_that_was_not_understood_links_what_its_last_good_version_did(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"ru.md": item(), "en.md": translation("ru")})
    newsroom.apply({"en.md": b"nonsense"})
    assert groups(newsroom) == both("ru None", "en en")


def test_no_number_of_links_makes_a_page_long_or_an_answer_slow(newsroom: Newsroom) -> None:
    chain = {f"c{number}.md": translation(f"c{number + 1}") for number in range(300)}
    star = {f"s{number}.md": translation("c0") for number in range(300)}
    newsroom.apply({**chain, **star})
    connection = newsroom.writer._connection  # noqa: SLF001 - to count the queries
    queries: list[str] = []
    connection.set_trace_callback(queries.append)
    found = newsroom.edition().newest(600)
    connection.set_trace_callback(None)
    assert max(len(entry.versions) for entry in found) == 100
    assert len(queries) < 40


def test_a_chain_of_translations_is_followed_for_ten_links(newsroom: Newsroom) -> None:
    newsroom.apply({f"{number}.md": translation(f"{number + 1}") for number in range(30)})
    entry = newsroom.edition().find("0")
    assert isinstance(entry, Entry)
    assert len(entry.versions) == 11
