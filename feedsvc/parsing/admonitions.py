"""The notes of Python's Markdown and of MkDocs, which other Markdown does not know."""

import re

_admonition = re.compile(r"^([!?]{3})\+?[ \t]+([\w-]+)(?:[ \t]+\"([^\"\n]*)\")?[ \t]*$")


def as_quotations(source: str) -> str:
    """Return Markdown with notes (`!!! note "Title"`, and indented lines below) as quotations.

    It has as many lines as before.
    """
    if "!!!" not in source and "???" not in source:
        return source
    lines = source.split("\n")
    is_inside = False
    for number, line in enumerate(lines):
        if found := _admonition.match(line):
            is_inside = True
            lines[number] = f"> **{found[3]}**  " if found[3] else ">"  # in as many lines
        elif is_inside and (line.startswith(("    ", "\t")) or not line.strip()):
            text = line.removeprefix("\t") if line.startswith("\t") else line[4:]
            lines[number] = f"> {text}" if line.strip() else ">"
            if not line.strip() and not _is_indented(lines, number + 1):
                lines[number], is_inside = "", False
        else:
            is_inside = False
    return "\n".join(lines)


def _is_indented(lines: list[str], number: int) -> bool:
    return number < len(lines) and lines[number].startswith(("    ", "\t"))
