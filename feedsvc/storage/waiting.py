"""The files that are still being copied, as the writer records them and the desk shows them."""

from dataclasses import dataclass

import msgspec

# So many of them are listed; if there are more, they are only counted.
MAX_WAITING = 100


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that is not complete yet.

    `path` is relative to the entries folder; `since` is when it was first seen, in
    microseconds since the epoch.
    """

    path: str
    since: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The files that are not complete yet: how many, and those that wait longest."""

    count: int
    files: tuple[WaitingFile, ...]


NONE = Waiting(0, ())
encode = msgspec.json.encode
decode = msgspec.json.Decoder(Waiting).decode
