"""The dictionary of Russian forms: which words a written form may belong to.

It is OpenCorpora's, as the package pymorphy3-dicts-ru has it: a word graph (DAWG) of five million
forms, each with the numbers of its paradigms and of its place in them. The files are mapped, so
all processes share the pages that anybody has asked for, and a process that meets no Russian
word opens nothing.
"""

import json
import mmap
import struct
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pymorphy3_dicts_ru
from dawg_python import RecordDAWG, wrapper

VERSION: str = pymorphy3_dicts_ru.__version__
# What a form begins with, by number (`paradigm_prefixes` in meta.json).
_PREFIXES = ("", "по", "наи")
_UNIT = struct.calcsize("=I")
_RECORD = ">HH"
# Any form that is known.
_KNOWN = "новость"


class Dictionary:
    """Looks words up. Safe to share among threads, and among processes that are forked."""

    def __init__(self, folder: Path) -> None:
        self._suffixes: list[str] = json.loads((folder / "suffixes.json").read_bytes())
        self._paradigms = _mapped(folder / "paradigms.array").cast("H")
        self._starts = _starts(self._paradigms)
        self._forms = _forms(folder / "words.dawg")
        # Texts write «е» for «ё»; the dictionary does not.
        self._replaced = RecordDAWG.compile_replaces({"е": "ё"})

    def lexemes(self, form: str) -> tuple[str, ...]:
        """Return the words that a form may belong to, each by its first form, sorted.

        Forms, and what is returned, are in lower case, with «е» for «ё». () if it is not known.
        """
        found = {
            self._first_form(known, paradigm, place)
            for known, places in self._forms.similar_items(form, self._replaced)
            for paradigm, place in places
        }
        return tuple(sorted(found))

    def _first_form(self, known: str, paradigm: int, place: int) -> str:
        # A paradigm is the numbers of its suffixes, of its grammemes and of its prefixes.
        start = self._starts[paradigm]
        length = self._paradigms[start - 1] // 3
        prefixes = start + 2 * length
        prefix = _PREFIXES[self._paradigms[prefixes + place]]
        suffix = self._suffixes[self._paradigms[start + place]]
        middle = known[len(prefix) : len(known) - len(suffix)]
        first = _PREFIXES[self._paradigms[prefixes]] + middle
        first += self._suffixes[self._paradigms[start]]
        return first.replace("ё", "е").replace("-", "")


@cache
def dictionary() -> Dictionary:
    """Return the dictionary, mapped when it is first asked for."""
    return Dictionary(Path(pymorphy3_dicts_ru.get_path()))


class _Graph(wrapper.Dictionary):
    def __init__(self, units: memoryview) -> None:
        self._units = units  # read in place, not copied


class _Guide(wrapper.Guide):
    def __init__(self, units: memoryview) -> None:
        self._units = units  # read in place, not copied


class _Forms(RecordDAWG):
    """The graph of forms, as the library reads it, in mapped memory."""

    def __init__(self, data: memoryview) -> None:
        super().__init__(_RECORD)
        (count,) = struct.unpack_from("=I", data)
        end = _UNIT * (1 + count)
        self.dct = _Graph(data[_UNIT:end].cast("I"))
        self.guide = _Guide(data[end + _UNIT :])


def _forms(path: Path) -> RecordDAWG:
    """Return the graph of forms.

    If a version of the library cannot read it in place, each process has 7 MB of its own.
    """
    try:
        mapped = _Forms(_mapped(path))
        if _KNOWN in mapped:
            return mapped
    except (AttributeError, TypeError, LookupError, struct.error):
        pass
    return RecordDAWG(_RECORD).load(path)


def _starts(paradigms: memoryview) -> Sequence[int]:
    """Return where each paradigm starts; its length is in front of it."""
    starts = array("I")
    at = 1
    for _ in range(paradigms[0]):
        starts.append(at + 1)
        at += 1 + paradigms[at]
    return starts


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
