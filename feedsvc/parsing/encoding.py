"""Decoding: UTF-8, and the encodings that older programs write.

Only UTF-8 is certain. Windows-1251 is a guess, and part of a UTF-8 file can look like it:
the caller must make sure that the file is complete before it trusts the guess
(`feedsvc.sync` waits until the file no longer changes).
"""

import codecs
import re
from unicodedata import is_normalized

from feedsvc.parsing.context import Context
from feedsvc.text import clean, first_forbidden_line, normalized, surplus_marks_line

# In Russian text as Windows-1251 nearly every byte above ASCII is a small letter.
# Text in another encoding (KOI8-R, CP866, damaged UTF-8) looks different.
_MIN_SMALL_SHARE = 0.6
# A text may lose a few characters; a picture, or UTF-16 without a byte-order mark, loses
# many.
_MIN_KEPT_SHARE = 0.9
_ASCII = bytes(range(0x80))
_SMALL = frozenset({0xB8, *range(0xE0, 0x100)})
_NOT_SMALL = bytes(byte for byte in range(0x100) if byte not in _SMALL)
_controls = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x98]")
_utf8_pair = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")


def decode(data: bytes, context: Context) -> str:
    """Return the text of an entry file, in NFC, with a line feed for every kind of line end.

    Reports any encoding but UTF-8, and characters that had to be removed. Raises Refused if
    the bytes are in no accepted encoding.
    """
    text, encoding = _decode(data, context)
    if encoding != "UTF-8":
        context.report("encoding-other", encoding=encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line = first_forbidden_line(text)
    if len(clean(text)) < _MIN_KEPT_SHARE * len(text):
        raise context.refusal("encoding")  # UTF-16 without a byte-order mark, or not text at all
    if line:
        context.report("characters-removed", line)
        text = clean(text)
    # Some systems store an accent as a character of its own (й as и and a breve).
    if is_normalized("NFC", text):
        return text
    surplus = surplus_marks_line(text)
    if surplus:
        context.report("marks-many", surplus)
    return normalized(text)


def _decode(data: bytes, context: Context) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise context.refusal("encoding") from error
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        # Both the position and the object start after a byte-order mark.
        line = error.object.count(b"\n", 0, error.start) + 1
        cut_off = error.reason == "unexpected end of data"
        if not cut_off and _looks_like_1251(data):
            return data.decode("cp1251"), "Windows-1251"
        if cut_off or _mostly_utf8(data):
            raise context.refusal("encoding-broken", line) from error
        raise context.refusal("encoding") from error


def _looks_like_1251(data: bytes) -> bool:
    small = len(data.translate(None, delete=_NOT_SMALL))
    return (
        not _controls.search(data)
        and small >= _MIN_SMALL_SHARE * _high(data)
        and not _mostly_utf8(data)
    )


def _mostly_utf8(data: bytes) -> bool:
    return sum(len(pair) for pair in _utf8_pair.findall(data)) >= _high(data) / 2


def _high(data: bytes) -> int:
    return len(data.translate(None, delete=_ASCII))
