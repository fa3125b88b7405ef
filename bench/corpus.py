"""A deterministic corpus: N entries of about 5 KB of Russian Markdown, in folders by year.

    python bench/corpus.py 1000 /tmp/corpus

The same N gives the same bytes on every machine. File times lie in the past, so
that a service takes the files as whole at once.
"""

import os
import random
import sys
from datetime import UTC, datetime, timedelta
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


def entry(number: int, total: int) -> tuple[str, str]:
    """Make one entry of a corpus: its path and its text."""
    chance = random.Random(number)
    moment = _FIRST + (_LAST - _FIRST) * number / total
    moment = moment.replace(microsecond=0)
    paragraphs = []
    for index in range(5):
        sentences = []
        for _ in range(4):
            words = chance.choices(_WORDS, k=14)
            sentences.append(" ".join(words).capitalize() + ".")
        text = " ".join(sentences)
        if index == 1:
            text = f"**{text[:40]}**{text[40:]} [Подробнее](https://www.mos.ru/news/{number})"
        if index == 3:
            text = "\n".join(f"- {item}" for item in sentences)
        paragraphs.append(text)
    title = " ".join(chance.choices(_WORDS, k=8)).capitalize()
    labels = ", ".join(chance.sample(_CATEGORIES, k=1 + number % 2))
    front = (
        f"---\ntitle: {title} {number}\ndate: {moment.isoformat()}\n"
        f"author: Пресс-служба\ncategories: [{labels}]\n---\n\n"
    )
    return f"{moment.year}/{number:06d}.md", front + "\n\n".join(paragraphs) + "\n"


def write(total: int, folder: Path) -> None:
    """Write a corpus of so many entries below a folder."""
    for year in {(_FIRST + timedelta(days=index)).year for index in range(0, 7700, 100)}:
        (folder / str(year)).mkdir(parents=True, exist_ok=True)
    for number in range(total):
        path, text = entry(number, total)
        target = folder / path
        target.write_text(text, encoding="utf-8")
        os.utime(target, (_OLD, _OLD))


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
