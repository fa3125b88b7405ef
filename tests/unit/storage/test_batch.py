import tempfile
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.model import Category, Problem
from feedsvc.settings import Settings
from tests.support.catalogue import ADVANCED, BAD, UNCHANGED, problem_codes, title_of
from tests.support.newsroom import NOW, SECOND, Newsroom, item

YEAR_LATER = NOW + 365 * 86400 * SECOND


def test_a_stored_entry_knows_its_categories(newsroom: Newsroom) -> None:
    stored = newsroom.update("a.md", item(categories="News")).stored
    assert stored
    assert stored.categories() == (Category("News", "news"),)


# Removal


def test_a_removed_file_leaves_its_title(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    assert newsroom.apply({}, gone=["a.md"]).advanced is True
    snapshot = newsroom.writer.snapshot()
    assert snapshot.find("a", NOW) == ("removed", "One", None)
    assert (snapshot.newest(NOW, 10), snapshot.fingerprints()) == ((), {})


@pytest.mark.parametrize("unseen", [item(status="draft"), item(date="2027-01-01")])
def test_a_removed_entry_that_was_not_public_leaves_nothing(
    newsroom: Newsroom, unseen: bytes
) -> None:
    newsroom.apply({"a.md": unseen})
    assert newsroom.apply({}, gone=["a.md"]) == UNCHANGED
    assert newsroom.writer.snapshot().find("a", YEAR_LATER) is None


def test_an_entry_removed_before_its_time_never_counts_in_its_category(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item(date="2027-01-01", categories="News")})
    newsroom.apply({}, gone=["a.md"])
    snapshot = newsroom.writer.snapshot()
    assert snapshot.months_for_category("news", YEAR_LATER) == []
    assert snapshot.categories(YEAR_LATER) == []


def test_a_removed_entry_comes_back(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    newsroom.apply({}, gone=["a.md"])
    assert newsroom.apply({"a.md": item("One")}).advanced is True
    assert title_of(newsroom, "a") == "One"


def test_the_problems_of_a_file_are_removed_with_it(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": BAD})
    newsroom.apply({}, gone=["a.md"])
    assert newsroom.writer.snapshot().problems() == ()


def test_removing_an_unknown_file_changes_nothing(newsroom: Newsroom) -> None:
    assert newsroom.apply({}, gone=["a.md"]) == UNCHANGED


def test_a_file_turned_bad_keeps_its_last_good_version(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("One")})
    turned = newsroom.apply({"a.md": BAD})
    assert (turned.advanced, problem_codes(turned)) == (False, [("a.md", "no-front-matter")])
    assert title_of(newsroom, "a") == "One"
    newsroom.apply({"a.md": item("Two")})
    assert (title_of(newsroom, "a"), newsroom.writer.snapshot().problems()) == ("Two", ())
    newsroom.apply({"a.md": BAD})
    newsroom.apply({}, gone=["a.md"])
    assert title_of(newsroom, "a") == "[Two]"


# Ownership of ids and guids


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md", "c.md"])])
def test_in_one_batch_an_id_goes_to_the_first_path(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    applied = newsroom.apply({path: item(path, id="x") for path in order})
    assert applied.problems == tuple(
        Problem(path, 0, "id-twice", (("id", "x"), ("other", "a.md"))) for path in ("b.md", "c.md")
    )
    assert title_of(newsroom, "x") == "a.md"


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md", "c.md"])])
def test_a_published_id_stays_with_its_file(newsroom: Newsroom, order: tuple[str, ...]) -> None:
    newsroom.apply({"b.md": item("old", id="x")})
    applied = newsroom.apply({path: item(path, id="x") for path in order})
    assert problem_codes(applied) == [("a.md", "id-twice"), ("c.md", "id-twice")]
    assert title_of(newsroom, "x") == "b.md"


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md"])])
def test_in_one_batch_a_guid_goes_to_the_first_path(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    applied = newsroom.apply({path: item(path, guid="urn:x") for path in order})
    values = (("guid", "urn:x"), ("other", "a.md"))
    assert applied.problems == (Problem("b.md", 0, "guid-twice", values),)
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("a.md", None)


def test_a_file_that_claims_the_id_of_another_keeps_its_last_good_version(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert newsroom.apply({"a.md": item("A2", id="b")}).advanced is False
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("A", "B")


@pytest.mark.parametrize(("keys", "entry_id"), [({"id": "x"}, "x"), ({"guid": "urn:x"}, "b")])
@pytest.mark.parametrize("gone", [[], ["a.md"]])
def test_a_file_in_conflict_is_read_again_once_its_id_or_guid_is_free(
    newsroom: Newsroom, keys: dict[str, str], entry_id: str, gone: list[str]
) -> None:
    loser = item("Loser", **keys)
    newsroom.apply({"a.md": item("Winner", **keys), "b.md": loser})
    assert newsroom.writer.id_conflicts() == {"b.md"}
    freed = newsroom.apply({} if gone else {"a.md": item("Else")}, gone)
    assert freed.again == ("b.md",)
    assert newsroom.writer.fingerprint("b.md") == ""
    assert newsroom.apply({"b.md": loser}) == ADVANCED
    assert title_of(newsroom, entry_id) == "Loser"
    assert newsroom.writer.snapshot().problems() == ()


def test_an_id_is_free_once_its_owner_claims_another(newsroom: Newsroom) -> None:
    # The owner cannot have what it claims now, but that is no reason to keep the other back.
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item("B", id="x"), "c.md": item(id="y")})
    assert newsroom.apply({"a.md": item("A2", id="y")}).again == ("b.md",)
    newsroom.apply({"b.md": item("B", id="x")})
    assert title_of(newsroom, "x") == "B"


def test_a_file_keeps_its_guid_when_it_changes_its_id(newsroom: Newsroom) -> None:
    newsroom.apply({"b.md": item("B", id="x", guid="urn:g")})
    applied = newsroom.apply(
        {"a.md": item("A", guid="urn:g"), "b.md": item("B2", id="y", guid="urn:g")}
    )
    assert problem_codes(applied) == [("a.md", "guid-twice")]
    assert [title_of(newsroom, entry_id) for entry_id in "axy"] == [None, "[B]", "B2"]


@pytest.mark.parametrize("order", [*permutations(["a.md", "b.md"])])
def test_a_guid_that_a_batch_frees_can_be_claimed_in_it(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    newsroom.apply({"b.md": item("B", guid="urn:g")})
    files = {"a.md": item("A", guid="urn:g"), "b.md": item("B2", guid="urn:h")}
    applied = newsroom.apply({path: files[path] for path in order})
    assert applied == ADVANCED
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("A", "B2")


def test_a_file_that_is_refused_takes_no_id_from_another(newsroom: Newsroom) -> None:
    # a.md gives way to any file that claims x; d.md does, but cannot have its guid.
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item(id="y"), "c.md": item(guid="urn:g")})
    newsroom.apply({"a.md": item("A2", id="y")})
    newsroom.apply({"d.md": item("D", id="x", guid="urn:g")})
    assert title_of(newsroom, "x") == "A"


SWAPPED = {"a.md": item("A2", id="b"), "b.md": item("B2", id="a")}


@pytest.mark.parametrize("order", [*permutations(SWAPPED)])
def test_two_files_swap_their_ids_in_one_batch(newsroom: Newsroom, order: tuple[str, ...]) -> None:
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert newsroom.apply({path: SWAPPED[path] for path in order}).problems == ()
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("B2", "A2")


@pytest.mark.parametrize("order", [*permutations(SWAPPED)])
def test_two_files_swap_their_ids_in_two_batches(
    newsroom: Newsroom, order: tuple[str, ...]
) -> None:
    first, second = order
    newsroom.apply({"a.md": item("A"), "b.md": item("B")})
    assert problem_codes(newsroom.apply({first: SWAPPED[first]})) == [(first, "id-twice")]
    assert newsroom.apply({second: SWAPPED[second]}).again == (first,)
    assert newsroom.apply({first: SWAPPED[first]}).again == ()
    assert (title_of(newsroom, "a"), title_of(newsroom, "b")) == ("B2", "A2")
    assert newsroom.writer.snapshot().problems() == ()


def test_an_absent_file_loses_its_id_only_to_a_file_that_claims_it(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("A", id="x"), "b.md": item("B")})
    update = newsroom.update("c.md", item("A", id="x"))
    applied = newsroom.writer.apply([update], (), NOW, absent=frozenset({"a.md", "b.md"}))
    assert applied == UNCHANGED
    assert newsroom.writer.snapshot().fingerprints() == {"b.md": "2", "c.md": "3"}
    assert (title_of(newsroom, "x"), title_of(newsroom, "b")) == ("A", "B")


# Any sequence of changes, against a model of dictionaries

PATHS = ("a.md", "b.md", "c.md")
IDS = ("x", "y", "z")
Claim = str | None  # an id; None if the file is bad

changes = st.dictionaries(
    st.sampled_from(PATHS), st.sampled_from((*IDS, "bad", "gone")), min_size=1
)
renames = st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS))


class Model:
    """Which version of which file each id shows: an id belongs to the file that had it first.

    `disk` holds the claim and title of each file, `owned` the id and title of each file that
    owns one, `shown` the title of each id, in brackets if its file is gone.
    """

    def __init__(self) -> None:
        self.disk: dict[str, tuple[Claim, str]] = {}
        self.owned: dict[str, tuple[str, str]] = {}
        self.shown: dict[str, str] = {}

    def change(self, change: dict[str, str] | tuple[str, str], number: int) -> None:
        """Change files on the disk, or rename one."""
        if isinstance(change, tuple):
            source, target = change
            if source in self.disk:
                self.disk[target] = self.disk.pop(source)
            return
        for path, claim in change.items():
            if claim == "gone":
                self.disk.pop(path, None)
            else:
                self.disk[path] = (None if claim == "bad" else claim, f"{path} {number}")

    def read(self, changed: set[str]) -> None:
        """Read the changed files, and again those whose id is free by then."""
        for path in PATHS:
            if path not in self.disk:
                self.owned.pop(path, None)
        while changed:
            good = [path for path in changed & set(self.disk) if self.claim(path)]
            # A file that keeps its id comes before one that claims another.
            for path in sorted(good, key=lambda path: (not self._owns_its_claim(path), path)):
                self._store(path)
            for entry_id in self.shown:
                self.shown[entry_id] = f"[{self.shown[entry_id].strip('[]')}]"
            self.shown |= dict(self.owned.values())
            changed = {path for path in self.disk if self._can_have_its_claim(path)}

    def claim(self, path: str) -> Claim:
        return self.disk[path][0]

    def _owns_its_claim(self, path: str) -> bool:
        return path in self.owned and self.owned[path][0] == self.claim(path)

    def _store(self, path: str) -> None:
        claim, version = self.disk[path]
        assert claim
        owner = self._owner(claim, path)
        if owner and self.claim(owner) in (None, claim):
            return
        self.owned.pop(owner or "", None)
        self.owned[path] = (claim, version)

    def _can_have_its_claim(self, path: str) -> bool:
        """Return whether a file can have by now an id that it does not own yet."""
        claim = self.claim(path)
        if claim is None or self._owns_its_claim(path):
            return False
        owner = self._owner(claim, path)
        return owner is None or self.claim(owner) not in (None, claim)

    def _owner(self, entry_id: str, path: str) -> str | None:
        others = (other for other in self.owned if other != path)
        return next((other for other in others if self.owned[other][0] == entry_id), None)


def store(newsroom: Newsroom, model: Model, changed: set[str], shuffled: Random | None) -> None:
    """Do what the sync loop does: store the changes, and read again the files it must."""
    gone = [path for path in changed if path not in model.disk]
    for _ in range(10):
        paths = sorted(changed & set(model.disk))
        if shuffled:
            shuffled.shuffle(paths)
        files = {}
        for path in paths:
            claim, version = model.disk[path]
            files[path] = item(version, id=claim) if claim else BAD
        again = newsroom.apply(files, gone).again
        if not again:
            return
        changed, gone = set(again), []
    pytest.fail("the same files are to be read again for ever")


@given(history=st.lists(changes | renames, max_size=8), random=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=60)
def test_any_sequence_of_changes_in_any_order_ends_as_in_the_model(
    history: list[dict[str, str] | tuple[str, str]], random: Random
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        sorted_room = Newsroom(Settings(instance=Path(one)))
        shuffled_room = Newsroom(Settings(instance=Path(two)))
        try:
            for number, change in enumerate(history):
                model.change(change, number)
                store(sorted_room, model, set(change), None)
                store(shuffled_room, model, set(change), random)
                model.read(set(change))
                expected = {entry_id: model.shown.get(entry_id) for entry_id in IDS}
                for room in (sorted_room, shuffled_room):
                    assert {each: title_of(room, each) for each in IDS} == expected
                first, second = (room.writer.snapshot() for room in (sorted_room, shuffled_room))
                assert first.problems() == second.problems()
                assert first.revision == second.revision
        finally:
            sorted_room.writer.close()
            shuffled_room.writer.close()
