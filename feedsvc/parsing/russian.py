"""What is written above texts in Russian, as keys and values of front matter (see `keys`)."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from feedsvc.dates import parse_date
from feedsvc.parsing.yaml_values import Content, Value

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
        "pinned": "закрепить закреплено",
        "expires": "действуетдо действительнодо",
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
TRUE = frozenset(("true", "yes", "on", "1", "y", "да"))
FALSE = frozenset(("false", "no", "off", "0", "n", "", "нет"))
_LANGUAGES = {"русский": "ru", "английский": "en", "татарский": "tt", "украинский": "uk"}
_OF_PICTURES = {
    "файл": "file",
    "описание": "alt",
    "чтонакартинке": "alt",
    "подпись": "caption",
}
_QUOTES = {'"': '"', "'": "'", "«": "»", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "”": "”"}


def unquoted(text: str) -> str:
    """Return a text without the quotation marks of any kind around the whole of it."""
    inner = text[1:-1].strip()
    closing = _QUOTES.get(text[:1])
    if closing is None or len(text) < 2 or text[-1] not in closing:
        return text
    is_whole = not any(mark in inner for mark in (text[0], *closing))
    return inner if is_whole else _nested(text, closing)


def _nested(text: str, closing: str) -> str:
    """Return a text without its outer quotation marks if they belong together."""
    depth = 0
    for position, mark in enumerate(text):
        # A mark that opens and closes closes, unless it is the first one.
        if mark in closing and position:
            depth -= 1
            if depth == 0 and position < len(text) - 1:
                return text
        elif mark == text[0]:
            depth += 1
    return text[1:-1].strip() if depth == 0 else text


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
    written = value.content
    if not isinstance(written, str):
        yield english(key), Value(value.line, _of_picture(english(key), written))
        return
    word = unquoted(written).lower()
    if key in WITHDRAW:
        yield from _withdrawn(word, value, zone)
    elif key in CORRECTED:
        yield ("updated" if parse_date(written, zone) else "correction"), value
    elif key in PUBLISH and word in TRUE | FALSE:
        yield "publish", value
    else:
        name = english(key)
        yield name, Value(value.line, _translated(name, word, written))


def _withdrawn(word: str, value: Value, zone: ZoneInfo) -> Iterator[tuple[str, Value]]:
    if word in FALSE:
        return
    if parse_date(word, zone):  # when it is to go
        yield "expires", value
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
    named = ((each.lower().replace(" ", ""), content) for each, content in written.items())
    return {_OF_PICTURES.get(each, each): content for each, content in named}
