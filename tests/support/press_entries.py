"""The entries of a realistic press centre, with every kind that is hard to show."""

import os
import random
import re
import shutil
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from tests.support.newsroom import ROOT, item

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


def fill(entries: Path) -> None:
    """Write the entry files: those of the project, many plain ones, and one of each hard kind."""
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
    for name, data in hard_to_show().items():
        (entries / name).write_bytes(data)
    draw(entries / "picture.jpg", (1600, 900))
    draw(entries / "tall.png", (600, 1800))
    for name in ("one.png", "two.jpg"):
        draw(entries / "inline" / name, (900, 500))
    draw(entries / "everything.jpg", (1200, 800))
    draw_gallery(entries / "gallery")
    for folder in ("files", "everything"):
        attach(entries / folder)


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the words of the press release in the project."""
    return tuple(re.findall(r"\b[а-яё]{3,}\b", (ROOT / "entries" / "1204713.txt").read_text()))


def words(seed: int, count: int) -> str:
    """Return a text that depends on `seed` alone and compresses no better than prose."""
    chosen = random.Random(seed).choices(vocabulary(), k=count)
    return " ".join(chosen).capitalize() + "."


def draw(file: Path, size: tuple[int, int]) -> None:
    """Draw a picture that is not one plain area; `size` is in pixels."""
    file.parent.mkdir(exist_ok=True)
    picture = Image.new("RGB", size, "steelblue")
    pen = ImageDraw.Draw(picture)
    for left in range(0, size[0], 40):
        pen.line((left, 0, size[0] - left, size[1]), fill="white", width=6)
    picture.save(file)


def draw_gallery(folder: Path) -> None:
    """Draw pictures of every shape, and write captions for most of them."""
    shapes = [(1600, 1067), (1600, 1200), (900, 1350), (1800, 700), (300, 200), (1000, 1000)]
    for number, size in enumerate(shapes, 1):
        draw(folder / f"{number}.jpg", size)
    draw(folder / "обложка.jpg", (1600, 900))
    (folder / "подписи.txt").write_text(
        "обложка.jpg: Праздник двора. Фото: пресс-центр | Дети на новой площадке\n"
        "1.jpg: Качели | Девочка на качелях\n"
        "2.jpg: Подпись, которая занимает больше одной строки, потому что называет всех, кто на"
        " снимке, слева направо | Соседи у стола\n"
        "3.jpg | Мальчик на горке\n4: Вид двора сверху | Двор сверху\n",
        encoding="utf-8",
    )


def attach(folder: Path) -> None:
    """Write attachments of every kind, from a few bytes to a few megabytes."""
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


def hard_to_show() -> dict[str, bytes]:
    """Return the entry files that are hard to show, by name."""
    return {**with_files(), **with_history(), **with_long_texts()}


def with_files() -> dict[str, bytes]:
    """Return the entries with pictures and attachments, and one with everything."""
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
        "gallery.md": item("Праздник двора: как это было", "2026-05-07", words(8, 60)),
        "tall.md": item("Плакат к празднику", "2026-05-02", words(4, 40)),
        "inline.md": item(
            "Две картины в тексте",
            "2026-05-01",
            f"{words(5, 40)}\n\n![Первая](one.png)\n\n{words(6, 40)}\n\n![Вторая](two.jpg)",
        ),
        "files.md": item("Документы к слушаниям", "2026-04-30", words(7, 50)),
    }


def with_history() -> dict[str, bytes]:
    """Return an updated entry, one that will be removed, and one in English."""
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
    """Return the entries with very long or very short texts."""
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
    """Return a table in Markdown with twelve columns, one for each month."""
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

Плата
: не взимается

Подробности — [ниже](#podrobno) и в примечании.[^1]

## Подробно {#podrobno}

<details><summary>Какие нужны документы</summary>

Паспорт и **заявление**.

</details>

<iframe src="https://rutube.ru/play/embed/abc"></iframe>

[^1]: Приём по записи.

---

| Окно | Часы |
|------|-----:|
| 1 | 9–18 |
| 2 | 9–20 |
"""
