"""The settings that `feedsvc init` asks for, and its options of the same names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from feedsvc.i18n import N_


@dataclass(frozen=True, slots=True)
class Question:
    """A setting to ask for: its key, what is asked, and what to know before answering."""

    key: str
    text: str
    hint: str = ""

    @property
    def option(self) -> str:
        """Return the name of the option that answers it."""
        return f"--{self.key.replace('_', '-')}"


LANGUAGE = Question("language", N_("Language of the site (en, ru)"))
QUESTIONS = (
    Question("title", N_("Name of the site")),
    Question("author", N_("Who publishes, such as «Press office of the district»")),
    Question(
        "timezone",
        N_("Time zone"),
        N_("Dates without one are in it. Its name is like Europe/Moscow."),
    ),
    Question(
        "base_url",
        N_("Address of the site"),
        N_(
            "Where readers will find it, such as https://news.example. Leave it empty if you do"
            " not know yet, or only want to try."
        ),
    ),
    Question(
        "authority",
        N_("Root of all ids"),
        N_(
            "Your domain, and a year in which it is yours: news.example,2026. The ids of all news"
            " begin with it for ever; it stays even if the site moves."
        ),
    ),
    Question(
        "contact",
        N_("Mail address of the press office"),
        N_("It stands on every page and in the feeds. May be empty."),
    ),
)


def init_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each question to a command."""
    for question in reversed((LANGUAGE, *QUESTIONS)):
        option = click.option(question.option, question.key, metavar=N_("TEXT"), help=question.text)
        command = option(command)
    return command
