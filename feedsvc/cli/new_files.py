"""The files that `init` and `new` write: settings, an example, and a text to be filled in.

Entry files have the line ends of Windows, where they are edited: its older Notepads show
nothing else as lines. They are UTF-8 without a mark, which every Notepad recognizes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from textwrap import fill

from feedsvc.i18n import N_, translations

# By key: what is said above it in the settings file.
_COMMENTS = {
    "title": N_("The name of the site and its feeds."),
    "description": N_("One sentence about what is published."),
    "language": N_("The language of pages, messages and feeds: ru or en."),
    "timezone": N_("The time zone of dates that name none."),
    "authority": N_(
        "The ids of all news begin with it. Choose it before the first text is out, and never"
        " change it."
    ),
    "author": N_("The author of news that names none."),
    "base_url": N_(
        "The address that readers use. Without it, feeds contain the address that the service"
        " listens on: enough to try, but not for readers."
    ),
    "contact": N_("The mail address of the press office, on every page and in the feeds."),
}
_UNSET = {
    "base_url": "https://news.example",
    "authority": "news.example,2026",
    "contact": "press@news.example",
}


def settings_text(answers: Mapping[str, str]) -> str:
    """Return a settings file with these answers; what is empty stands in it as a comment."""
    _ = translations(answers["language"]).gettext
    description = _("The newest news: {title}").format(title=answers["title"])
    values = {**answers, "description": description}
    head = _("Settings of feedsvc. What each means, and all others: docs/settings.md.")
    lines = [_comment(head)]
    for key, comment in _COMMENTS.items():
        value = values[key]
        start = "" if value else "# "
        lines += ["", _comment(_(comment)), f"{start}{key} = {_quoted(value or _UNSET[key])}"]
    return "\n".join(lines) + "\n"


def example(now: datetime, language: str) -> str:
    """Return an entry file that shows what there is, and is not published as it is."""
    _ = translations(language).gettext
    text = _(
        "This is an example. It is a draft, so nobody sees it: take out the line «status: draft»,"
        " save the file, and it is on the site in a moment.\n\n"
        "Paragraphs are separated by blank lines. Addresses like www.mos.ru become links.\n\n"
        "- This is a list.\n"
        "- A picture with the name of this file, lying beside it, is shown above the text."
    )
    return _file(_head(_("Our site is open"), now, language), text)


def draft(title: str, now: datetime, language: str) -> str:
    """Return an entry file with a header, to be filled in, which is a draft."""
    _ = translations(language).gettext
    return _file(_head(title, now, language), _("Write the text here."))


def plain_text(title: str, now: datetime, language: str) -> str:
    """Return an entry file of plain text, to be filled in."""
    _ = translations(language).gettext
    return _lines(f"{title}\n\n{_moment(now)}\n\n{_('Write the text here.')}\n")


def _head(title: str, now: datetime, language: str) -> str:
    _ = translations(language).gettext
    is_draft = _("A draft is not published. When the text is ready, take out the next line.")
    more = _("If you need them, take out the # in front:")
    category, name = _("Announcements"), _("Name")
    return "\n".join(
        (
            f"title: {_quoted(title)}",
            f"date: {_moment(now)}",
            f"# {is_draft}",
            "status: draft",
            f"# {more}",
            f"# categories: [{category}]",
            f"# author: {name}",
        )
    )


def _file(head: str, text: str) -> str:
    return _lines(f"---\n{head}\n---\n\n{text}\n")


def _lines(text: str) -> str:
    return text.replace("\n", "\r\n")


def _moment(now: datetime) -> str:
    return now.strftime("%d.%m.%Y %H:%M")


def _comment(text: str) -> str:
    return fill(text, 90, initial_indent="# ", subsequent_indent="# ")


def _quoted(text: str) -> str:
    # What JSON escapes, TOML and YAML escape alike; `clean` has removed what JSON does not.
    return json.dumps(text, ensure_ascii=False)
