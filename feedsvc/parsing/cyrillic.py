"""Which encoding of Cyrillic letters the bytes of a text are in, where that is certain.

The same bytes are letters in several encodings, but only in one of them words: there they stand
beside each other as they do in Russian. Case does not count, so that notices IN CAPITALS, whose
bytes are small letters elsewhere, are known as well.
"""

import re
from itertools import pairwise
from typing import NamedTuple

_NAMES = {"cp1251": "Windows-1251", "koi8-r": "KOI8-R", "cp866": "CP866"}
_LETTERS = " абвгдежзийклмнопрстуфхцчшщъыьэюя"
_ALPHABET = f"ё{_LETTERS.strip()}"
# How often each letter follows each other one, or stands at the end or the beginning of a word:
# the logarithm to base 2 of its count in 40,000 pairs, 0 if it was never seen. The texts counted
# were this project's own.
_COUNTS = """
088979758948689898987745752022656 906767647076778077582245631000046
744200504305603607305000003350002 880053602604634905664020000064002
640006300400300805005000000000000 770800713603616657405001000140003
903466555368668228880444436000001 243004600502007000000000000000000
680605420402245402003000000041003 935524736557777315780356463000056
800004200002602500450000310000000 890500500700303806746012000000000
660000730805203800205000000057046 862300800602044750204000000040305
780403800805006900366002200065025 906978666578777369883143553000005
370000600706402808006000000002002 890532830706026802387420220074005
763303600507745674595000300055027 980604900706215908606000200058004
707255252045342064650020324000040 460000400300000402000000000020000
600200000200003504000000000000000 550000500500000000003000000050000
360000700603004000060000030001000 250000500604003100030000000000000
230000600300003000000000000000000 000000100000000000000000000000003
703420530063541020260050310000000 800000103005024000340000050000030
000000000000000003060000000000000 603003050000302000050000202000000
904404203010244000360004000000032
""".split()
_ASCII = bytes(range(0x80))
_NEVER = -6
_BITS = {
    first + second: int(_COUNTS[row][column]) or _NEVER
    for row, first in enumerate(_LETTERS)
    for column, second in enumerate(_LETTERS)
}
# Characters that stand beside words; all others that are not ASCII occur in no word.
_BETWEEN = {ord(each): " " for each in "\xa0«»—–№…“”„‘’•°§©·-0123456789"}
_KNOWN = {*_ALPHABET, *_ALPHABET.upper(), *map(chr, _BETWEEN)}
_latin = re.compile("[a-z]")
_not_cyrillic = re.compile("[^ а-яz]")
_flipped = re.compile("[а-яё][А-ЯЁ]")
# So many bytes are looked at: enough for certainty, and quick.
_SAMPLE = 20_000
# In pairs of letters and in different ones; in bits a pair; in bits more than the next best.
_MIN_PAIRS, _MIN_LETTERS = 15, 9
_MIN_MEAN = 4.5
_LIKELY_MEAN = 2
_MIN_LEAD = 60
# The bytes that are neither letters nor beside words, and the least share of the others among all
# above ASCII. Windows-1251 has the letters of other languages as well; what they are in the two
# others cannot be known.
_FOREIGN = {
    codec: bytes(
        byte
        for byte in range(0x100)
        if byte < 0x80 or bytes((byte,)).decode(codec, "replace") not in _KNOWN
    )
    for codec in _NAMES
}
_MIN_SHARES = {"cp1251": 0.85, "koi8-r": 0.99, "cp866": 0.99}


class Guess(NamedTuple):
    """The encoding in which bytes look most like Russian.

    `name` is for people. `is_certain` if they can be nothing else, and `is_likely` if that is
    more likely than not; `letters` counts the different ones.
    """

    codec: str
    name: str
    is_certain: bool
    is_likely: bool
    letters: int


def guess(data: bytes) -> Guess:
    """Return the encoding in which bytes look most like Russian."""
    sample = data if len(data) <= _SAMPLE else data[:_SAMPLE]
    (best, pairs, letters, codec), (second, *_), *_ = sorted(
        (_score(sample, codec) for codec in _NAMES), reverse=True
    )
    mean = best / max(pairs, 1)
    is_text = pairs >= _MIN_PAIRS and letters >= _MIN_LETTERS
    is_certain = is_text and mean >= _MIN_MEAN and best - second >= _MIN_LEAD
    is_certain = is_certain and _consists_of_letters(data, codec)
    return Guess(codec, _NAMES[codec], is_certain, mean >= _LIKELY_MEAN, letters)


def _consists_of_letters(data: bytes, codec: str) -> bool:
    high = len(data.translate(None, delete=_ASCII))
    return len(data.translate(None, delete=_FOREIGN[codec])) >= _MIN_SHARES[codec] * high


def _score(sample: bytes, codec: str) -> tuple[int, int, int, str]:
    """Return how much bytes look like Russian in an encoding, in bits, and in how many pairs."""
    text = sample.decode(codec, "replace")
    flips = len(_flipped.findall(text))
    text = _latin.sub("z", text.lower().replace("ё", "е").translate(_BETWEEN))
    text = f" {_not_cyrillic.sub(_other, text)} "
    pairs = [a + b for a, b in pairwise(text) if max(a, b) >= "а"]
    bits = sum(_BITS.get(pair, _NEVER) for pair in pairs) + 2 * _NEVER * flips
    return bits, len(pairs), len({*text}), codec


def _other(found: re.Match[str]) -> str:
    """Return a space for a character of ASCII, and one that no word has for any other."""
    return " " if found[0].isascii() else "\uffff"
