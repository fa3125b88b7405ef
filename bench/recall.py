"""What a search finds: every form of a word, and how much that is no form of it.

    python -m bench.recall [--quick]

Each of 500 searches asks for one form of a word, and should find the entry that has another.
The words and both forms are drawn by how frequent they are in Russian (wordfreq), from the
paradigms of the dictionary, as pymorphy3 reads them. Around these entries there are 5,000 more,
each of which has one frequent word. What is found is judged by pymorphy3's likeliest reading.
Beside the service: stems alone, as it used to search, and pymorphy3's likeliest first forms
alone, as programs with that library usually do.
"""

import argparse
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import pymorphy3
from wordfreq import top_n_list, word_frequency

from bench.client import Client
from bench.common import say, wait_until
from bench.processes import workplace
from bench.results import machine, write_part
from bench.service import Service, caught_up
from feedsvc.search.stemming import is_russian, plain_form, stem

PAIRS, AROUND, LIST = 500, 5_000, 60_000
PAGES = 50
_OLD = 1_700_000_000
_found = re.compile(r'class="p-name u-url" href="[^"]*/(\d+)\.html"')


@dataclass(frozen=True, slots=True)
class Pair:
    """A form to search for, and another of the same word."""

    asked: str
    written: str


@dataclass
class Found:
    """How many of the pairs were found, and of all entries found how many have a form."""

    recalled: int = 0
    shown: int = 0
    right: int = 0
    missed: list[Pair] | None = None


@cache
def _reader() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


@cache
def first_form(form: str) -> str:
    """Return the first form of the likeliest word."""
    return plain_form(_reader().parse(form)[0].normal_form)


def frequent(count: int) -> list[str]:
    """Return so many frequent words in plain form, the most frequent first."""
    listed = (plain_form(each) for each in top_n_list("ru", LIST, wordlist="large"))
    known = (each for each in listed if is_russian(each) and len(each) > 2)
    return list(islice(dict.fromkeys(filter(_reader().word_is_known, known)), count))


def pairs(count: int) -> list[Pair]:
    """Return pairs of forms of different words, drawn by frequency."""
    chance = random.Random(0)
    forms = frequent(LIST)
    weights = [word_frequency(form, "ru", wordlist="large") for form in forms]
    drawn: dict[str, Pair] = {}
    while len(drawn) < count:
        (asked,) = chance.choices(forms, weights)
        others = sorted(
            {plain_form(each.word) for each in _reader().parse(asked)[0].lexeme} - {asked}
        )
        often = [word_frequency(each, "ru", wordlist="large") for each in others]
        if sum(often):
            (written,) = chance.choices(others, often)
            drawn.setdefault(first_form(asked), Pair(asked, written))
    return list(drawn.values())


def write(words: list[str], folder: Path) -> None:
    """Write an entry for each word, named by its number."""
    folder.mkdir()
    for number, word in enumerate(words):
        path = folder / f"{number:06d}.md"
        text = f"---\ntitle: '{number:06d}'\ndate: 2020-01-01\n---\n\n{word}\n"
        path.write_text(text, encoding="utf-8")
        os.utime(path, (_OLD, _OLD))


def ask(client: Client, word: str) -> set[int]:
    """Return the numbers of all entries that a search finds."""
    numbers: set[int] = set()
    for page in range(1, PAGES + 1):
        html = client.get(f"/search?{urlencode({'q': word, 'page': page})}").decode()
        found = set(map(int, _found.findall(html)))
        numbers |= found
        if 'rel="next"' not in html:
            break
    return numbers


def judge(drawn: list[Pair], words: list[str], search: Callable[[str], set[int]]) -> Found:
    """Ask for each pair, and judge all that is found."""
    found = Found(missed=[])
    for number, pair in enumerate(drawn):
        numbers = search(pair.asked)
        found.recalled += number in numbers
        if number not in numbers and found.missed is not None:
            found.missed.append(pair)
        found.shown += len(numbers)
        right = first_form(pair.asked)
        found.right += sum(first_form(words[each]) == right for each in numbers)
    return found


def same(words: list[str], key: Callable[[str], str]) -> Callable[[str], set[int]]:
    """Return a search that finds the words of which a key is the same."""
    numbers: dict[str, set[int]] = {}
    for number, word in enumerate(words):
        numbers.setdefault(key(word), set()).add(number)
    return lambda word: numbers.get(key(word), set())


def table(results: dict[str, Found], count: int) -> str:
    """Return the results in Markdown."""
    lines = ["| | recall | precision | missed, for example |", "|---|---|---|---|"]
    for name, found in results.items():
        missed = ", ".join(f"{each.asked} – {each.written}" for each in (found.missed or [])[:5])
        lines.append(
            f"| {name} | {found.recalled / count:.1%} | {found.right / max(found.shown, 1):.1%}"
            f" of {found.shown:,} | {missed or '–'} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and write it into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs; only prints")
    quick = parser.parse_args().quick
    drawn = pairs(50 if quick else PAIRS)
    words = [pair.written for pair in drawn] + frequent(500 if quick else AROUND)
    results: dict[str, Found] = {}
    with workplace() as folder:
        write(words, folder / "entries")
        service = Service(folder, folder / "entries")
        with service.start(), Client(service.port) as client:
            say(f"{len(words):,} entries: the index")
            wait_until(lambda: caught_up(service.instance), 600, 0.1)
            say(f"{len(drawn)} pairs")
            results["the service"] = judge(drawn, words, lambda word: ask(client, word))
    results["stems alone"] = judge(drawn, words, same(words, stem))
    results["likeliest first forms alone"] = judge(drawn, words, same(words, first_form))
    text = f"{table(results, len(drawn))}\n\n{machine()}"
    print(text)
    if not quick:
        write_part("recall", text)


if __name__ == "__main__":
    main()
