"""Oracles: what holds of every output and of the cost of every input, or an exception is raised."""

import gc
import json
import os
import re
import resource
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import html5lib
import lxml.html
from lxml import etree

from feedsvc import problems
from feedsvc.i18n import LANGUAGES
from feedsvc.model import Problem
from feedsvc.pages.environment import render_text
from tests.support.markup import FORBIDDEN

# How often an input must exceed a bound again before it counts: another process may have had
# the processor, or a table of a library may have been filled.
REPEATS = 3
MEGABYTE = 1024 * 1024
FORBIDDEN_CHARACTER = re.compile(f"[{''.join(map(re.escape, sorted(FORBIDDEN)))}]")
# As a browser reads an address: without line ends, tabs, and controls before it.
_ignored = re.compile(r"\A[\x00-\x20]+|[\t\n\r]")
_DANGEROUS = ("javascript:", "data:", "vbscript:")
_ADDRESSES = ("href", "src", "cite", "action", "formaction", "poster", "data", "xlink:href")
_ACTIVE = {"script", "style", "iframe", "object", "embed", "svg", "math", "base", "template"}
_COPY_SCRIPT = render_text("copy.js").decode()
_strict = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


class BrokenPromise(AssertionError):
    """An oracle found a fault; the message says which."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an input may cost: a part for every input, and a part for each byte of it.

    Processor time is in seconds, memory and output in bytes. They are several times what the
    costliest known input needs, since instrumented code is slower.
    """

    seconds: float = 0.5
    seconds_per_byte: float = 20e-6
    memory: int = 96 * MEGABYTE
    memory_per_byte: int = 4096
    output: int = 20_000
    output_per_byte: int = 400


# Takes an input, returns the size of what was made of it; raises if a promise is broken.
Check = Callable[[bytes], int]


def run(check: Check, data: bytes, bounds: Bounds) -> None:
    """Call a check, and compare what it costs with the bounds. Raises BrokenPromise."""
    peak = _peak_memory()
    started = time.process_time()
    size = check(data)
    used = time.process_time() - started
    if size > bounds.output + bounds.output_per_byte * len(data):
        raise BrokenPromise(f"{len(data)} bytes became {size}")
    limit = bounds.seconds + bounds.seconds_per_byte * len(data)
    if used > limit:
        gc.collect()
        least = min(seconds(check, data) for _ in range(REPEATS))
        if least > limit:
            raise BrokenPromise(f"{len(data)} bytes took {least:.2f} s, more than {limit:.2f} s")
    most = bounds.memory + bounds.memory_per_byte * len(data)
    if _peak_memory() - peak > most:
        grown = min(memory(check, data) for _ in range(REPEATS))
        if grown > most:
            raise BrokenPromise(f"{len(data)} bytes took {grown // MEGABYTE} MB")


def seconds(check: Check, data: bytes) -> float:
    """Return the processor time that a check takes."""
    started = time.process_time()
    check(data)
    return time.process_time() - started


def memory(check: Check, data: bytes) -> int:
    """Return by how many bytes a check makes a process grow, as measured in a copy of this one."""
    gc.collect()
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            check(data)
        os._exit(0)
    _, _, usage = os.wait4(pid, 0)
    return usage.ru_maxrss * 1024 - before


def _peak_memory() -> int:
    # Not getrusage, whose peak a new program has from the one that started it.
    status = os.pread(_status(), 4096, 0)
    return int(status[status.index(b"VmHWM:") + 6 :].split(maxsplit=1)[0]) * 1024


@cache
def _status() -> int:
    return os.open("/proc/self/status", os.O_RDONLY)


def promise(condition: object, what: str, *values: object) -> None:
    """Raise BrokenPromise unless a condition holds; `values` are shown with what was promised."""
    if not condition:
        raise BrokenPromise(" ".join([what, *map(ascii, values)]))


def check_characters(text: str) -> None:
    """Check that a text has only characters that XML and HTML allow."""
    found = FORBIDDEN_CHARACTER.search(text)
    promise(found is None, "no forbidden character:", found and found[0])


def check_xml(body: bytes) -> etree._Element:
    """Check that a document is well-formed XML, and return its root."""
    check_characters(body.decode())
    return etree.fromstring(body, _strict)


def check_json(body: bytes) -> Any:
    """Check that a document is JSON (RFC 8259), and return its value."""
    check_characters(body.decode())
    return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise BrokenPromise(f"JSON has no {name}")


def check_page(body: bytes) -> None:
    """Check that a page has no active content but its structured data, which is JSON.

    The pages about subscribing have one script, always the same.
    """
    text = body.decode()
    check_characters(text)
    root = lxml.html.document_fromstring(text)
    for element in root.iter(etree.Element):
        tag = str(element.tag)
        if tag == "script" and element.text == _COPY_SCRIPT:
            continue  # ours, which a page's policy names
        if tag == "script":
            promise(element.get("type") == "application/ld+json", "no script", element.text)
            check_json((element.text or "").encode())
        else:
            promise(tag not in _ACTIVE, "no active element", tag)
        _check_attributes((str(name), str(value)) for name, value in element.items())


def check_with_html5lib(html: str) -> None:
    """Check with a second parser, which follows the standard, that a body has nothing active."""
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str):  # a comment's is a function
            tag = element.tag.rpartition("}")[2]
            promise(tag not in _ACTIVE, "no active element", tag)
            _check_attributes(element.items())


def _check_attributes(attributes: Iterable[tuple[str, str]]) -> None:
    for name, value in attributes:
        promise(not name.startswith("on"), "no event handler", name)
        promise(name not in ("style", "srcdoc"), "no attribute", name)
        address = _ignored.sub("", value).lower() if name in _ADDRESSES else ""
        is_icon = address.startswith("data:image/svg+xml,")
        promise(is_icon or not address.startswith(_DANGEROUS), "no address", value)


def check_problems(found: Iterable[Problem], lines: int) -> None:
    """Check that each problem stands on a line that the file has, and has its texts."""
    for problem in found:
        promise(problem.code in problems.KINDS, "a known kind of problem", problem.code)
        promise(0 <= problem.line <= lines, "a line of the file", problem, lines)
        for language in LANGUAGES:
            promise(problems.sentence(problem, language).isprintable(), "printable", problem)
            check_characters("".join(map(str, problems.as_json(problem, language).values())))
