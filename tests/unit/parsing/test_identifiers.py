"""Entry ids and category slugs, made from what people write."""

import pytest

from feedsvc.model import Category
from tests.support.parsing import entry, markdown, reading, warned


@pytest.mark.parametrize(
    ("written", "categories"),
    [
        ("Новости", [("Новости", "novosti")]),
        ("[Новости]", [("Новости", "novosti")]),
        ("\n- Спорт и  туризм\n- 'A, b'", [("Спорт и туризм", "sport-i-turizm"), ("A, b", "a-b")]),
        # Of labels that would share an address, the first is kept.
        ("[Новости, новости, НОВОСТИ!, novosti]", [("Новости", "novosti")]),
        ("[../../etc/passwd, /, C:\\x]", [("../../etc/passwd", "etc-passwd"), ("C:\\x", "c-x")]),
        ("[<script>, a/b, a-b]", [("<script>", "script"), ("a/b", "a-b")]),
        ("[📰 Новости]", [("📰 Новости", "newspaper-novosti")]),
        ("[北京]", [("北京", "beijing")]),
        ("[2014]", [("2014", "2014")]),
        ("[]", []),
        (f"[{'a' * 100}]", [("a" * 100, "a" * 100)]),
        (f"[{'щ' * 100}]", [("щ" * 100, "shch" * 100)]),
    ],
    ids=range(12),
)
def test_categories_get_slugs_for_their_addresses(
    written: str, categories: list[tuple[str, str]]
) -> None:
    found = reading(markdown(f"categories: {written}")).entry

    assert found is not None
    assert found.categories == tuple(Category(label, slug) for label, slug in categories)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ('""', ""),
        ('"  "', ""),
        ("📰", "📰"),
        ("'—'", "—"),
        ("'..'", ".."),
        ("ь", "ь"),
        ("a" * 101, "a" * 59 + "…"),
        ("a" * 10_000, "a" * 59 + "…"),
    ],
    ids=range(8),
)
def test_a_category_that_gives_no_slug_is_ignored(label: str, value: str) -> None:
    found, problems = warned(markdown(f"categories: [a, {label}]"))

    assert problems == [(4, "bad-category", {"value": value})]
    assert found.categories == (Category("a", "a"),)


# Published addresses contain these: whatever library makes them, they must not change.
LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


def test_every_russian_letter_has_a_fixed_transliteration() -> None:
    for letter, latin in LETTERS.items():
        small, _ = warned(markdown(f"categories: [x{letter}x]"), f"x{letter}x.md")
        capital, _ = warned(markdown(), f"x{letter.upper()}x.md")

        assert (letter, small.id, small.categories[0].slug) == (letter, f"x{latin}x", f"x{latin}x")
        assert (letter, capital.id) == (letter, f"x{latin.capitalize()}x")


@pytest.mark.parametrize(
    ("path", "entry_id"),
    [
        ("a.md", "a"),
        ("2014/08/Some_name-1.2.md", "Some_name-1.2"),
        ("a.b.MD", "a.b"),
        ("a" * 128 + ".md", "a" * 128),
    ],
)
def test_a_name_that_can_be_an_id_is_the_id(path: str, entry_id: str) -> None:
    assert entry(markdown(), path).id == entry_id


@pytest.mark.parametrize(
    ("path", "entry_id", "reported"),
    [
        ("Ёлка у подъезда.md", "Elka-u-podezda", "Elka-u-podezda"),
        ("День открытых дверей!.md", "Den-otkrytykh-dverey", "Den-otkrytykh-dverey"),
        ("a  b—c.md", "a-b-c", "a-b-c"),
        ("a'b\"c.md", "abc", "abc"),
        ("-я-.md", "ya", "ya"),
        ("!!!.md", "entry", "entry"),
        ("ь.md", "entry", "entry"),
        ("....md", "entry", "entry"),
        ("a" * 200 + ".md", "a" * 128, "a" * 59 + "…"),
        ("щ" * 32 + "-" + "a" * 9 + ".md", "shch" * 32, ("shch" * 32)[:59] + "…"),
    ],
    ids=range(10),
)
def test_any_other_name_is_transliterated(path: str, entry_id: str, reported: str) -> None:
    found, problems = warned(markdown(), path)

    assert found.id == entry_id
    assert problems == [(0, "id-from-name", {"id": reported})]


def test_an_id_in_the_front_matter_replaces_that_of_the_name() -> None:
    assert entry(markdown("id: b"), "Новость.md").id == "b"
