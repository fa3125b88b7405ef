"""What a kind of problem is."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: an error keeps a file from being published, a warning does not."""

    severity: Severity
    what: str
    advice: str


def error(what: str, advice: str) -> Kind:
    """Return a kind that keeps a file from being published."""
    return Kind("error", what, advice)


def warning(what: str, advice: str) -> Kind:
    """Return a kind that does not."""
    return Kind("warning", what, advice)
