"""A realistic press centre for the tests that look at pages, and its states in one table."""

import fcntl
import os
import random
import re
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image, ImageDraw

from feedsvc.sync.coordination import LOCK
from tests.support.newsroom import ROOT, item
from tests.support.service import Service, page, soon

SERVE = [sys.executable, "-m", "feedsvc", "serve", "--workers", "1", "--port", "{port}"]
MANY = 300
LONG_TITLE = (
    "О внесении изменений в постановление о порядке предоставления субсидий из бюджета города"
    " управляющим организациям, товариществам собственников жилья и жилищным кооперативам на"
    " содержание и текущий ремонт общего имущества в многоквартирных домах района, в том числе"
    " на благоустройство дворовых территорий"
)
WORD = "достопримечательность" * 12
URL = "https://www.example.org/" + "ochen/dlinnyj-adres/" * 12 + "?q=" + "x1y2" * 40
ONE_LINE = "Приём жителей сегодня не состоится."


class Site(NamedTuple):
    """Which entries a service has."""

    name: str


FULL, EMPTY, UNREADY = Site("full"), Site("empty"), Site("unready")


@dataclass(frozen=True, slots=True)
class State:
    """A page in one state, and what it is: `kind` is `entry`, `list`, `search`, ..."""

    path: str
    kind: str
    status: int = 200
    site: Site = FULL
    method: str = "GET"
    pictures: bool = False


# All that people can be shown, each looked at in every way the tests know.
STATES = {
    "home": State("/", "list", pictures=True),
    "month of hundreds": State("/archive/2026/01/", "list"),
    "month between others": State("/archive/2026/03/", "list"),
    "oldest month": State("/archive/2014/08/", "list"),
    "archive": State("/archive/", "other"),
    "category": State("/category/obyavleniya/", "list", pictures=True),
    "category in a month": State("/category/dvory/2026/03/", "list"),
    "category with one entry": State("/category/dvory/", "list"),
    "category with a long label": State(
        "/category/blagoustroystvo-dvorov-i-skverov/", "list", pictures=True
    ),
    "subscribe": State("/feeds/", "other"),
    "search, nothing asked": State("/search", "search"),
    "search, empty words": State("/search?q=+", "search"),
    "search, found": State("/search?q=%D1%80%D0%B5%D0%BC%D0%BE%D0%BD%D1%82", "search"),
    "search, narrowed": State(
        "/search?q=%D0%B4%D0%BE%D0%BC&category=dvory&from=2026-01-01&to=2026-12-31", "search"
    ),
    "search, nothing found": State("/search?q=%D1%8A%D1%8A%D1%8A%D1%8A", "search"),
    "search, junk": State("/search?q=%22%3E%3Cscript%3Efired(1)%3C/script%3E%00%FF", "search"),
    "search, one long word": State(f"/search?q={'w' * 150}", "search"),
    "entry, press text": State(page("1204713"), "entry"),
    "entry, sample": State(page("subbotnik"), "entry"),
    "entry, corrected": State(page("grafik-priema"), "entry"),
    "entry, updated": State(page("updated"), "entry"),
    "entry, picture": State(page("picture"), "entry", pictures=True),
    "entry, tall picture": State(page("tall"), "entry", pictures=True),
    "entry, pictures in the text": State(page("inline"), "entry", pictures=True),
    "entry, files": State(page("files"), "entry"),
    "entry, everything": State(page("everything"), "entry", pictures=True),
    "entry, English": State(page("english"), "entry"),
    "entry, title of 300 characters": State(page("long-title"), "entry"),
    "entry, one line": State(page("one-line"), "entry"),
    "entry, endless word": State(page("word"), "entry"),
    "entry, wide table": State(page("table"), "entry"),
    "entry, structure": State(page("structure"), "entry"),
    "entry, many categories": State(page("categories"), "entry"),
    "not found": State("/nothing", "error", 404),
    "month before all news": State("/archive/2013/01/", "error", 404),
    "month without news": State("/archive/2026/02/", "error", 404),
    "withdrawn": State(page("otozvano"), "error", 410),
    "removed": State(page("removed"), "error", 410),
    "not allowed": State("/", "error", 405, method="POST"),
    "not ready": State("/", "error", 503, UNREADY),
    "empty home": State("/", "other", site=EMPTY),
    "empty archive": State("/archive/", "other", site=EMPTY),
    "empty subscribe": State("/feeds/", "other", site=EMPTY),
    "empty search": State("/search?q=%D0%B4%D0%BE%D0%BC", "search", site=EMPTY),
    "empty category": State("/category/dvory/", "error", 404, EMPTY),
}
# One of each template and status, where a state more tells nothing more.
ONE_OF_EACH = (
    "home",
    "month between others",
    "archive",
    "category",
    "subscribe",
    "search, found",
    "entry, everything",
    "not found",
    "withdrawn",
    "not allowed",
    "not ready",
    "empty home",
)
ENTRIES = {name: state for name, state in STATES.items() if state.kind == "entry"}
LISTS = {name: state for name, state in STATES.items() if state.kind == "list"}


class Answer(NamedTuple):
    """What a state answers, unpacked."""

    status: int
    headers: Message
    body: bytes


class PressCentre:
    """The services that run, by site."""

    def __init__(self, services: dict[Site, Service]) -> None:
        self._services = services

    def port(self, site: Site) -> int:
        """Give the port of a service."""
        return int(self._services[site].port)

    def url(self, state: State) -> str:
        """Give the address of a state."""
        return f"http://127.0.0.1:{self.port(state.site)}{state.path}"

    def ask(self, state: State, **headers: str) -> Answer:
        """Ask for a state as a program does."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if state.method == "POST" else None
        request = urllib.request.Request(self.url(state), data, headers, method=state.method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    @cache  # noqa: B019 - there is one for all tests
    def html(self, state: State) -> str:
        """Give the HTML of a state."""
        return self.ask(state).body.decode()


@pytest.fixture(scope="session")
def press_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PressCentre]:
    """Serve the press centre, one that has no news yet, and one that cannot be read yet."""
    with ExitStack() as stack:
        services = {}
        for site in (FULL, EMPTY, UNREADY):
            folder = tmp_path_factory.mktemp(site.name)
            (folder / "entries").mkdir()
            if site is FULL:
                fill(folder / "entries")
            if site is UNREADY:
                # Whoever has this lock is the writer; so there is none, and no catalogue.
                (folder / "instance").mkdir()
                lock = stack.enter_context((folder / "instance" / LOCK).open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            services[site] = Service(SERVE, folder)
            stack.callback(services[site].stop)
        for site, status in ((FULL, 200), (EMPTY, 200), (UNREADY, 503)):
            service = services[site]
            soon(lambda s=service, right=status: s.get("/")[0] == right)  # type: ignore[misc]
        removed = services[FULL].entries / "removed.md"
        soon(lambda: services[FULL].get(page("removed"))[0] == 200)
        removed.unlink()
        soon(lambda: services[FULL].get(page("removed"))[0] == 410)
        yield PressCentre(services)


def fill(entries: Path) -> None:
    """Write the entries: those that come with the project, and one of each awkward kind."""
    shutil.copytree(ROOT / "entries", entries, dirs_exist_ok=True)
    for number in range(MANY):
        day, hour = number % 31 + 1, number % 24
        text = words(number, 60)
        data = item(
            f"{words(number + 1000, 7)} № {number}",
            f"2026-01-{day:02} {hour:02}:{number % 60:02}",
            text,
            **({"categories": "Объявления"} if number % 3 == 0 else {}),
        )
        (entries / f"many-{number}.md").write_bytes(data)
    for number, month in enumerate(("2025-11", "2025-12", "2026-04", "2026-07", "2026-10")):
        data = item(f"Ремонт в доме {number}", f"{month}-05", words(number, 80))
        (entries / f"month-{number}.md").write_bytes(data)
    for name, data in made().items():
        (entries / name).write_bytes(data)
    draw(entries / "picture.jpg", (1600, 900))
    draw(entries / "tall.png", (600, 1800))
    for name in ("one.png", "two.jpg"):
        draw(entries / "inline" / name, (900, 500))
    draw(entries / "everything.jpg", (1200, 800))
    for folder in ("files", "everything"):
        attach(entries / folder)


@cache
def vocabulary() -> tuple[str, ...]:
    """Give the words of the press centre's own text."""
    return tuple(re.findall(r"\b[а-яё]{3,}\b", (ROOT / "entries" / "1204713.txt").read_text()))


def words(seed: int, count: int) -> str:
    """Give a text that is always the same, and packs no better than people's."""
    chosen = random.Random(seed).choices(vocabulary(), k=count)
    return " ".join(chosen).capitalize() + "."


def draw(file: Path, size: tuple[int, int]) -> None:
    """Draw a picture that is no plain area."""
    file.parent.mkdir(exist_ok=True)
    picture = Image.new("RGB", size, "steelblue")
    pen = ImageDraw.Draw(picture)
    for step in range(0, size[0], 40):
        pen.line((step, 0, size[0] - step, size[1]), fill="white", width=6)
    picture.save(file)


def attach(folder: Path) -> None:
    """Lay out files of every sort, from some bytes to some megabytes."""
    folder.mkdir(exist_ok=True)
    long = "Приложение к постановлению о порядке проведения работ по благоустройству (проект).pdf"
    for name, start, length in (
        ("reshenie.pdf", b"%PDF-1.4\n", 300),
        (long, b"%PDF-1.4\n", 120_000),
        ("zayavka.docx", b"PK\x03\x04", 24_000),
        ("smeta_2026_ispravlennaya_okonchatelnaya_versiya_2.xlsx", b"PK\x03\x04", 1_500_000),
        ("zapis.mp3", b"ID3", 3_000_000),
        ("film.mp4", b"\0\0\0\x18ftypmp42", 5_000_000),
        ("arhiv.zip", b"PK\x03\x04", 90_000),
    ):
        (folder / name).write_bytes(start)
        os.truncate(folder / name, length)


def made() -> dict[str, bytes]:
    """Give the entry files that are hard to show."""
    return {**with_files(), **with_history(), **with_long_texts()}


def with_files() -> dict[str, bytes]:
    """Give the entries that have pictures and other files, and one that has everything."""
    picture = "image: {file: %s, alt: Двор после ремонта, caption: '%s'}\n"
    everything = item(
        "Ремонт дворов: всё, что может быть у новости",
        "2026-05-04 09:30",
        f"{words(1, 60)}\n\n## Подзаголовок\n\n{words(2, 60)}\n\n{STRUCTURE}",
        updated="2026-05-06 18:45",
        correction="работы начнутся 12 мая, а не 11 мая, и продлятся две недели.",
        author="Отдел благоустройства",
        summary="Во дворах района начался ремонт; здесь сказано, где, когда и зачем.",
        address="https://www.example.org/novosti/remont-dvorov.html",
    )
    front = picture % ("everything.jpg", "Двор дома 3 по Чертановской улице. Фото: пресс-центр")
    front += "categories: [Объявления, Благоустройство дворов и скверов]\n"
    return {
        "everything.md": with_front(everything, front),
        "picture.md": with_front(
            item("Двор после ремонта", "2026-05-03 12:00", words(3, 90)),
            picture % ("picture.jpg", "Так двор выглядит сегодня. Фото: пресс-центр"),
        ),
        "tall.md": item("Плакат к празднику", "2026-05-02", words(4, 40)),
        "inline.md": item(
            "Две картины в тексте",
            "2026-05-01",
            f"{words(5, 40)}\n\n![Первая](one.png)\n\n{words(6, 40)}\n\n![Вторая](two.jpg)",
        ),
        "files.md": item("Документы к слушаниям", "2026-04-30", words(7, 50)),
    }


def with_history() -> dict[str, bytes]:
    """Give an entry that was updated, one that will be removed, and a foreign one."""
    return {
        "updated.md": item(
            "Отключение воды", "2026-04-29", words(8, 50), updated="2026-04-30 10:05"
        ),
        "removed.md": item("Удалённая новость", "2026-04-28", words(9, 20)),
        "english.md": item(
            "The district council invites",
            "2026-03-27",
            "The council of the district meets on Monday at noon. Everyone is welcome.\n\n"
            "Please bring a passport. The meeting is held in Russian, with interpretation.",
            lang="en",
        ),
    }


def with_long_texts() -> dict[str, bytes]:
    """Give the entries that have too much of something, or too little."""
    labels = ["Объявления", "Дворы", "Благоустройство дворов и скверов", *LABELS]
    return {
        "long-title.md": item(LONG_TITLE[:300], "2026-03-26", words(10, 60)),
        "one-line.txt": f"Приём отменён\n\n25.03.2026\n\n{ONE_LINE}\n".encode(),
        "word.md": item(
            f"Слово {WORD[:120]}", "2026-03-24", f"Слово {WORD} и адрес {URL} в тексте."
        ),
        "table.md": item("График работ по месяцам", "2026-03-23", wide_table()),
        "structure.md": item("Порядок приёма заявлений", "2026-03-22", STRUCTURE),
        "categories.md": with_front(
            item("Новость из многих рубрик", "2026-03-21", words(11, 40)),
            "categories:\n" + "".join(f"  - {label}\n" for label in labels),
        ),
    }


def with_front(data: bytes, lines: str) -> bytes:
    """Add lines to the front matter of an entry file."""
    return data.replace(b"---\n", f"---\n{lines}".encode(), 1)


def wide_table() -> str:
    """Write a table of twelve columns, one for each month."""
    months = "Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь"
    head = months.split()
    rows = [head, ["---"] * 12, *([f"{row}-й участок"] * 12 for row in range(1, 6))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{words(12, 30)}\n\n{table}\n\nПосле таблицы.\n"


LABELS = [
    "Жилищно-коммунальное хозяйство и капитальный ремонт многоквартирных домов",
    "Градостроительство, транспорт и дорожная деятельность в районе и в округе",
    *(f"Рубрика номер {number} с названием подлиннее обычного" for number in range(1, 20)),
]
STRUCTURE = """\
Заявления принимаются в таком порядке.

## Где

1. В управе
   - на первом этаже
     - в окне 3
       - по записи
       - без записи
   - на втором этаже
2. В центре услуг

### Когда

> Приём ведётся по вторникам.
>
> > И по четвергам, как сказано раньше.

#### Чем

```
curl --silent https://www.example.org/api/zayavleniya --data "imya=Иван&dom=3&kvartira=12"
```

##### Как

Термин `код` и **полужирный** текст, *курсив*, ~~зачёркнуто~~, H<sub>2</sub>O и м<sup>2</sup>.

###### Кому

- [x] сделано
- [ ] не сделано

<dl><dt>Срок</dt><dd>30 дней</dd></dl>

---

| Окно | Часы |
|------|-----:|
| 1 | 9–18 |
| 2 | 9–20 |
"""
