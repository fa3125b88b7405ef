"""Offers: what somebody may have meant whose words are in no text, from the vocabulary.

Only a word that the dictionary lacks is replaced, by a form that texts have: one that differs in
a letter (replaced, added, left out, or changed places with the next), or two words instead of
one, or, if there is none of these, a form that begins the same and differs in two letters.
Everything is bounded: by the length and number of words, and of forms that are compared.
"""

import json
from collections.abc import Iterator
from itertools import islice, product

from feedsvc.search.query import Query
from feedsvc.search.stemming import is_inflected, is_russian, plain_form, word
from feedsvc.search.terms import match
from feedsvc.search.vocabulary import Execute, is_known, terms_of

# So many words are replaced, so many forms tried for each, so many spellings offered.
MAX_WORDS = 2
MAX_FORMS = 4
MAX_OFFERS = 4
# A word in more texts than that is no mistake.
RARE = 10
# In letters: shorter words have too many neighbours, and longer ones are none.
MIN_LENGTH = 3
MAX_LENGTH = 32
# From this length on two letters may differ; so many forms with the same beginning are compared.
MIN_FOR_TWO = 7
MAX_COMPARED = 1000
# Texts that are counted, to prefer the more frequent form.
MAX_COUNT = 100
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_ENGLISH = "abcdefghijklmnopqrstuvwxyz"


def spellings(execute: Execute, query: Query) -> tuple[str, ...]:
    """Return other spellings of a query that may find more, the best first."""
    forms = dict.fromkeys(form for part in query.parts for form in part)
    doubtful = islice((form for form in forms if _is_doubtful(execute, form)), MAX_WORDS)
    replaced = {form: others for form in doubtful if (others := _similar(execute, form))}
    if not replaced:
        return ()
    found = (
        _spelled(query.text, dict(zip(replaced, chosen, strict=True)))
        for chosen in product(*replaced.values())
    )
    return tuple(islice(found, MAX_OFFERS))


def _is_doubtful(execute: Execute, form: str) -> bool:
    return (
        MIN_LENGTH <= len(form) <= MAX_LENGTH
        and is_inflected(form)
        and not is_known(form)
        and _frequency(execute, form) <= RARE
    )


def _spelled(text: str, replaced: dict[str, str]) -> str:
    return word.sub(lambda found: replaced.get(plain_form(found[0]), found[0]), text)


def _similar(execute: Execute, form: str) -> list[str]:
    """Return the forms that may have been meant, the more frequent first."""
    found = _in_vocabulary(execute, set(_one_edit(form)))
    found += _parted(execute, form)
    if not found and len(form) >= MIN_FOR_TWO:
        found = _two_edits(execute, form)
    frequency = {each: _frequency(execute, each) for each in islice(found, 4 * MAX_FORMS)}
    return sorted(frequency, key=lambda each: (-frequency[each], each))[:MAX_FORMS]


def _one_edit(form: str) -> Iterator[str]:
    letters = _RUSSIAN if is_russian(form) else _ENGLISH
    for at in range(len(form) + 1):
        before, after = form[:at], form[at:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + letter + after for letter in letters)


def _in_vocabulary(execute: Execute, forms: set[str]) -> list[str]:
    query = "SELECT form FROM form WHERE form IN (SELECT value FROM json_each(?)) ORDER BY form"
    values = (json.dumps(sorted(forms), ensure_ascii=False),)
    return [form for (form,) in execute(query, values)]


def _parted(execute: Execute, form: str) -> list[str]:
    """Return the form as two words, wherever both of these are in texts."""
    parts = [(form[:at], form[at:]) for at in range(MIN_LENGTH, len(form) - MIN_LENGTH + 1)]
    known = set(_in_vocabulary(execute, {part for pair in parts for part in pair}))
    return [" ".join(pair) for pair in parts if known.issuperset(pair)]


def _two_edits(execute: Execute, form: str) -> list[str]:
    start = form[: max(MIN_LENGTH, len(form) // 3)]
    query = (
        "SELECT form FROM form WHERE form > ? AND form < ? AND length(form) BETWEEN ? AND ? LIMIT ?"
    )
    end = start[:-1] + chr(ord(start[-1]) + 1)
    values = (start, end, len(form) - 2, len(form) + 2, MAX_COMPARED)
    return [each for (each,) in execute(query, values) if distance(form, each) <= 2]


def distance(one: str, other: str) -> int:
    """Return how many letters differ (optimal string alignment distance)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for line, letter in enumerate(one, 1):
        before, last, row = row, before, [line]
        for at, compared in enumerate(other, 1):
            least = min(before[at] + 1, row[-1] + 1, before[at - 1] + (letter != compared))
            if line > 1 and at > 1 and (letter, compared) == (other[at - 2], one[line - 2]):
                least = min(least, last[at - 2] + 1)
            row.append(least)
    return row[-1]


def _frequency(execute: Execute, text: str) -> int:
    """Return how many texts have the words of a text, at most `MAX_COUNT`."""
    words = tuple(text.split())
    matching = match(Query((words,)), {each: terms_of(execute, each) for each in words}, "")
    if matching is None:
        return 0
    query = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    (count,) = execute(query, (matching, MAX_COUNT)).fetchone()
    return int(count)
