"""Bounds on an entry's body: refuse what would keep the libraries busy for minutes.

Every check takes time in proportion to the text, and may take a text for more costly than it
is, but hardly for less. What still slips through is ended by the limits of the process that
reads the file (see `feedsvc.isolation`).
"""

import re

from feedsvc.parsing.links import search_length

MAX_DEPTH = 100
# The sanitizer's time grows with the square of the escaped characters in one run of text:
# 100,000 cost 0.15 s, a million 9 s.
MAX_ESCAPES = 100_000
# The open tags at each tag, added up: HTML opens unclosed formatting again in every
# paragraph, which multiplies it. A million elements cost about a second.
MAX_OPEN = 1_000_000
# The same in characters, as what is opened again has its attributes.
MAX_OPEN_LENGTH = 8_000_000
# Of all tables of a text together. comrak fills each row up to the number of columns.
MAX_CELLS = 20_000
MAX_PICTURES = 1000
# Of terms in lists: comrak's time grows with the square of those with blank lines between, of
# which 5,000 cost 0.4 s.
MAX_DEFINITIONS = 5000
# Of links and pictures: each is resolved, which costs up to 50 us.
MAX_ADDRESSES = 5000
# Start tags and end tags: each costs the sanitizer about 5 us.
MAX_TAGS = 100_000
# Of one tag: each is compared with all others.
MAX_ATTRIBUTES = 5000
# In characters: how far comrak may look, in all, from what may be part of an address.
MAX_SEARCH = 50_000_000
# In characters: the words of a plain text that may hold an address. The linkifier needs up to
# 30 us for each.
MAX_SEARCHED = 50_000
# The sanitizer searches the rest of a run of text again at each character that it escapes, and,
# four to six times as slowly, at each whose UTF-8 begins like that of a no-break space (U+0080
# to U+00BF). This is the bytes of a run times the number of these; 4 * 10^11 take a second.
MAX_RUN_COST = 60_000_000_000
# In characters of HTML.
MAX_LENGTH = 4 * 1024 * 1024

# A comment, which without an end reaches to the end of the text; or a tag with all its
# attributes. Either may hold what looks like a tag.
TAG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[^>\"']+|\"[^\"]*\"|'[^']*')*",
    re.IGNORECASE | re.DOTALL,
)
_quoted = re.compile(r"\"[^\"]*\"|'[^']*'")
_between_attributes = re.compile(r"[\s/\"]+")
# These do not nest: they have no content, or HTML closes them by itself.
_FLAT = frozenset(
    "area base br col embed hr img input link meta source track wbr"
    " p li dt dd tr td th thead tbody tfoot colgroup option".split()
)
# A line that opens more quotations and list items than any text needs.
_deep_line = re.compile(
    rf"^(?:[ \t]*(?:>|[-*+][ \t]|\d{{1,9}}[.)][ \t])){{{MAX_DEPTH + 1}}}", re.MULTILINE
)
_OPENERS = (">", "- ", "* ", "+ ", ". ", ") ")
_definition = re.compile(r"^[ \t>*+-]*:[ \t]", re.MULTILINE)
# Of what the line below a table's head consists, in quotations and lists too.
_BELOW_HEAD = " \t>*+0123456789.)|:-"
_AROUND_ROW = " \t>*+0123456789.)"
_like_a_no_break_space = re.compile("[\x80-\xbf]")


class Excess(ValueError):
    """A body exceeds a bound: `code` of the problem, and its line, or 0."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code, line)
        self.code = code
        self.line = line


class TooDeep(Excess):
    """A body nests so deeply, or escapes so much, that rendering it would take minutes."""

    def __init__(self, line: int = 0) -> None:
        super().__init__("too-deep", line)


def check_markdown(source: str) -> None:
    """Raise Excess if the source of a body would cost comrak too much; lines count from 1."""
    # Each level has one of them, and a count takes a twentieth of the search.
    if "\t" in source or sum(map(source.count, _OPENERS)) > MAX_DEPTH:
        deep = _deep_line.search(source)
        if deep:
            raise TooDeep(_line(source, deep.start()))
    # What may open a quotation or a list item, wherever it stands.
    if len(source) > MAX_TAGS and sum(map(source.count, ("- ", "* ", "+ ", ">"))) > MAX_TAGS:
        raise Excess("too-many-parts")
    if source.count(":") > MAX_DEFINITIONS and len(_definition.findall(source)) > MAX_DEFINITIONS:
        raise Excess("too-many-parts")
    if "|" in source:
        _check_tables(source)
    if len(source) ** 2 > MAX_SEARCH:
        _check_addresses(source)


def check_paragraphs(source: str) -> None:
    """Raise Excess if a plain text has too many lines, or too much of it may be addresses."""
    filled = searched = 0
    for number, line in enumerate(source.split("\n"), 1):
        filled += line != ""
        if filled > MAX_TAGS:  # each gets one at least
            raise Excess("too-many-parts", number)
        searched += search_length(line)
        if searched > MAX_SEARCHED:
            raise Excess("addresses-many", number)


def _check_tables(source: str) -> None:
    """Count the cells of every table as wide as the widest in the same block of lines."""
    cells = columns = 0
    for number, line in enumerate(source.split("\n"), 1):
        bare = line.strip(_BELOW_HEAD)
        if not bare and "-" in line:
            columns = max(columns, line.strip(_AROUND_ROW).strip("|").count("|") + 1)
        elif not bare and not line.strip(" \t"):  # a blank line ends every table
            columns = 0
        cells += columns
        if cells > MAX_CELLS:
            raise Excess("table-large", number)


def _check_addresses(text: str) -> None:
    """Estimate how much of a text comrak would search for the ends of addresses.

    From each «@» it reads (and copies) the rest of the line, from other beginnings of an
    address the rest of the word, and at each bracket that may end it all of its brackets.
    """
    cost = 0
    for number, line in enumerate(text.split("\n"), 1):
        cost += len(line) * line.count("@")
        for word in line.split():
            starts = _starts(word)
            cost += len(word) * (starts + word.count(")")) if starts else 0
        if cost > MAX_SEARCH:
            raise Excess("addresses-many", number)


def _starts(text: str) -> int:
    return text.count("://") + text.count("www.")


def check_html(html: str) -> None:
    """Raise Excess if HTML nests too deeply, or has too much of something, to be sanitized."""
    if html.count("&") > MAX_ESCAPES:
        raise TooDeep
    tags = html.count("<")
    if tags > MAX_TAGS:
        raise Excess("too-many-parts")
    if tags > MAX_PICTURES and html.count("<img") > MAX_PICTURES:
        raise Excess("pictures-many")
    if 12 * len(html) ** 2 > MAX_RUN_COST:  # as if all were no-break spaces, of two bytes each
        _check_runs(html)
    if tags > MAX_DEPTH or len(html) > 2 * MAX_ATTRIBUTES:
        _check_tags(html)


def check_length(html: str) -> None:
    """Raise Excess if HTML is longer than any text needs."""
    if len(html) > MAX_LENGTH:
        raise Excess("too-many-parts")


def _check_runs(html: str) -> None:
    cost = 0
    for run in html.split("<"):
        again = run.count("&") + 6 * len(_like_a_no_break_space.findall(run))
        cost += len(run.encode()) * again
        if cost > MAX_RUN_COST:
            raise Excess("signs-many")


def _check_tags(html: str) -> None:
    opened: dict[str, list[int]] = {}
    depth = total = length = total_length = 0
    for tag in TAG.finditer(html):
        size = tag.end() - tag.start()
        if size > 2 * MAX_ATTRIBUTES:
            _check_attributes(tag[0])
        name = (tag["name"] or "p").lower()
        if name not in _FLAT:
            # An end tag ends only what has its name: a stray one must not hide deep nesting.
            same = opened.setdefault(name, [])
            if not tag["end"]:
                same.append(size)
                depth += 1
                length += size
            elif same:
                length -= same.pop()
                depth -= 1
        total += depth
        total_length += length
        if depth > MAX_DEPTH or total > MAX_OPEN:
            raise TooDeep
        if total_length > MAX_OPEN_LENGTH:
            raise Excess("too-many-parts")


def _check_attributes(tag: str) -> None:
    names = set(_between_attributes.split(_quoted.sub('"', tag)))
    if tag[1] != "!" and len(names) > MAX_ATTRIBUTES:
        raise Excess("too-many-parts")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
