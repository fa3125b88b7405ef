"""Entry files of any size, made to be costly: each takes time in proportion to its size, or is
refused before it takes more.
"""

from collections.abc import Callable

Maker = Callable[[int], bytes]
FRONT = "---\ntitle: T\ndate: 13.08.2014\n"
PRESS = "T\n13.08.2014\n"


def _filled(unit: str, size: int) -> str:
    return unit * max(1, size // len(unit.encode()))


def _numbered(unit: str, size: int) -> str:
    parts: list[str] = []
    while size > 0:
        parts.append(unit.replace("#", str(len(parts))))
        size -= len(parts[-1].encode())
    return "".join(parts)


def body(unit: str, before: str = "", after: str = "") -> Maker:
    """Return the maker of a Markdown entry whose body repeats a text."""
    return lambda size: f"{FRONT}---\n{before}{_filled(unit, size)}{after}".encode()


def numbered(unit: str, before: str = "", after: str = "") -> Maker:
    """Return the maker of a Markdown entry whose body repeats a text with rising numbers."""
    return lambda size: f"{FRONT}---\n{before}{_numbered(unit, size)}{after}".encode()


def front(start: str, unit: str, end: str = "") -> Maker:
    """Return the maker of a Markdown entry with a long front matter; «#» becomes a number."""
    return lambda size: f"{FRONT}{start}{_numbered(unit, size)}{end}\n---\nBody\n".encode()


def page(unit: str, before: str = "", after: str = "") -> Maker:
    """Return the maker of an HTML page that repeats a text in its head or its body."""
    return lambda size: f"<html><head>{before}{_numbered(unit, size)}{after}".encode()


def press(unit: str, before: str = "", after: str = "") -> Maker:
    """Return the maker of a press text whose body repeats a text."""
    return lambda size: f"{PRESS}{before}{_filled(unit, size)}{after}".encode()


def head(unit: str, before: str = "") -> Maker:
    """Return the maker of a press text whose head repeats a text."""
    return lambda size: f"{before}{_filled(unit, size)}\n{PRESS}Text.\n".encode()


def table(size: int, prefix: str = "") -> bytes:
    """Return an entry with a table of many columns, and many rows of one cell."""
    columns = max(2, size // 34)
    rows = (size - 4 * columns) // (4 + len(prefix))
    head = f"{prefix}|{'a|' * columns}\n{prefix}|{'-|' * columns}\n"
    return f"{FRONT}---\n{head}{(prefix + '|a' + chr(10)) * rows}".encode()


MARKDOWN: dict[str, Maker] = {
    "a table filled up": table,
    "a table in a quotation": lambda size: table(size, "> "),
    "a table in a list": lambda size: table(size, "  ").replace(b"---\n  |", b"---\n- |", 1),
    "tables": body("|a|b|\n|-|-|\n|c|d|\n\n"),
    "lines like the one below a head": body("|-|-|\n"),
    "lines like it, in quotations": body("> -|-\n"),
    "hyphens": body("-", after="x"),
    "comments without an end": body("<!-- "),
    **{
        f"templates: {unit}": body(unit)
        for unit in (
            *("{{ a }}", "{{", "{%", "{% a", "{{< ", "{# ", "{{</* a ", "}} {{", "%} {%"),
            *("{% raw %}", "{% highlight %}", "{% comment %}", "{% capture a %}", "{%      "),
            *("{{< youtube a >}}", "{{< highlight >}}", "{{< details >}}", "{{< a", "{{ a(b) }}"),
            *("{: .a}\n", "# a\n{: #b}\n", "{::comment}", "{::comment}{:/}", "{:/", "a{: b"),
            *("[caption]", "[caption][/caption]", "[a b=c]", "[youtube]", "[video][/video]"),
            *("[/a]", "[a]", "[a", "[a]: b\n", "[TOC]\n", "* a\n{:toc}\n", "* a", "a{b=c}"),
            *("!!! a\n    b\n", "!!! a\n", "::: a\n", ":::", "<script", "<script></script>"),
            *("```\n", "``` `\n", "` `` ", "{filename}", "({filename}", "|filename|", "\\["),
        )
    },
    "runs of backticks, each longer": lambda size: (
        body("x")(1) + b" ".join(b"`" * number for number in range(1, int((2 * size) ** 0.5)))
    ),
    **{
        f"embeds: {unit}": body(unit)
        for unit in (
            *(
                "<iframe src=a>",
                "<iframe src=a></iframe>",
                "<iframe ",
                "<video>",
                "<video><source>",
            ),
            *("<video><source ", "<object>", "<embed src=a>", "<style>", "<style></style>"),
            *("<style></style ", "<noscript>", "</script", "<textarea>", "<iframe a-a-a-a"),
        )
    },
    "an iframe of one long name": body("a", "<iframe ", ">"),
    **{
        f"anchors: {unit}": body(unit, "[a](#b)\n\n")
        for unit in (
            *("# b\n", "# b {#b}\n", "{#b}</h1>", "<h1>{#b}", "<h1>", "<a name=b>", "<a name"),
            *("<a a name=b ", "[a](#b)", "<h1></h1>", "# b {", "{#b} "),
        )
    },
    "links within the page": numbered("[a](#b#)\n\n"),
    "headings with links to each": numbered("[a](#b#)\n\n# b#\n\n"),
    **{
        f"footnotes: {unit}": body(unit, after="\n\n[^a]: b\n")
        for unit in ("[^a]", "[^a]: ", "[^a]: b\n", "[^b]", "[^", "a[^a]\n\n", "> [^a]: ")
    },
    "footnotes, each called": numbered("a[^#]\n\n[^#]: b\n\n"),
    "footnotes within footnotes": numbered("[^#]: a[^1#]\n\n", after="[^1]"),
    **{
        f"definitions: {unit}": body(unit)
        for unit in ("a\n: b\n\n", ": ", "a\n: b\n", "a\n\n: b\n\n", "a\n: : ", "> a\n> : b\n")
    },
    "nested details": body("<details><summary>a</summary>\n\n"),
    "comments without an end in lines": body("<!--\n\n"),
    "comments in a paragraph": body("<!-- ", before="a "),
    "paragraphs in HTML": body("<p>a</p>\n"),
    "instructions": body("<?"),
    "declarations": body("<!X "),
    "CDATA": body("<![CDATA["),
    "scripts": body("<script>\n"),
    "raw tags in blocks": body("<textarea>\n\n"),
    "table cells of HTML": body("<tr><td>", before="<table>"),
    "text in tables": body("a<tr>", before="<table>\n"),
    "misnested tags": body("<b><i></b></i>", before="<div>\n"),
    "stray end tags": body("</b>", before="<div>\n"),
    "tags of many names": numbered("<a#></a#>", before="<div>\n"),
    "a tag of many attributes": numbered(" a#=b", before="<div", after=">x</div>"),
    "attributes without an end": body('<a href="'),
    "open tags": body("<a "),
    "an attribute that is opened again": lambda size: (
        f"{FRONT}---\n<div>\n<a title='{'x' * (size // 9)}'>{_filled('<p>a', size)}".encode()
    ),
    "pictures": numbered("![](#.jpg) "),
    "one picture, often": body("![](a.jpg) "),
    "pictures in HTML": body("<img src=a.jpg>\n\n"),
    "links to files": numbered("[x](#.pdf) "),
    "links": body("[x](y) "),
    "links to Cyrillic hosts": numbered("[x](http://м#.рф/) "),
    "a long host": body("я.", before="[x](http://", after="рф)"),
    "a long path": body("a/", before="![](", after=".jpg)"),
    "steps up": body("../", before="![](", after="a.jpg)"),
    "open pictures": body("!["),
    "open links": body("[a](<b"),
    "nested brackets": lambda size: f"{FRONT}---\n{'[' * (size // 2)}{']' * (size // 2)}".encode(),
    "emphasis": body("*a **a "),
    "emphasis closed elsewhere": body("a**b" + "c* "),
    "back quotes": numbered("a`` ` #"),
    "references": lambda size: (
        f"{FRONT}---\n[a]: http://a.ru/{'b' * (size // 20)}\n\n{_filled('[a] ', size)}".encode()
    ),
    "reference definitions": numbered("[#]: x\n"),
    "character references": body("&nbsp;"),
    "numbers of characters": body("&#x0", before="<div>"),
    "zeros in the number of a character": body("0", before="<div>&#x"),
    "quotation marks in one paragraph": body("«а» "),
    "quotations": numbered("> a\n> # \n\n"),
    "quotations in quotations": body("> " * 99 + "a\n\n"),
    "lists in lists": body("- " * 99 + "a\n"),
    "list items": body("- a\n"),
    "numbered items": body("999999999. a\n"),
    "fences": body("```\n"),
    "headings": body("# a\n\n"),
    "addresses": body("http://a.b<"),
    "addresses in one word": body("_www.a", after="_!"),
    "brackets behind an address": body(")", before="http://a.b/"),
    "mail addresses": body("a@b.cd "),
    "telephone-like addresses": body("mailto:a@b.c"),
    "one line": body("a "),
    "blank lines": body("\n", after="a"),
    "carriage returns": body("a\r"),
    "combining marks": body("\u0301\u0323", before="a"),
    "letters with marks": body("и\u0306"),
    "invisible characters": body("\u202ea\u200b\ufeff"),
    "forbidden characters": body("aaaaaaaaaaaaaaa\x01"),
    "unknown keys": front("", "k#: v\n"),
    "nearly known keys": front("", "titl#: v\n"),
    "a long key": front("title", "e", ": v"),
    "categories": front("categories: [", "c#, ", "c]"),
    "categories without letters": front("categories: [", "—#-, ".replace("#", ""), "c]"),
    "attachments": front("attachments: [", "#.pdf, ", "a.pdf]"),
    "one attachment, often": front("attachments: [", "a.pdf, ", "a.pdf]"),
    "a long attachment": front("attachments: ", "a/", "b.pdf"),
    "a long guid": front("guid: http://", "a"),
    "a long address": front("address: http://", "я.", "рф"),
    "a long title": lambda size: (
        f"---\ndate: 1.8.2014\ntitle: {'я ' * (size // 3)}\n---\nB".encode()
    ),
    "a long date": front("updated: 1", " ", "2"),
    "nested lists": front("author: [", "[],", "]"),
    "anchors": front("", "a#: &a# b\n"),
    "a quoted text": front('author: "', "\\x41", '"'),
    "keys without an end": lambda size: f"---\n{_filled('a: b' + chr(10), size)}".encode(),
}

MARKDOWN |= {
    "a head of lines": lambda size: (
        f"Title: T\nDate: 1.8.2014\n{_filled(' a' + chr(10), size)}".encode()
    ),
    "a head of many lines": lambda size: f"Title: T\n{_numbered('k#: v' + chr(10), size)}".encode(),
    "a head in TOML": lambda size: f"+++\n{_numbered('k# = 1' + chr(10), size)}+++\nB".encode(),
    "brackets in TOML": lambda size: f"+++\na = {'[' * (size // 2)}\n+++\nB".encode(),
    "dots in TOML": lambda size: f"+++\n{'a.' * (size // 2)}b = 1\n+++\nB".encode(),
    "a head in JSON": lambda size: ("{" + _numbered('"k#": 1,', size) + '"a": 1}\nB').encode(),
    "brackets in JSON": lambda size: ('{"a": ' + "[" * size).encode(),
    "a date with spaces": front("updated: 1 May 2014", " ", "1"),
    "people": front("author: [", "{name: a#}, ", "b]"),
    "tables": lambda size: f"---\nextra: {{{_numbered('k#: v, ', size)}}}\n---\nB".encode(),
}

PLAIN: dict[str, Maker] = {
    "hosts": press("a.ru "),
    "Cyrillic hosts": press("мос.рф "),
    "one word": press("a."),
    "open brackets": press("http://a.b/("),
    "closed brackets": press(")", before="http://a.b/"),
    "slashes": press("//a.b/ "),
    "pluses and a mail address": press("a+", after="@b.ru"),
    "mail addresses": press("a@b.ru "),
    "a long host": press("я.", before="http://", after="рф"),
    "lines": press("a\n"),
    "paragraphs": press("a\n\n"),
    "angle brackets": press("<"),
    "a long title": lambda size: f"{'я ' * (size // 3)}\n13.08.2014\nText\n".encode(),
    "a long date": lambda size: f"T\n{'1 ' * (size // 2)}\nText\n".encode(),
    "a long publisher": lambda size: f"{PRESS}Text\n\n[{'a](' * (size // 3)})".encode(),
    "a long old address": press("a.", before="Text\n\nАдрес страницы: http://"),
    **{
        f"heads: {unit.strip() or 'blank lines'}": head(unit, before)
        for before, unit in (
            *(("", "Рубрика: А\n"), ("Рубрики:\n", "- а\n"), ("Рубрики: ", "а,"), ("", "---\n")),
            *(("", "ключ: а\n"), ("", "ключ: а "), ("Заголовок: ", "«"), ("Заголовок: ", "«а»")),
            *(("", "\n"), ("", "а "), ("", "а"), ("", "- "), ("---\n", "а: а\n"), ("", "а\t")),
            *(("24.11.2026\n", "24.11.2026\n"), ("", "черновик\n"), ("Картинка: ", "а.jpg;")),
        )
    },
    "lines like fields": press("статус: черновик закона\n"),
    "paragraphs of Word": press(f"{'Слово ' * 30}.\n"),
    "items of Word": press("•\tа\n"),
    "items of Word between rows": press("•\tа\nа\tб\tв\n"),
    "KOI8-R": lambda size: (
        press("Новость для жителей района. ")(2 * size).decode().encode("koi8-r")
    ),
    "letters of KOI8-R": lambda size: press("щ")(2 * size).decode().encode("koi8-r"),
    "UTF-16": lambda size: press("Новость. ")(size // 2).decode().encode("utf-16-le"),
    "soft hyphens": press("\xad"),
    "bullets": press("•\n"),
    "dashes": press("— А\n"),
    "dashes that change": press("— а\n- б\n"),
    "numbers": press("1. а\n"),
    "rising numbers": lambda size: f"{PRESS}{_numbered('#. а' + chr(10), size)}".encode(),
    "tabs": press("\t", before="а", after="б\nв\tг"),
    "rows": press("а\tб\n"),
    "short lines": press("А б\n\n"),
    "fields": press("Рубрика: а, б\n"),
    "categories": press("а, ", before="Рубрика: ", after="\n\nб"),
    "Windows-1251": lambda size: f"{PRESS}{_filled('привет мир ', size)}".encode("cp1251"),
    "bytes that are no text": lambda size: b"\xe0\x80" * (size // 2),
}
_HEAD = "<title>T</title><meta name=date content=13.08.2014>"
HTML: dict[str, Maker] = {
    "elements of the head": page("<meta name=author content=#>", _HEAD, "</head><p>x"),
    "unknown elements": page("<meta name=a# content=b>", _HEAD, "</head><p>x"),
    "open elements": page("<meta name=", _HEAD),
    "titles": page("<title>", "", "</head><p>x"),
    "comments": page("<!--", _HEAD, "</head><p>x"),
    "an attribute": page("a", _HEAD + "<meta ", "></head><p>x"),
    "quotation marks": page("='", _HEAD + "<meta a", "></head><p>x"),
    "ends of heads": page("</head>", _HEAD),
    "bodies": page("<body>", _HEAD),
    "ends of bodies": page("</body>", _HEAD + "<body>"),
    "spaces": page(" ", _HEAD + "<body"),
    "tags of templates": page("{% youtube a# %}", _HEAD + "<body>"),
    "shortcodes": page("[caption a='#']<img>", _HEAD + "<body>"),
    "ends of shortcodes": page("[caption]x[/caption]", _HEAD + "<body>"),
    "code": page("{% highlight x %}#{% endhighlight %}", _HEAD + "<body>"),
}
