"""What is written above texts in Russian, as keys and values of front matter (see `keys`)."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from feedsvc.dates import is_meant
from feedsvc.parsing.yaml_values import Content, Value
from feedsvc.text import unquoted

# By keys without case, hyphens and spaces.
_KEYS = {
    russian: english
    for english, keys in {
        "title": "заголовок название",
        "date": "дата датапубликации датавыхода датановости",
        "published": "опубликовано опубликована",
        "id": "идентификатор имявадресе",
        "updated": "обновлено обновлена датаобновления изменено датаизменения",
        "author": "автор авторы автортекста",
        "publisher": "издатель ктоопубликовал",
        "summary": "кратко анонс краткоесодержание аннотация",
        "lang": "язык",
        "categories": "рубрика рубрики категория категории",
        "tags": "тег теги метка метки",
        "status": "статус",
        "reason": "причина причинаотзыва почемуотозвана почемуотозвано",
        "correction": "исправление чтоисправлено",
        "image": "картинка изображение фото обложка главнаякартинка",
        "attachments": "файл файлы приложение приложения вложение вложения",
        "address": "адрес адресстраницы",
        "aliases": "старыйадрес старыеадреса прежнийадрес прежниеадреса",
        "draft": "черновик",
        "hidden": "скрыто скрыта скрыть",
        "translationof": "перевод переводновости переводтекста",
        "pinned": "закрепить закреплено",
        "expires": "действуетдо действительнодо",
        "dzen": "дзен вдзене",
    }.items()
    for russian in keys.split()
}
# These mean more than one thing, by what is written behind them.
CORRECTED = frozenset(("исправлено", "исправлена", "corrected"))
PUBLISH = frozenset(("опубликовать", "публиковать", "опубликоватьс"))
WITHDRAW = frozenset(("снятьспубликации", "снятоспубликации", "снятаспубликации"))
KEYS = frozenset(_KEYS) | CORRECTED | PUBLISH | WITHDRAW
# As they are suggested for misspelt ones.
NAMES = (
    "заголовок дата статус опубликовать рубрика рубрики автор исправлено обновлено кратко анонс"
    " картинка адрес язык причина"
).split()
_STATES = {
    state: english
    for english, states in {
        "published": "опубликовано, опубликована, опубликован, опубликовать, публиковать",
        "draft": "черновик, черновая, черновой вариант, скрыто, скрыта, скрыт, не публиковать,"
        " не опубликовано, не опубликована, не опубликован, не готово, на согласовании,"
        " на утверждении, на проверке, в работе",
        "withdrawn": "withdrawn, отозвано, отозвана, отозван, отозвать, снято, снята, снят,"
        " снято с публикации, снята с публикации, снят с публикации, снять с публикации",
    }.items()
    for state in states.split(", ")
}
_LISTS = frozenset(("categories", "tags", "attachments", "aliases"))
_comma = re.compile("[,;]")
TRUE = frozenset(("true", "yes", "on", "1", "y", "да"))
FALSE = frozenset(("false", "no", "off", "0", "n", "", "нет"))
_LANGUAGES = {"русский": "ru", "английский": "en", "татарский": "tt", "украинский": "uk"}
_OF_PICTURES = {
    "файл": "file",
    "описание": "alt",
    "чтонакартинке": "alt",
    "подпись": "caption",
    "подписьккартинке": "caption",
}


def english(key: str) -> str:
    """Return the key that a Russian one, without case, hyphens and spaces, is first of all."""
    if key in CORRECTED:
        return "correction"
    if key in PUBLISH:
        return "publishdate"
    return "status" if key in WITHDRAW else _KEYS.get(key, key)


def state(text: str) -> str:
    """Return the status that a text names in Russian, or the text in small letters."""
    word = unquoted(text).lower()
    return _STATES.get(word, word)


def in_english(key: str, value: Value, zone: ZoneInfo) -> Iterator[tuple[str, Value]]:
    """Yield the keys and values that one key and value mean; itself if they are in English.

    `key` has no case, hyphens and spaces.
    """
    written, name = value.content, english(key)
    if isinstance(written, str) and name in _LISTS and key in _KEYS:
        parts = (unquoted(part.strip()) for part in _comma.split(written))
        written = tuple(filter(None, parts))
    if not isinstance(written, str):
        yield name, Value(value.line, _of_picture(name, written))
        return
    word = unquoted(written).lower()
    if key in WITHDRAW:
        yield from _withdrawn(word, value, zone)
    elif key in CORRECTED:
        yield ("updated" if is_meant(written, zone) else "correction"), value
    elif key in PUBLISH and word in TRUE | FALSE:
        yield "publish", value
    else:
        yield name, Value(value.line, _translated(name, word, written))


def _withdrawn(word: str, value: Value, zone: ZoneInfo) -> Iterator[tuple[str, Value]]:
    if word in FALSE:
        return
    if is_meant(word, zone):  # when it is to go
        yield "unpublishdate", value
        return
    yield "status", Value(value.line, "withdrawn")
    if word not in TRUE and word not in _STATES:
        yield "reason", value


def _translated(name: str, word: str, written: str) -> str:
    if name == "lang":
        return _LANGUAGES.get(word, written)
    if name in ("status", "poststatus", "visibility"):
        return _STATES.get(word, written)
    return written


def _of_picture(name: str, written: Content) -> Content:
    """Return what is written of a picture with the names of its parts in English."""
    if name != "image" or not isinstance(written, dict):
        return written
    return {part_of_picture(name): content for name, content in written.items()}


def part_of_picture(name: str) -> str:
    """Return the English name of a part of a picture: `file`, `alt`, `caption`, or another."""
    bare = name.lower().replace(" ", "")
    return _OF_PICTURES.get(bare, bare)
