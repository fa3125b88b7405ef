"""What an import has done, and what it could not take."""

from collections.abc import Callable
from dataclasses import dataclass, field

from feedsvc.i18n import Message
from feedsvc.importing.item import LeftOut
from feedsvc.model import Problem

# Reports progress: how many texts of how many are done.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """Numbers of texts and files, what the service will say of them, and what is left out.

    `present` counts the texts that were there already, `settings` holds lines for the settings
    file under which the old site's addresses go on working.
    """

    written: int = 0
    drafts: int = 0
    present: int = 0
    files: int = 0
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)

    def leave_out(self, where: str, text: str, **values: object) -> None:
        """Note what is not taken, and why."""
        self.left_out.append(LeftOut(where, Message(text, values)))
