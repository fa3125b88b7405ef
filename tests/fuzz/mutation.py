"""Mutations that know the grammars: words of them, repeated, moved and put elsewhere.

Bytes alone rarely become a table or a tag; and what costs too much is mostly something
harmless many times over.
"""

from collections.abc import Callable
from random import Random

from feedsvc.parsing.keys import KEYS
from feedsvc.parsing.russian import NAMES
from tests.support.hostile import SNIPPETS

# Returns data mutated, at most so long: libFuzzer's own mutations.
MutateBytes = Callable[[bytes, int], bytes]

_GRAMMARS = r"""
--- ... null ~ !!binary &a *a | > % ? [ ] { } : # " ' \x41 \U0001f468
published draft withdrawn 13.08.2014 2014-08-13T15:30:00+04:00 2999-12-31 1900-01-01 23:59:60
августа г. года в May at -23:59 Z [Пресс-центр](#) https://news.example/ mailto:a@b.ru tel:+7495
«24» ноября среда (вт) 15-30 9-00 ч мин МСК от — — черновик отозвано да
мос.рф xn--m www.a.b //a.b ../ a.jpg plan.pdf photo.jpg /media/ #top ?q=1 %D0%B0 %00 %2F
> - * + 1. ``` ~~~ ` ** __ ~~ [a](b) ![a](b) [a]: [ ]( <http://a.b> |a|b| |-|-| === ##
<b> </b> <p> <div> </div> <table> <tr><td> </table> <a href=" "> <img src="a.jpg"> <!-- -->
<pre> </pre> <h1> </h6> <ruby> <ol start=9> <td colspan=9> <svg> <math> <script> </style> <textarea>
{{ }} {% %} {{< >}} {{% %}} {%raw%} {%endraw%} {%highlight%} {%endhighlight%} {{</*a*/>}} {#a}
{: .a} {::comment} {:/} {# #} [caption] [/caption] [a b=c] [TOC] ::: !!! [^1] [^1]: (#a) {static}
<iframe src=a> </iframe> <video> <source src=a> <details><summary> <noscript> <a name=a>
{{youtube(id=a)}}
&#0; &#x80; &#xfdd0; &#64976; &amp; &lt; &nbsp; &notit; &#99999999; ]]> <![CDATA[ <?xml
«а» “b” „в“ ё й Ы ß ŉ İ ſ ａ 中 ا ก
GET HEAD /feeds/atom.xml /search /category/sport/ gzip br;q=0.5 * W/"a" bytes=0-1 feed, gzip;q=0
title = timezone = "Europe/Moscow" permalink = "/<id>" base_url = [serve] port = 8000 FEEDSVC_PORT=
"""
_CHARACTERS = (
    *("\x00", "\t", "\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\xa0", "\xad", "\u0301"),
    *("\u0306", "\u0323", "\u200b", "\u200d", "\u2028", "\u2029", "\u202e", "\ufdd0", "\ufeff"),
    *("\ufffd", "\uffff", "\U0001f468", "\U0010ffff", "    "),
)
_TEXTS = (*_GRAMMARS.split(), *_CHARACTERS, *(f"\n{key}: " for key in (*KEYS, *NAMES)), *SNIPPETS)
TOKENS = (
    *(each.encode() for each in dict.fromkeys(_TEXTS)),
    # Marks of UTF-16 and UTF-8; a surrogate, and what is too high; Windows-1251.
    *(b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\xf2"),
)


def mutate(data: bytes, most: int, seed: int, mutate_bytes: MutateBytes) -> bytes:
    """Return a mutation of an input, at most so long; the same for the same seed."""
    random = Random(seed)
    choice = random.randrange(10)
    if choice < 4 or not data:
        return bytes(mutate_bytes(data, most))
    start, end = _slice(data, random)
    if choice < 7:
        token = random.choice(TOKENS)
        end = end if choice == 4 else start  # instead of something, or between
        data = data[:start] + token * _times(random, most, len(token)) + data[end:]
    elif choice == 7:
        part = data[start:end]
        data = data[:start] + part * (1 + _times(random, most, len(part))) + data[end:]
    elif choice == 8:
        data = data[:start] + data[end:]
    else:
        place = random.randrange(len(data) + 1)
        data = data[:place] + data[start:end] + data[place:]
    return data[:most]


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    """Return start and end of some bytes, or of some lines."""
    start = random.randrange(len(data))
    end = min(len(data), start + 1 + int(random.expovariate(1 / 12)))
    if random.random() < 0.3:
        start = data.rfind(b"\n", 0, start) + 1
        end = data.find(b"\n", end) + 1 or len(data)
    return start, end


def _times(random: Random, most: int, length: int) -> int:
    if random.random() < 0.9:
        return 1
    return min(1 << random.randrange(1, 13), max(1, most // max(1, length)))
