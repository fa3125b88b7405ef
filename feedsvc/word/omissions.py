"""Omissions: what of a document cannot be published, counted while it is read."""

from collections import Counter

from feedsvc.parsing.context import Context

# The codes of what is counted, in the order in which it is told.
COUNTED = (
    "word-tracked",
    "word-hidden",
    "word-text-boxes",
    "word-drawings",
    "word-objects",
    "word-equations",
    "word-comments",
)


class Omissions:
    """What was left out so far."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._pictures: dict[tuple[str, str], None] = {}

    def add(self, code: str) -> None:
        """Count one more of a kind, which is one of `COUNTED`."""
        self._counts[code] += 1

    def add_picture(self, code: str, name: str) -> None:
        """Note a picture that is left out."""
        self._pictures[code, name] = None

    def report(self, context: Context) -> None:
        """Report all of it as problems of the file."""
        for code in COUNTED:
            if self._counts[code]:
                context.report(code, count=self._counts[code])
        for code, name in self._pictures:
            context.report(code, name=name)
