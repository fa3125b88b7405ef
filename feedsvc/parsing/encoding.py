"""Decoding: UTF-8, and the encodings that older programs write.

Only UTF-8 is certain of itself. Older encodings are known by the words that they show (see
`cyrillic`), and part of a UTF-8 file can look like Windows-1251: the caller must make sure that
the file is complete before it trusts the guess (`feedsvc.sync` waits until it no longer changes).
"""

import codecs
import re
from unicodedata import is_normalized

from feedsvc.parsing.context import Context
from feedsvc.parsing.cyrillic import Guess, guess
from feedsvc.text import clean, first_forbidden_line, normalized, surplus_marks_line, visible

# In a few words as Windows-1251 nearly every byte above ASCII is a small letter: too few words
# for certainty, which look different in another encoding.
_MIN_SMALL_SHARE = 0.6
# Of the bytes that are 0 or 4 in UTF-16.
_MIN_WIDE_SHARE = 0.85
# In characters: damaged UTF-8 that looks like words repeats few.
_MIN_LETTERS = 14
# A text may lose a few characters; a picture, or UTF-16 without a byte-order mark, loses
# many.
_MIN_KEPT_SHARE = 0.9
_ASCII = bytes(range(0x80))
_SMALL = frozenset({0xB8, *range(0xE0, 0x100)})
_NOT_SMALL = bytes(byte for byte in range(0x100) if byte not in _SMALL)
_controls = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_utf8_pair = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")


def decode(data: bytes, context: Context) -> str:
    """Return the text of an entry file, in NFC, with a line feed for every kind of line end.

    Reports any encoding but UTF-8, and characters that had to be removed. Raises Refused if
    the bytes are in no accepted encoding.
    """
    text, encoding = _decode(data, context)
    if encoding != "UTF-8":
        context.report("encoding-other", encoding=encoding)
    text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    if line := first_forbidden_line(text):
        cleaned = clean(text)
        if len(cleaned) < _MIN_KEPT_SHARE * len(text):
            raise context.refusal("encoding")  # UTF-16 without a mark, or not text at all
        context.report("characters-removed", line)
        text = cleaned
    # Some systems store an accent as a character of its own (й as и and a breve).
    if is_normalized("NFC", text):
        return text
    surplus = surplus_marks_line(text)
    if surplus:
        context.report("marks-many", surplus)
    return normalized(text)


def _decode(data: bytes, context: Context) -> tuple[str, str]:
    if codec := _utf16(data):
        try:
            return data.decode(codec), "UTF-16"
        except UnicodeDecodeError as error:
            raise context.refusal("encoding") from error
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        # Both the position and the object start after a byte-order mark.
        line = error.object.count(b"\n", 0, error.start) + 1
        is_cut_off = error.reason == "unexpected end of data"
        found = None if is_cut_off else _older(data)
        if found:
            return data.decode(found.codec), found.name
        if is_cut_off or _mostly_utf8(data):
            raise context.refusal("encoding-broken", line) from error
        raise context.refusal("encoding") from error


def _utf16(data: bytes) -> str:
    """Return the codec of UTF-16, with a byte-order mark or unmistakable without, or ''.

    Of each Russian or English letter one of its two bytes is 4 or 0, which no text in UTF-8 has.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in data and b"\x04" not in data:
        return ""
    for codec, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = data[first::2]
        if half and half.count(0) + half.count(4) >= _MIN_WIDE_SHARE * len(half):
            return codec
    return ""


def _older(data: bytes) -> Guess | None:
    """Return the encoding of bytes that are no UTF-8, if they are text in an older one."""
    found = guess(data)
    if _controls.search(data) or (found.codec == "cp1251" and b"\x98" in data):
        return None
    is_damaged = _mostly_utf8(data)
    # What is left of UTF-8 consists of few different letters, or looks like no words.
    if found.is_certain and not (is_damaged and found.letters < _MIN_LETTERS):
        return found
    is_1251 = found.codec == "cp1251" and found.is_likely and _has_small_letters(data)
    return found if is_1251 and not is_damaged else None


def _has_small_letters(data: bytes) -> bool:
    """Return whether bytes above ASCII are for the most part small letters in Windows-1251."""
    small = len(data.translate(None, delete=_NOT_SMALL))
    return small >= _MIN_SMALL_SHARE * _high(data)


def _mostly_utf8(data: bytes) -> bool:
    return sum(len(pair) for pair in _utf8_pair.findall(data)) >= _high(data) / 2


def _high(data: bytes) -> int:
    return len(data.translate(None, delete=_ASCII))
