"""Markdown without the code of other systems' templates.

Jekyll, Hugo, Zola, Eleventy, Pelican, Nikola and WordPress replace such code when they build a
page; here nobody would, and readers would see it. What has a meaning here becomes that; what
has none is taken away, and reported with its line. In code that a text shows, everything stays
as its author wrote it.
"""

import re
from bisect import bisect_left
from collections.abc import Callable

from comrak import RenderOptions, render_markdown

from feedsvc.parsing import template_tags
from feedsvc.parsing.admonitions import as_quotations
from feedsvc.parsing.template_tags import Tag

# In characters: what is longer is no tag.
MAX_TAG = 5000
# What is a shortcode of WordPress even with nothing to show it.
_KNOWN = (
    r"(?:wp_?caption|caption|gallery|embed|playlist|contact-form(?:-7)?|gravityforms?|wpforms|"
    r"ninja_form|formidable|rev_slider|layerslider|metaslider|smartslider3|nggallery|singlepic|"
    r"tablepress|googlemaps?|ez-toc|more|nextpage|youtube|vimeo|rutube|"
    r"(?:vc|et_pb|fusion|av|su|wp|fl|elementor|ultimate|tribe|woocommerce)_\w+)"
)
_known = re.compile(_KNOWN, re.IGNORECASE)
_WITH_HTML = RenderOptions()
_WITH_HTML.unsafe_ = True  # the sanitizer makes it safe
# Without one of these there is none of it; links in square brackets are in most texts.
_hint = re.compile(rf"\[(?:/|[A-Za-z][\w-]*\s[^\[\]\n]*=|\[?_?TOC|{_KNOWN})", re.IGNORECASE)
# Where a token may be: trying each place for each of them would take twenty times as long.
_candidate = re.compile(r"[\\`{\[<|]|~~~|:::")
_line_token = re.compile(
    r"""
    (?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?P<fence>`{3,}|~{3,})[^`\n]*$
    | [ \t>]*\{(?P<attributes>[.#]|:(?![:/])|\s*[\w-]+=)(?P<list>[^{}\n]*)\}[ \t]*(?:\n|\Z)
    | [ ]{0,3}\[{1,2}_?TOC_?\]{1,2}[ \t]*$
    | (?P<container>[ \t]*:{3,}[ \t]*(?:\{[^{}\n]*\}|[\w-]*)(?P<heading>[^\n{}:]*)$)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_token = re.compile(
    r"""
    \\[\\`\[]
    | (?P<ticks>`+)
    | <(?P<raw>script|style|!--)
    | (?P<tag>\{\{[<%]|\{\{|\{%|\{\#(?=\s))
    | \{::?/?(?P<extension>\w*)[^{}\n]*\}
    | (?<=[\])`*_>])\{(?:[:.#]|\s*[\w-]+=)[^{}\n]*\}
    | (?<=[(<"'|])(?:\{(?:static|attach|filename|photo|index)\}|\|(?:filename|static|attach)\|)/?
    | \[(?P<end>/?)(?P<name>[A-Za-z][\w-]*)(?P<arguments>(?:[\s=][^\[\]\n]*)?)\](?![(:])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_list_item = re.compile(r"(?:[-*+]|\d\.) ")
_closing_fence = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_blank_line = re.compile(r"\n[ \t]*(?=\n)")
_run = re.compile("`+")
# Hugo shows a shortcode whose content is a comment.
_escaped_shortcode = re.compile(r"(\{\{[<%])/\*([^*\n]{0,500})\*/([>%]\}\})")
_raw_marks = re.compile(r"\{%-?\s*(?:end)?(?:raw|verbatim)\s*-?%\}")
_call = re.compile(r"([\w.-]+)\s*\((.*)\)", re.DOTALL)
_text = re.compile(r"(\"[^\"]*\"|'[^']*')(?:\s*\|.*)?", re.DOTALL)
_variable = re.compile(r"([\w.]+)\s*(?:\|.*)?", re.DOTALL)
# The addresses of the site itself.
_SITE = frozenset(
    "site.url site.baseurl site.base_url site.github.url base_url baseurl siteurl config.base_url"
    " site.siteurl root base site.root url_base".split()
)
_CLOSERS = {"{%": "%}", "{{": "}}", "{{<": ">}}", "{{%": "%}}", "{#": "#}"}
# Tags with all that stands between them and their end.
_CODE = frozenset("highlight codeblock code sourcecode prism".split())
_UNSEEN = frozenset("comment capture javascript css stylesheet script style".split())
_DRAWN = frozenset("mermaid math katex chart".split())
# Tags between which and their end an address may stand, so many characters away at most.
_AROUND = frozenset("youtube video audio embed vimeo rutube gist playlist".split())
_MAX_AROUND = 1000
_end_tag = re.compile(r"\[/([A-Za-z][\w-]*)\]")
_definition = re.compile(r"^ {0,3}\[([A-Za-z][^\[\]\n]*)\]:", re.MULTILINE)
_named_argument = re.compile(r"\s[\w-]+\s*=\s*[\"'“«\w]")


def without_templates(
    source: str,
    language: str,
    report: Callable[[int, str], None],
    entry_link: Callable[[str], str],
    *,
    is_html: bool = False,
) -> str:
    """Return Markdown, or HTML, in which no code of templates is left outside of code.

    `report` is called with the line, from 1, and the code of what is taken away although it
    may have shown something; `entry_link` returns the path of the page of another file.
    """
    if not may_have_templates(source):
        return source
    if not is_html:
        source = as_quotations(source)
    return _Scan(source, language, report, entry_link, is_html=is_html).run()


def may_have_templates(source: str) -> bool:
    """Return whether there may be code of templates in a text, as in few there is."""
    # Each of these searches takes a tenth of one for all of them.
    if "{" in source or ":::" in source or "!!!" in source or "???" in source:
        return True
    if "|" in source and any(each in source for each in ("|filename|", "|static|", "|attach|")):
        return True
    return "[" in source and _hint.search(source) is not None


def is_shortcode(name: str, arguments: str) -> bool:
    """Return whether a word in square brackets is a shortcode, whatever stands around it."""
    return bool(_known.fullmatch(name.lower()) or _named_argument.search(arguments))


class _Scan:
    """One pass over a text, from its beginning to its end."""

    def __init__(
        self,
        source: str,
        language: str,
        report: Callable[[int, str], None],
        entry_link: Callable[[str], str],
        *,
        is_html: bool,
    ) -> None:
        self._source = source
        self._is_html = is_html
        self._language = language
        self._report = report
        self._entry_link = entry_link
        self._blank_lines: list[int] | None = None
        self._runs: dict[int, list[int]] | None = None
        # Where a text next occurs, and what does not occur any more.
        self._next: dict[str, int] = {}
        self._absent: set[str] = set()
        # Which shortcodes have an end, and which words in brackets are links.
        self._ended = {name.lower() for name in _end_tag.findall(source)}
        self._defined = {name.lower() for name in _definition.findall(source)}
        self._line, self._counted = 1, 0
        self._handlers = {
            "fence": self._fence,
            "attributes": self._attribute_line,
            "container": self._container,
            "ticks": self._code_span,
            "raw": self._raw,
            "tag": self._tag,
            "extension": self._extension,
            "name": self._shortcode,
        }
        self._parts: list[str] = []

    def run(self) -> str:
        """Return the text without the code."""
        source, position, searched = self._source, 0, 0
        # The beginning of the line, and whether a token may begin there.
        line, is_new = 0, True
        while candidate := _candidate.search(source, searched):
            newline = source.rfind("\n", searched, candidate.start())
            if newline >= 0:
                line, is_new = newline + 1, True
            found = _line_token.match(source, line) if is_new else None
            found = found or _token.match(source, candidate.start())
            is_new = False
            if found is None:
                searched = candidate.end()
                continue
            self._parts.append(source[position : found.start()])
            text, position = self._replace(found)
            self._parts.append(text)
            searched = position
            if source[position - 1 : position] == "\n":
                line, is_new = position, True
        self._parts.append(source[position:])
        return "".join(self._parts)

    def _replace(self, found: re.Match[str]) -> tuple[str, int]:
        """Return what takes the place of a token, and where the text goes on."""
        for group in found.re.groupindex:
            if found[group] and group in self._handlers:
                return self._handlers[group](found)
        return (found[0] if found[0].startswith("\\") else ""), found.end()

    def _fence(self, found: re.Match[str]) -> tuple[str, int]:
        fence = found["fence"]
        for closing in _closing_fence.finditer(self._source, found.end()):
            if closing[1].startswith(fence):
                return _as_shown(self._source[found.start() : closing.end()]), closing.end()
        return _as_shown(self._source[found.start() :]), len(self._source)

    def _code_span(self, found: re.Match[str]) -> tuple[str, int]:
        if self._runs is None or self._blank_lines is None:
            self._runs = {}
            for run in _run.finditer(self._source):
                self._runs.setdefault(len(run[0]), []).append(run.start())
            self._blank_lines = [each.start() for each in _blank_line.finditer(self._source)]
        length = len(found["ticks"])
        same = self._runs.get(length, [])
        index = bisect_left(same, found.end())
        blank = bisect_left(self._blank_lines, found.end())
        paragraph_end = (*self._blank_lines[blank : blank + 1], len(self._source))[0]
        if index == len(same) or same[index] > paragraph_end:
            return found[0], found.end()
        end = same[index] + length
        return _as_shown(self._source[found.start() : end]), end

    def _raw(self, found: re.Match[str]) -> tuple[str, int]:
        """Pass over a comment, a script or a style, which no reader sees."""
        closer = "-->" if found["raw"] == "!--" else f"</{found['raw'].lower()}"
        end = self._find(closer, found.end())
        return (found[0], found.end()) if end < 0 else (self._source[found.start() : end], end)

    def _find(self, text: str, start: int, most: int | None = None) -> int:
        """Return where a text next ends after a position, or -1; `most` is how far that may be."""
        at = self._next.get(text)
        if at is None or 0 <= at < start:
            at = self._next[text] = self._source.find(text, start)
        if at < 0 or (most is not None and at - start > most):
            return -1
        return at + len(text)

    def _tag(self, found: re.Match[str]) -> tuple[str, int]:
        opener = found["tag"]
        closer = _CLOSERS[opener]
        end = self._find(closer, found.end(), MAX_TAG)
        if end < 0:
            return found[0], found.end()
        inner = self._source[found.end() : end - len(closer)]
        if inner.lstrip().startswith("/*"):  # shown as it stands
            return opener + inner.strip()[2:].removesuffix("*/") + closer, end
        inner = inner.strip("-~ \t\n")
        if opener == "{#":
            return "", end
        if opener == "{{":
            return self._output(inner, found.start(), end)
        name, arguments = (*inner.split(None, 1), "", "")[:2]
        name, bracket, more = name.partition("(")  # Zola's: name(argument="value")
        arguments = (more + " " + arguments).rpartition(")")[0] if bracket else arguments
        return self._named(name, arguments, found.start(), end, opener)

    def _output(self, inner: str, start: int, end: int) -> tuple[str, int]:
        if call := _call.fullmatch(inner):
            return self._named(call[1], call[2], start, end, "{{")
        if text := _text.fullmatch(inner):
            return text[1][1:-1], end
        variable = _variable.fullmatch(inner)
        if not (variable and variable[1].lower() in _SITE):
            self._tell(start, end)
        return "", end

    def _named(
        self, name: str, arguments: str, start: int, end: int, opener: str
    ) -> tuple[str, int]:
        """Return what takes the place of a tag, which reaches from `start` to `end`."""
        name = name.lower()
        if name in ("raw", "verbatim") and opener == "{%":
            return self._until_end(name, end, opener)
        if name.startswith(("/", "end")) or name in ("else", "elsif", "elif", "when", "case"):
            is_block = name.lstrip("/").removeprefix("end") in ("details", "spoiler")
            return ("\n\n</details>\n\n" if is_block else ""), end
        if name in ("details", "spoiler"):
            tag = template_tags.read(name, arguments)
            title = tag.first(["summary", "title"], 0) or "…"
            return f"\n\n<details><summary>{title}</summary>\n\n", end
        content, after = "", end
        if name in _CODE or name in _UNSEEN or name in _DRAWN:
            content, after = self._until_end(name, end, opener)
        elif name in _AROUND and opener != "{%":
            content, after = self._until_end(name, end, opener, _MAX_AROUND)
        if name in _CODE:
            return self._as_source(self._code(content, arguments)), after
        text = "" if name in _UNSEEN else None
        if name not in _UNSEEN and name not in _DRAWN:
            tag = template_tags.read(name, arguments)
            text = self._markdown(tag, content, start, after)
        if text is None:
            self._tell(start, end)
        return text or "", after

    def _markdown(self, tag: Tag, content: str, start: int, end: int) -> str | None:
        line_start = self._source.rfind("\n", max(0, start - 100), start) + 1
        before = self._source[line_start:start] if line_start or start < 100 else "."
        after = self._source[end : end + 100].partition("\n")[0]
        if template_tags.is_link(tag):
            return self._entry_link(tag.first(["path", "name"], 0))
        is_alone = not before.strip() and not after.strip()
        text = template_tags.replacement(tag, content, self._language, is_alone=is_alone)
        return text and self._as_source(text)

    def _as_source(self, markdown: str) -> str:
        """Return Markdown as what the text is written in."""
        if not self._is_html:
            return markdown
        html = render_markdown(markdown, render_options=_WITH_HTML)
        is_inline = html.startswith("<p>") and html.count("<p>") == 1 and html.endswith("</p>\n")
        return html[3:-5] if is_inline else html

    def _until_end(
        self, name: str, start: int, opener: str, most: int | None = None
    ) -> tuple[str, int]:
        """Return what stands before the end of a tag, and where that ends; nothing without one.

        `most` is how many characters that may be.
        """
        closer = {
            "{%": rf"\{{%-?\s*end(?:{name})?\s*-?%\}}",
            "[": rf"\[/{name}\]",
        }.get(opener, rf"\{{\{{[<%]\s*/\s*{name}\s*[>%]\}}\}}")
        if closer in self._absent:
            return "", start
        limit = len(self._source) if most is None else start + most
        # The name is one of the few that are sought.
        found = re.compile(closer, re.IGNORECASE).search(self._source, start, limit)
        if found is None and most is None:
            self._absent.add(closer)
        return (self._source[start : found.start()], found.end()) if found else ("", start)

    def _code(self, content: str, language: str) -> str:
        longest = max((len(run) for run in _run.findall(content)), default=0)
        fence = "`" * max(3, longest + 1)
        word = re.match(r"[\w+#-]*", language.replace("lang:", "").strip())
        info = word[0] if word else ""
        return f"\n\n{fence}{info}\n{_as_shown(content.strip(chr(10)))}\n{fence}\n\n"

    def _shortcode(self, found: re.Match[str]) -> tuple[str, int]:
        """Replace a shortcode of WordPress, if it is one: square brackets have other uses."""
        name = found["name"]
        if not self._is_shortcode(found):
            return found[0], found.end()
        if found["end"]:
            return "", found.end()
        if name.lower() in ("caption", "wp_caption"):
            content, end = self._until_end(name, found.end(), "[")
            return self._as_source(template_tags.caption(content, found["arguments"])), end
        arguments = found["arguments"].strip("/= ")
        return self._named(name, arguments, found.start(), found.end(), "[")

    def _is_shortcode(self, found: re.Match[str]) -> bool:
        name = found["name"].lower()
        if found["end"] or name in self._ended:
            return True
        return is_shortcode(name, found["arguments"]) and name not in self._defined

    def _extension(self, found: re.Match[str]) -> tuple[str, int]:
        """Replace an extension of kramdown: {::comment}...{:/comment}."""
        if found["extension"].lower() == "comment" and not found[0].startswith("{:/"):
            end = self._find("{:/", found.end())
            close = self._source.find("}", end) if end >= 0 else -1
            return "", close + 1 if close >= 0 else found.end()
        return "", found.end()

    def _container(self, found: re.Match[str]) -> tuple[str, int]:
        """Take away the mark of a block (`::: note Title`), and keep its title."""
        heading = found["heading"].strip()
        return (f"**{heading}**\n" if heading else ""), found.end()

    def _attribute_line(self, found: re.Match[str]) -> tuple[str, int]:
        """Take away a line of attributes; an id goes to the heading above it."""
        above = self._parts[-1] if self._parts else ""
        rest, newline, heading = above.rstrip("\n").rpartition("\n")
        name = re.search(r"#([\w-]+)", found["attributes"] + found["list"])
        if name and heading.startswith("#"):
            self._parts[-1] = above.rstrip("\n") + f" {{#{name[1]}}}\n"
        elif found["list"].strip().startswith("toc") and _list_item.match(heading):
            self._parts[-1] = rest + newline  # kramdown puts the contents in its place
        return "", found.end()

    def _tell(self, start: int, end: int) -> None:
        self._line += self._source.count("\n", self._counted, start)
        self._counted = start
        self._report(self._line, self._source[start:end])


def _as_shown(code: str) -> str:
    """Return code as a template would show it: without the marks that keep templates off it."""
    if "{%" in code:
        code = _raw_marks.sub("", code)
    return _escaped_shortcode.sub(r"\1\2\3", code) if "/*" in code else code
