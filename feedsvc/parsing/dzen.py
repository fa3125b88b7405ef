"""What a text says about Dzen: where that is to show it, and pictures that it would not take."""

from datetime import timedelta

from feedsvc import clock
from feedsvc.dates import to_microseconds
from feedsvc.model import DZEN_WIDTH, ContentType, Entry
from feedsvc.parsing.context import Context
from feedsvc.parsing.russian import FALSE, TRUE
from feedsvc.parsing.yaml_values import Value
from feedsvc.text import unquoted

# What Dzen gets is not older; the pictures of other texts do not matter to it.
SPAN = timedelta(days=7)
_MEANT: dict[str, ContentType | None] = {
    **dict.fromkeys(("news", "новости и дзен", "дзен и новости", "везде"), "news"),
    **dict.fromkeys(("news_only", "только новости", "только в новостях"), "news_only"),
    **dict.fromkeys(("blogs_only", "только дзен", "только в дзене", "только канал"), "blogs_only"),
    **dict.fromkeys(TRUE),
    **dict.fromkeys(FALSE, "nowhere"),
}
_SHOWN_NAMES = 3


def is_content_type(text: str) -> bool:
    """Return whether a text says where Dzen is to show an entry."""
    return _word(text) in _MEANT


def content_type(value: Value | None, context: Context) -> ContentType | None:
    """Return where Dzen is to show an entry; None if the site decides, or if that is unclear."""
    if value is None:
        return None
    text = str(value.content)
    if not is_content_type(text):
        context.report("bad-dzen", value.line, value=text)
    return _MEANT.get(_word(text))


def _word(text: str) -> str:
    word = " ".join(unquoted(text).lower().split())
    return word if word in _MEANT else word.replace("-", "_").replace(" ", "_")


def checked(entry: Entry, context: Context) -> Entry:
    """Return an entry; report its pictures that Dzen would not take, if it gets the entry."""
    is_for_it = context.settings.dzen and entry.dzen != "nowhere" and entry.status == "published"
    if not is_for_it or to_microseconds(entry.published + SPAN) < clock.now():
        return entry
    files = (*([entry.image] if entry.image else []), *entry.inline, *entry.attachments)
    narrow = [file.name for file in files if file.width and file.width < DZEN_WIDTH]
    if narrow:
        more = ", …" if len(narrow) > _SHOWN_NAMES else ""
        names = ", ".join(narrow[:_SHOWN_NAMES]) + more
        context.report("dzen-narrow", names=names, width=DZEN_WIDTH)
    return entry
