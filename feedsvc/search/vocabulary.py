"""The vocabulary of an index: its written forms, and the terms that stand for them.

A term is what the full-text index has in place of a word. For a form that the dictionary knows it
names each word that the form may belong to: «стали» is `-сталь-стать`. For any other it is the
stem. A searched word finds every term that names one of its words. A stem finds a form that the
dictionary lacks, or that is looked for by a word which the dictionary lacks: «Ховрино» finds
«Ховрина», which is also somebody's name. So a query becomes a few terms, all of them in the index.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from feedsvc.search.dictionary import dictionary
from feedsvc.search.stemming import is_inflected, is_russian, stem, words

# In front of each word that a term names; no stem has it.
_NAMES = "-"
# Forms that the indexer remembers, in 20 MB: nearly all of the words that texts consist of.
MAX_FORMS = 65_536
# The most terms of a word that are searched for, and forms that are highlighted. No word of the
# dictionary has so many; a stem of one letter might.
MAX_TERMS = 32
MAX_HIGHLIGHTED = 500
TABLES = """
CREATE TABLE form (
    form TEXT PRIMARY KEY,       -- lower case, with «е» for «ё»; of letters only
    term TEXT NOT NULL           -- what it is in the index
) WITHOUT ROWID;
CREATE INDEX form_term ON form (term);
CREATE TABLE sense (
    key TEXT NOT NULL,           -- a word of the dictionary, or a stem
    term TEXT NOT NULL,          -- that is found by it
    PRIMARY KEY (key, term)
) WITHOUT ROWID;
"""
Execute = Callable[..., sqlite3.Cursor]


def term(form: str) -> str:
    """Return the term of a plain form."""
    return _term(form, _names(form))


def _term(form: str, names: tuple[str, ...]) -> str:
    return "".join(names) or stem(form)


def is_known(form: str) -> bool:
    """Return whether the dictionary has a form."""
    return bool(_names(form))


@lru_cache(1024)
def _names(form: str) -> tuple[str, ...]:
    if not is_russian(form):
        return ()
    return tuple(_NAMES + lexeme for lexeme in dictionary().lexemes(form))


class NewForms(dict[str, str]):
    """The terms of forms, for the indexer, which has to add those that are new to the index."""

    def __init__(self) -> None:
        super().__init__()
        # Those that are new, each with the words that its term names: to find these takes long.
        self._met: list[tuple[str, tuple[str, ...]]] = []

    def terms(self, text: str) -> list[str]:
        """Return the terms of all words of a text, in their order."""
        return list(map(self.__getitem__, words(text)))

    def __missing__(self, form: str) -> str:
        """Find the term of a form that is met for the first time in a while."""
        if len(self) >= MAX_FORMS:
            self.clear()
        names = _names(form)
        found = self[form] = _term(form, names)
        if is_inflected(form):
            self._met.append((form, names))
        return found

    def met(self) -> int:
        """Return how many forms were met that are to be stored."""
        return len(self._met)

    def store(self, execute: Execute) -> None:
        """Add the forms that were met since, within the transaction of their texts."""
        for met in self._met:
            _add(execute, *met)
        self._met = []

    def forget(self) -> None:
        """Forget everything: the index is another one, or has all there is."""
        self.clear()
        self._met = []


def _add(execute: Execute, form: str, names: tuple[str, ...]) -> None:
    named = _term(form, names)
    query = "INSERT OR IGNORE INTO form VALUES (?, ?)"
    if execute(query, (form, named)).rowcount:
        for key in {*names, stem(form)}:
            execute("INSERT OR IGNORE INTO sense VALUES (?, ?)", (key, named))


def terms_of(execute: Execute, form: str) -> tuple[str, ...]:
    """Return the terms in the index that a searched form finds, sorted."""
    if not is_inflected(form):
        return (form,)
    names, stemmed = _names(form), stem(form)
    rows = (execute("SELECT term FROM sense WHERE key = ?", (key,)) for key in names or (stemmed,))
    found = {term for each in rows for (term,) in each.fetchmany(MAX_TERMS)}
    if names:
        query = "SELECT term FROM sense WHERE key = ? AND term = key"
        found.update(term for (term,) in execute(query, (stemmed,)))
    return tuple(sorted(found)[:MAX_TERMS])


def forms_of(execute: Execute, terms: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the written forms that the terms of searched forms stand for, each with the latter."""
    found: dict[str, str] = {}
    for searched, each in terms.items():
        found[searched] = searched
        for one in each:
            rows = execute("SELECT form FROM form WHERE term = ? LIMIT ?", (one, MAX_HIGHLIGHTED))
            found.update((form, searched) for (form,) in rows)
    return found
