"""The Jinja environment: its filters, and the icon made of a letter."""

from urllib.parse import unquote

import pytest
from jinja2 import UndefinedError
from lxml import etree

from feedsvc.i18n import translations
from feedsvc.media import types
from feedsvc.pages import environment
from feedsvc.settings import Settings


@pytest.mark.parametrize(("title", "letter"), [("«Южное» сегодня", "Ю"), ("…", "•"), ("<b", "B")])
def test_the_icon_of_a_site_without_one_is_the_letter_of_its_title(title: str, letter: str) -> None:
    media_type, _, data = environment.letter_icon(title, "#0b57a4").partition(",")
    assert media_type == "data:image/svg+xml"
    assert etree.fromstring(unquote(data)).xpath("string()") == letter


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "документ"),
        ("a.XLSX", "таблица"),
        ("a.zip", "архив"),
        ("a.jpeg", "изображение"),
        ("a.mp3", "звукозапись"),
        ("a.mp4", "видео"),
    ],
)
def test_the_kind_of_a_file_has_a_name_in_russian(name: str, kind: str) -> None:
    assert translations("ru").gettext(types.kind(name)) == kind


def test_a_variable_that_is_not_set_is_an_error(settings: Settings) -> None:
    with pytest.raises(UndefinedError, match="'entries' is undefined"):
        environment.render("home.html", settings)
