"""Sites of other systems, made like real ones, and what those systems build of them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html

from tests.support.newsroom import ROOT

WORDS = (
    "управа района сообщает жителям о благоустройстве дворов ремонте подъездов новых площадках"
    " для детей и спорта встрече с главой записи в кружки субботнике и работе поликлиники"
).split()
# What is tried on the parsers by fuzzing, too.
TEXTS = ROOT / "tests" / "fuzz" / "corpus" / "templates"


def paragraph(number: int) -> str:
    """Return a paragraph, another one for each number."""
    words = [WORDS[(number * 7 + 3 * each) % len(WORDS)] for each in range(60)]
    return " ".join(words).capitalize() + "."


def lay(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def build(command: list[str]) -> None:
    """Run a generator, which must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each built page of a text, and its content."""
    for file in sorted(folder.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        if "<article>" in text:
            path = f"/{file.relative_to(folder)}".removesuffix("index.html")
            yield path, text.partition("<article>")[2].partition("</article>")[0]


def words(content: str) -> list[str]:
    """Return the words that a reader sees."""
    tree = html.fromstring(f"<div>{content}</div>")
    etree.strip_elements(tree, "script", "style", "noscript", "iframe", with_tail=False)
    return " ".join(map(str, tree.itertext())).split()


# Jekyll


def jekyll_site() -> dict[str, str]:
    """Return the files of a site of Jekyll's: 30 posts, and five that nobody sees."""
    files = {
        "_config.yml": "timezone: Europe/Moscow\ndefaults:\n- scope: {type: posts}\n"
        "  values: {layout: default}\n",
        "_layouts/default.html": "<title>{{ page.title }}</title><article>{{ content }}</article>",
        "_includes/video.html": '<iframe src="https://www.youtube.com/embed/{{ include.id }}">'
        "</iframe>",
        "_drafts/draft.md": "---\ntitle: СКРЫТО\n---\nТекст\n",
        "_posts/2015-01-02-hidden.md": "---\ntitle: СКРЫТО\npublished: false\n---\nТекст\n",
        "_posts/2099-01-01-future.md": "---\ntitle: СКРЫТО\n---\nТекст\n",
        "_posts/2014-08-13-first.md": (TEXTS / "jekyll").read_text(encoding="utf-8"),
        "_posts/2014-08-14-Праздник-двора.md": "---\ntitle: Праздник\ncategories: [Город]\n---\n"
        + paragraph(0),
        "about/_posts/2014-08-15-in-a-folder.md": "---\ntitle: В папке\n---\n" + paragraph(1),
        "_posts/2014-08-16-own.md": "---\ntitle: Свой адрес\npermalink: /own/address/\n---\n"
        + paragraph(2),
        "_posts/2014-08-17-pretty.md": "---\ntitle: Красивый\npermalink: pretty\n---\n"
        + paragraph(3),
    }
    html = f"<p>{paragraph(4)}</p>\n\n    <p>{{% if true %}}{paragraph(5)}{{% endif %}}</p>\n"
    files["_posts/2014-08-18-page.html"] = f"---\ntitle: Страница\n---\n{html}"
    for number in range(24):
        head = f"title: 'Новость {number}'\ntags: a b\ncategories: news city\ndate: 2015-02-"
        files[f"_posts/2015-02-{number + 1:02}-news-{number}.markdown"] = (
            f"---\n{head}{number + 1:02} 1{number % 10}:00:00 +0300\n---\n"
            f"{paragraph(number)}\n\n## Раздел {{#a{number}}}\n{{: .lead}}\n\n"
            f"* {paragraph(number + 1)}\n* {paragraph(number + 2)}\n"
        )
    return files


# Hugo


def hugo_site() -> dict[str, str]:
    """Return the files of a site of Hugo's: 30 texts, and five that nobody sees."""
    single = "<title>{{ .Title }}</title><article>{{ .Content }}</article>"
    files = {
        "config.toml": 'baseURL = "https://old.example/"\ntitle = "T"\ntimeZone = "Europe/Moscow"\n'
        'disableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n'
        "[markup.goldmark.renderer]\nunsafe = true\n",
        "layouts/_default/single.html": single,
        "layouts/_default/list.html": "<title>{{ .Title }}</title>",
        "content/news/draft.md": "+++\ntitle = 'СКРЫТО'\ndate = 2015-01-01\ndraft = true\n+++\nТ\n",
        "content/news/future.md": "---\ntitle: СКРЫТО\ndate: 2099-01-01\n---\nТекст\n",
        "content/news/later.md": "---\ntitle: СКРЫТО\ndate: 2015-01-01\npublishDate: 2099-01-01\n"
        "---\nТекст\n",
        "content/news/expired.md": "---\ntitle: СКРЫТО\ndate: 2015-01-01\nexpiryDate: 2016-01-01\n"
        "---\nТекст\n",
        "content/news/unbuilt.md": "---\ntitle: СКРЫТО\ndate: 2015-01-01\n_build:\n"
        "  render: never\n---\nТекст\n",
        "content/news/first.md": (TEXTS / "hugo").read_text(encoding="utf-8"),
        "content/news/bundle/index.md": "+++\ntitle = 'Папка'\ndate = 2015-03-01\n+++\n"
        + paragraph(0),
        "content/news/Large-Name.md": "+++\ntitle = 'Имя'\ndate = 2015-03-02\n+++\n" + paragraph(1),
        "content/news/slug.md": "+++\ntitle = 'Имя'\ndate = 2015-03-03\nslug = 'other'\n+++\n"
        + paragraph(2),
        "content/news/url.md": "+++\ntitle = 'Адрес'\ndate = 2015-03-04\nurl = '/own/address/'\n"
        "aliases = ['/older/']\n+++\n" + paragraph(3),
    }
    for number in range(25):
        files[f"content/notes/note-{number}.md"] = (
            f"+++\ntitle = 'Заметка {number}'\ndate = 2015-04-{number + 1:02}T10:00:00+03:00\n"
            f"tags = ['a', 'b']\n[params]\nweight = 3\n+++\n{paragraph(number)}\n\n"
            f"1. {paragraph(number + 1)}\n2. {paragraph(number + 2)}\n"
        )
    return files
