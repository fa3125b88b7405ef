"""The blocks of a press text: paragraphs, and what is unmistakably a list, a table or a heading.

Nothing is marked up. What might as well be a paragraph is one: a dash also begins direct speech,
and a short line may be a signature.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from feedsvc.parsing.bounds import MAX_CELLS, Excess
from feedsvc.parsing.links import linked

# In characters: a longer line is no heading.
_MAX_HEADING = 80
# Each row of a table has this many cells at least, and the table as many rows.
_LEAST = 2
# In characters: no editor breaks lines that late, so that one which ends a sentence is a paragraph.
_LONG = 120
# What Word writes before an item and a tab; of its fonts of symbols only the number is left.
_item_of_word = re.compile(
    r"(?:[•●▪■◦·§oüØ\uf000-\uf0ff-]|[-–—]|(\d{1,3}[.)]))[ \xa0]*\t[ \t\xa0]*(?=\S)"
)
_bullet = re.compile(r"([•●▪◦·])[ \t\xa0]*(?=\S)|([-–—])[ \t\xa0]+(?=\S)")
_number = re.compile(r"(\d{1,3})[.)][ \t\xa0]+(?=\S)")
# What a heading does not end with, and does not begin with.
_end_of_text = re.compile(r"[.,:;!?…»\")]\Z")
_start_of_heading = re.compile(r"[A-ZА-ЯЁ0-9«]")
Lines = Sequence[str]


def blocks(source: str) -> Iterator[str]:
    """Yield the HTML of each block of a text. Raises Excess.

    Its lines are stripped, but for tabs around the rows of a table.
    """
    cells = 0
    filled = (list(lines) for filled, lines in groupby(source.split("\n"), bool) if filled)
    parts = [part for lines in filled for part in _paragraphs_of_word(_with_items(lines))]
    for before, part, after in zip([[], *parts], parts, [*parts[1:], []], strict=False):
        if _is_heading(part, before, after):
            yield f"<h2>{linked(part[0])}</h2>"
            continue
        last = before[-1] if before else ""
        for lines in _runs(part):
            if _is_table(lines):
                cells += len(lines) * max(line.count("\t") + 1 for line in lines)
                if cells > MAX_CELLS:
                    raise Excess("table-large")
                yield _table(lines)
            else:
                yield from _lists_and_paragraphs(lines, last)
            last = lines[-1]


def _with_items(lines: list[str]) -> list[str]:
    """Return lines with the items of lists as Word writes them, where those are no table."""
    found: list[str] = []
    for has_tab, group in groupby(lines, lambda line: "\t" in line):
        run = list(group)
        if has_tab and all(map(_is_item_of_word, run)):
            run = [_item_of_word.sub(_as_typed, line, count=1) for line in run]
        found += run
    return found


def _is_item_of_word(line: str) -> bool:
    item = _item_of_word.match(line)
    return item is not None and "\t" not in line[item.end() :]


def _as_typed(item: re.Match[str]) -> str:
    return f"{item[1] or '•'} "


def _paragraphs_of_word(lines: list[str]) -> Iterator[list[str]]:
    """Yield lines as parts: each one, if they are paragraphs, but for lists and tables.

    Word saves each paragraph as a line, with no blank ones between. Lines are none if one of
    them is long, but is broken off within a sentence.
    """
    long = [line for line in lines if len(line) > _LONG]
    if not long or not all(map(_end_of_text.search, long)):
        yield lines
        return
    part: list[str] = []
    for line in lines:
        goes_on = part and _belongs_together(part[-1]) and _belongs_together(line)
        if part and not goes_on:
            yield part
            part = []
        part.append(line)
    yield part


def _belongs_together(line: str) -> bool:
    return "\t" in line or bool(_bullet.match(line) or _number.match(line))


def _is_heading(part: Lines, before: Lines, after: Lines) -> bool:
    """Return whether a part is one short line between text and a longer text."""
    line = part[0]
    return (
        len(part) == 1
        and bool(before and after)
        and len(line) <= _MAX_HEADING
        and len(line.split()) >= _LEAST
        and "\t" not in line
        and _start_of_heading.match(line) is not None
        and _end_of_text.search(line) is None
        and _end_of_text.search(before[-1]) is not None
        and _end_of_text.search(after[-1]) is not None
        and sum(map(len, after)) > 2 * len(line)
        and not (_bullet.match(line) or _number.match(line))
    )


def _runs(part: Lines) -> Iterator[Lines]:
    """Yield the lines of a part, those with tabs apart from those without."""
    for _, lines in groupby(part, lambda line: "\t" in line):
        yield list(lines)


def _is_table(lines: Lines) -> bool:
    """Return whether lines of a run are a table: all of them have tabs if the first has."""
    return len(lines) >= _LEAST and "\t" in lines[0]


def _table(lines: Lines) -> str:
    rows = [[cell.strip() for cell in line.split("\t")] for line in lines]
    width = max(map(len, rows))
    first = rows[0]
    # Names above numbers are heads; a row like all others is none.
    is_head = all(first) and len(first) == width and not any(map(_has_digit, first))
    is_head = is_head and any(_has_digit(cell) for row in rows[1:] for cell in row)
    html = "".join(_row(row, width, "th" if is_head and row is first else "td") for row in rows)
    if is_head:
        head, end, rest = html.partition("</tr>\n")
        return f"<table><thead>{head}{end}</thead><tbody>{rest}</tbody></table>"
    return f"<table><tbody>{html}</tbody></table>"


def _row(row: Lines, width: int, name: str) -> str:
    scope = ' scope="col"' if name == "th" else ""
    cells = (*row, *[""] * (width - len(row)))
    return f"<tr>{''.join(f'<{name}{scope}>{linked(cell)}</{name}>' for cell in cells)}</tr>\n"


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _lists_and_paragraphs(lines: Lines, above: str) -> Iterator[str]:
    """Yield lines, below a line of text or '', as lists and paragraphs."""
    start = position = 0
    while position < len(lines):
        end, name = _run_of_items(lines, position, above)
        if name:
            if start < position:
                yield _paragraph(lines[start:position])
            yield _list(lines[position:end], name)
            start = end
        position, above = end, lines[end - 1]
    if start < len(lines):
        yield _paragraph(lines[start:])


def _run_of_items(lines: Lines, start: int, above: str) -> tuple[int, str]:
    """Return where the lines that begin alike end, and the element of their list.

    It is '' if they are none; each line is looked at once.
    """
    bullet = _bullet.match(lines[start])
    end = start + 1
    if bullet is None:
        number = 1
        while (found := _number.match(lines[end - 1])) and int(found[1]) == number:
            number += 1
            if end == len(lines):
                break
            end += 1
        count = number - 1
        return (start + count, "ol") if count >= _LEAST else (start + 1, "")
    while end < len(lines) and _bullet_of(lines[end]) == bullet[0].strip():
        end += 1
    is_list = bool(bullet[1]) or _is_list_of_dashes(lines[start:end], above)
    return end, "ul" if is_list else ""


def _bullet_of(line: str) -> str:
    found = _bullet.match(line)
    return found[0].strip() if found else ""


def _is_list_of_dashes(items: Lines, above: str) -> bool:
    """Return whether lines that begin with a dash are a list, and no direct speech.

    What is said begins with a capital letter, and ends a sentence.
    """
    begin_large = [_bullet.sub("", item, count=1)[:1].isupper() for item in items]
    if above.endswith(":"):
        return len(items) >= _LEAST or not begin_large[0]
    are_parts = all(item.endswith((";", ",")) for item in items[:-1])
    return len(items) >= _LEAST and (are_parts or not any(begin_large))


def _list(items: Lines, name: str) -> str:
    mark = _number if name == "ol" else _bullet
    lines = "".join(f"<li>{linked(mark.sub('', item, count=1))}</li>\n" for item in items)
    return f"<{name}>\n{lines}</{name}>"


def _paragraph(lines: Lines) -> str:
    return "<p>" + "<br>\n".join(map(linked, lines)) + "</p>"
