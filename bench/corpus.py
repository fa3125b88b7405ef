"""A deterministic corpus: N entries of about 5 KB of Russian Markdown, in folders by year.

    python bench/corpus.py 1000 /tmp/corpus

A few dozen words are in nearly all of them, which costs a search most. To measure searching,
the words are `natural`: 60,000 of them, as frequent as in any language (Zipf's law). The same N
gives the same bytes on every machine. The modification times are in the past, so that a service
accepts the files at once.
"""

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, product
from pathlib import Path

_WORDS = (
    "район город Москва управа житель двор школа улица парк проект работа программа центр новый"
    " открытие площадка ремонт благоустройство субботник праздник концерт спорт дети ветераны"
    " собрание встреча глава префект округ дом подъезд озеленение транспорт дорога станция метро"
    " библиотека поликлиника технопарк производство импортозамещение инновации предприятие"
    " строительство реконструкция освещение безопасность пожарный полиция дружина совет депутат"
    " бюджет конкурс выставка фестиваль ярмарка волонтёр экология раздельный сбор отходы вода"
    " который будет стал начал пройдёт состоится расскажет сообщили приглашает поможет"
).split()
_CATEGORIES = ("Благоустройство", "Культура", "Спорт", "Образование", "Безопасность", "Объявления")
_FIRST = datetime(2005, 1, 1, 8, tzinfo=UTC)
_LAST = datetime(2025, 12, 31, 20, tzinfo=UTC)
_OLD = 1_700_000_000
_VOCABULARY = 60_000


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Return words, the most common first, and their cumulative frequencies."""
    chance = random.Random(0)
    syllables = ["".join(pair) for pair in product("бвгджзклмнпрстфхцчшщ", "аеиоуыюя")]
    endings = "а у ы ой ого ому ами ение ения ению ный ная ного ость ости ать ает ил".split()
    words = dict.fromkeys(_WORDS)
    while len(words) < _VOCABULARY:
        stem = "".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3))))
        words.update(dict.fromkeys(stem + "нрлтк"[len(stem) % 5] + end for end in endings[::3]))
        words.update(dict.fromkeys(stem + end for end in chance.choices(endings, k=3)))
    return list(words), list(accumulate(1 / (rank + 2) for rank in range(len(words))))


def entry(number: int, total: int, *, natural: bool = False) -> tuple[str, str]:
    """Return the path and the text of one entry of a corpus."""
    words, often = vocabulary() if natural else (_WORDS, None)
    chance = random.Random(number)
    moment = _FIRST + (_LAST - _FIRST) * number / total
    moment = moment.replace(microsecond=0)
    paragraphs = []
    for index in range(5):
        sentences = []
        for _ in range(4):
            chosen = chance.choices(words, cum_weights=often, k=14)
            sentences.append(" ".join(chosen).capitalize() + ".")
        text = " ".join(sentences)
        if index == 1:
            text = f"**{text[:40]}**{text[40:]} [Подробнее](https://www.mos.ru/news/{number})"
        if index == 3:
            text = "\n".join(f"- {item}" for item in sentences)
        paragraphs.append(text)
    title = " ".join(chance.choices(words, cum_weights=often, k=8)).capitalize()
    labels = ", ".join(chance.sample(_CATEGORIES, k=1 + number % 2))
    front = (
        f"---\ntitle: {title} {number}\ndate: {moment.isoformat()}\n"
        f"author: Пресс-служба\ncategories: [{labels}]\n---\n\n"
    )
    return f"{moment.year}/{number:06d}.md", front + "\n\n".join(paragraphs) + "\n"


def write(total: int, folder: Path, *, natural: bool = False) -> None:
    """Write a corpus of so many entries below a folder."""
    for year in {(_FIRST + timedelta(days=index)).year for index in range(0, 7700, 100)}:
        (folder / str(year)).mkdir(parents=True, exist_ok=True)
    for number in range(total):
        path, text = entry(number, total, natural=natural)
        target = folder / path
        target.write_text(text, encoding="utf-8")
        os.utime(target, (_OLD, _OLD))


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
