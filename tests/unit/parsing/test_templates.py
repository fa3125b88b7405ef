"""The code of other systems' templates: what becomes of it, and that no reader sees it."""

import pytest

from feedsvc.parsing.templates import without_templates
from tests.support.parsing import entry, markdown, reading, warned


def converted(source: str) -> tuple[str, list[tuple[int, str]]]:
    told: list[tuple[int, str]] = []
    text = without_templates(
        source, "en", lambda line, code: told.append((line, code)), lambda name: f"/to/{name}"
    )
    return text, told


# What something becomes, and nothing has to be told.
SILENT = {
    # Jekyll
    "a [b]({% post_url 2014-08-13-c %}) d": "a [b](/to/2014-08-13-c) d",
    "[b]({{ site.baseurl }}{% link _posts/2014-08-13-c.md %})": "[b](/to/_posts/2014-08-13-c.md)",
    "![a]({{ site.baseurl }}/b.jpg)": "![a](/b.jpg)",
    "![a]({{ '/b.jpg' | relative_url }})": "![a](/b.jpg)",
    '{{ "a b" }}': "a b",
    "a {%- comment -%} b {%- endcomment -%} c": "a  c",
    "{% raw %}{{ a }}{% endraw %}": "{{ a }}",
    "{% highlight ruby linenos %}\nputs 1\n{% endhighlight %}": "\n\n```ruby\nputs 1\n```\n\n",
    "{% highlight md %}\n```\na\n```\n{% endhighlight %}": "\n\n````md\n```\na\n```\n````\n\n",
    '{% include youtube.html id="w7Ft2ymGmfc" %}': (
        "[Watch at youtube.com](https://youtube.com/watch?v=w7Ft2ymGmfc)"
    ),
    '{% include figure image_path="/a.jpg" alt="b" %}': "![b](/a.jpg)",
    "{% img left /a.jpg 200 300 A title %}": "![left A title](/a.jpg)",
    '{% asset_img a.jpg "A title" %}': "![A title](a.jpg)",
    "{% gist 1234 %}": "[Watch at gist.github.com](https://gist.github.com/1234)",
    "{% assign a = 1 %}b": "b",
    "a {% else %}{% endif %}{% end %} b": "a  b",
    # kramdown
    "# A\n{: .b #c}\nd": "# A {#c}\nd",
    "a\n{: .b}\nc": "a\nc",
    "a\n{:.b}": "a\n",
    "*a*{: .b} c": "*a* c",
    "* TOC\n{:toc}\n\na": "\na",
    "a {::comment}b{:/comment} c": "a  c",
    "a {::comment}b": "a b",
    "{::options parse_block_html='true' /}a": "a",
    "{::nomarkdown}a{:/}": "a",
    # Hugo and Zola
    "{{< youtube w7Ft2ymGmfc >}}": "[Watch at youtube.com](https://youtube.com/watch?v=w7Ft2ymGmfc)",
    '{{< youtube id="abc" title="A film" >}}': ("[Watch: A film](https://youtube.com/watch?v=abc)"),
    '{{ youtube(id="abc") }}': "[Watch at youtube.com](https://youtube.com/watch?v=abc)",
    "{{< rutube https://rutube.ru/play/embed/a1 />}}": (
        "[Watch at rutube.ru](https://rutube.ru/video/a1/)"
    ),
    '{{< x user="a" id="123" >}}': "[Watch at x.com](https://x.com/i/status/123)",
    "{{< tweet a 123 >}}": "[Watch at x.com](https://x.com/i/status/123)",
    "{{< gist a 12 >}}": "[Watch at gist.github.com](https://gist.github.com/a/12)",
    '{{< figure src="a b.jpg" alt="c" >}}': "![c](<a b.jpg>)",
    'd {{< figure src="a.jpg" caption="c" >}}': "d ![c](a.jpg)",
    'd {{< figure src="a.jpg" alt="b" caption="c" >}}': "d ![b](a.jpg) *c*",
    '{{< figure src="a.jpg" alt="<b>" caption="c *d*" >}}': (
        '<figure><img src="a.jpg" alt="&lt;b&gt;">\n<figcaption>\n\nc *d*\n\n'
        "</figcaption></figure>\n\n"
    ),
    '[a]({{< ref "b.md#c" >}})': "[a](/to/b.md#c)",
    '[a]({{% relref path="b" %}})': "[a](/to/b)",
    "{{< highlight go >}}\na := 1\n{{< /highlight >}}": "\n\n```go\na := 1\n```\n\n",
    "{{< highlight >}}": "\n\n```\n\n```\n\n",
    "{{</* youtube a */>}}": "{{< youtube a >}}",
    '{{% details summary="a" %}}b{{% /details %}}': (
        "\n\n<details><summary>a</summary>\n\nb\n\n</details>\n\n"
    ),
    "{% capture b %}c{% endcapture %}a": "a",
    "{{< youtube abc >}}{{< youtube abc >}}": (
        "[Watch at youtube.com](https://youtube.com/watch?v=abc)" * 2
    ),
    "{{< rawhtml >}}<b>a</b>{{< /rawhtml >}}": "<b>a</b>",
    "{# a #}b": "b",
    '{{< video src="https://a.example/b.mp4" >}}': "[Watch at a.example](https://a.example/b.mp4)",
    # Nikola
    "{{% youtube abc %}}": "[Watch at youtube.com](https://youtube.com/watch?v=abc)",
    # Pelican and Python's Markdown
    "[a]({filename}/b.md) ![c]({static}/d.jpg)": "[a](b.md) ![c](d.jpg)",
    "[a](|filename|b.md)": "[a](b.md)",
    "[TOC]\n\na": "\n\na",
    '!!! note "A title"\n    b\n\n    c\n\nd': "> **A title**  \n> b\n>\n> c\n\nd",
    "!!! note\n    b\nc": ">\n> b\nc",
    "??? note\n\tb": ">\n> b",
    # Docusaurus, VuePress, Pandoc
    "::: tip A title\na\n:::\n": "**A title**\n\na\n\n",
    "[a](b){target=_blank} c": "[a](b) c",
    # WordPress
    '[caption id="a"]<img src="b.jpg"> c[/caption]': (
        '\n\n<figure>\n\n<img src="b.jpg">\n\n<figcaption>\n\nc\n\n</figcaption></figure>\n\n'
    ),
    '[caption caption="d"]![b](b.jpg)[/caption]': (
        "\n\n<figure>\n\n![b](b.jpg)\n\n<figcaption>\n\nd\n\n</figcaption></figure>\n\n"
    ),
    "[caption]![b](b.jpg)[/caption]": "![b](b.jpg)",
    "[caption]a[/caption]": "a",
    "[youtube]https://www.youtube.com/embed/abc[/youtube]": (
        "[Watch at youtube.com](https://youtube.com/watch?v=abc)"
    ),
    "[embed]https://vk.com/video-1_2[/embed]": "[Watch at vk.com](https://vk.com/video-1_2)",
    "[youtube https://youtu.be/abc]": "[Watch at youtu.be](https://youtu.be/abc)",
    '[video mp4="https://a.example/b.mp4"][/video]': (
        "[Watch at a.example](https://a.example/b.mp4)"
    ),
    "[code]\na\n[/code]": "\n\n```\na\n```\n\n",
}


@pytest.mark.parametrize("source", SILENT)
def test_what_has_a_meaning_here_becomes_that(source: str) -> None:
    assert converted(source) == (SILENT[source], [])


TOLD = {
    "{% raw %}{{ a }}": ("", ["{{ a }}"]),
    "a {{ page.title }} b": ("a  b", ["{{ page.title }}"]),
    "{% include a.html %}": ("", ["{% include a.html %}"]),
    "{% if a %}b{% endif %}": ("b", ["{% if a %}"]),
    "{{< notice tip >}}a{{< /notice >}}": ("a", ["{{< notice tip >}}"]),
    '{% quote(author="a") %}b{% end %}': ("b", ['{% quote(author="a") %}']),
    "{{< youtube >}}": ("", ["{{< youtube >}}"]),
    "{{< video >}}": ("", ["{{< video >}}"]),
    "{{< youtube a.b.c >}}": ("", ["{{< youtube a.b.c >}}"]),
    '[gallery ids="1,2"]': ("", ['[gallery ids="1,2"]']),
    "[vc_row][vc_column]a[/vc_column][/vc_row]": ("a", ["[vc_row]", "[vc_column]"]),
    "{{< mermaid >}}a{{< /mermaid >}}": ("", ["{{< mermaid >}}"]),
    '[button link="a"]b[/button]': ("b", ['[button link="a"]']),
}


@pytest.mark.parametrize("source", TOLD)
def test_what_has_none_is_left_out_and_told(source: str) -> None:
    text, told = TOLD[source]
    assert converted(source) == (text, [(1, code) for code in told])


@pytest.mark.parametrize(
    "source",
    [
        "No code at all.",
        "A [sic] word, [a link][sic], [another](b), [ ] and [1].",
        "[note]\n\n[note]: https://a.example/",
        '[a b="c"]\n\n[a]: https://a.example/',
        "`{{ a }}` and ``{% b `c` %}``",
        "```\n{{ a }}\n{% b %}\n[gallery]\n```\n",
        "> ~~~\n> {{ a }}\n> ~~~\n",
        "- ```\n  {{ a }}\n",
        "\\[gallery] \\` a",
        "{ a } {b} {{ without an end",
        "{% without an end",
        "````\n```\n{{ a }}\n````\n",
        "`a` and `b`",
        "<!-- {{ a }} -->",
        "<!-- without an end",
        "<script>var a = {{ b }};</script>",
        "A lone ` and [\n\nanother `",
        "A lone ` and {\n\nanother `",
        "{{" + "a" * 6000 + "}}",
    ],
)
def test_what_is_no_code_or_is_shown_as_code_stays(source: str) -> None:
    assert converted(source) == (source, [])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("```\n{% raw %}{{ a }}{% endraw %}\n```", "```\n{{ a }}\n```"),
        ("`{% raw %}{{ a }}{% endraw %}`", "`{{ a }}`"),
        ("```\n{{</* a */>}}\n```\n{{ b }}", "```\n{{< a >}}\n```\n"),
    ],
)
def test_marks_that_keep_templates_off_code_are_taken_away(source: str, expected: str) -> None:
    assert converted(source)[0] == expected


def test_the_line_of_each_is_told() -> None:
    found, problems = warned(markdown(body="a\n\n{{ b }}\n\n`c`\n{% include d %} {{ e }}\n"))

    assert found.html == "<p>a</p>\n<p><code>c</code></p>\n"
    assert problems == [
        (7, "template", {"value": "{{ b }}"}),
        (10, "template", {"value": "{% include d %}"}),
        (10, "template", {"value": "{{ e }}"}),
    ]


def test_titles_and_summaries_have_none_either() -> None:
    found, problems = warned(markdown("summary: '{{ site.title }} a'", "description: b"))
    assert found.summary == "a"
    assert problems == [(4, "template", {"value": "{{ site.title }}"})]


def test_nothing_else_that_is_shown_has_any() -> None:
    lines = ("author: A{{ b }}", "correction: C{{ b }}", "categories: ['D{{ b }}', '{{ b }}']")
    found, problems = warned(markdown(*lines))
    assert (found.author, found.correction) == ("A", "C")
    assert [each.label for each in found.categories] == ["D"]
    assert [code for _, code, _ in problems] == [
        "template",
        "template",
        "bad-category",
        "template",
        "template",
    ]
    assert warned(markdown("authors: ['A{{ b }}', C]"))[0].author == "A, C"


def test_a_title_that_is_nothing_but_a_command_is_none() -> None:
    source = "---\ntitle: '{{ page.title }}'\ndate: 2014-08-13\n---\nBody.\n"
    assert (2, "no-title") in [(each.line, each.code) for each in reading(source).problems]


def test_another_entry_is_linked_by_the_name_of_its_file() -> None:
    body = (
        "[a]({% post_url 2014-08-13-b %}) [c](../2013/Новость.md#d) [e](/posts/f/index.md)\n"
        "[g](@/blog/h.md) [i](j.pdf) [k](https://a.example/l.md) [m](n.txt?o)\n"
    )
    html = warned(markdown(body=body))[0].html
    for path in ("2014-08-13-b", "Novost", "f", "h", "n"):
        assert f"/presscenter/news/detail/{path}.html" in html
    assert "https://a.example/l.md" in html


def test_lines_of_what_is_too_much_are_those_of_the_file() -> None:
    body = "{{ a }}\n{: .b}\n\n" + ">" * 200 + "a\n"
    found = reading(markdown(body=body))
    assert (8, "too-deep") in [(each.line, each.code) for each in found.problems]


def test_notes_lists_of_definitions_and_details_are_shown() -> None:
    body = "a[^1]\n\nb\n: c\n\n<details><summary>d</summary>\n\ne *f*\n\n</details>\n\n[^1]: g\n"
    found = entry(markdown(body=body))
    assert "<dl>\n<dt>b</dt>\n<dd>c</dd>\n</dl>" in found.html
    assert "<details><summary>d</summary>\n<p>e <em>f</em></p>\n</details>" in found.html
    assert (
        'a<sup><a href="\ufdd0/presscenter/news/detail/a.html#fn-1" id="fnref-1">[1]</a></sup>'
        in (found.html)
    )
    assert '<hr>\n<ol>\n<li id="fn-1">\n<p>g ' in found.html
    # Above the list.
    assert found.summary == "a"
