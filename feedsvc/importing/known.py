"""What an entries folder holds already: the identities of its entries, and the names taken."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from feedsvc.importing.item import Item
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.storage.updates import FileUpdate
from feedsvc.sync.readers import Readers
from feedsvc.sync.scanner import Scan
from feedsvc.urls import old_address

_decode = msgspec.json.Decoder(Entry).decode
# In bytes: the beginning of a file that could not be read, where its header is.
_HEAD = 8192
_identity = re.compile(r"^(?:guid:|address:|-)[ \t]*[\"']?([^\s\"']+)[\"']?[ \t]*$", re.MULTILINE)


class Known:
    """The entries of a folder, and those that are added."""

    def __init__(self, settings: Settings) -> None:
        """Read the folder. Raises EntriesUnavailable, ReadersUnavailable."""
        self._settings = settings
        self._identities: set[str] = set()
        self._added: set[str] = set()
        # In small letters, as some file systems do not tell them apart.
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}
        scan = sorted(Scan(settings.entries), key=lambda file: file.path)
        with closing(Readers(settings, lambda _death: None)) as readers:
            for update in readers.read(scan):
                self._note(update)

    def _note(self, update: FileUpdate) -> None:
        self._names.add(Path(update.path).stem.lower())
        if update.stored is None:
            head = _beginning(self._settings.entries / update.path)
            self._identities.update(_keys(_identity.findall(head)))
            return
        entry = _decode(update.stored.data)
        self._names.add(entry.id.lower())
        own = f"tag:{self._settings.authority}:{entry.id}"
        written = (own, entry.guid or "", entry.address or "", *entry.aliases)
        self._identities.update(_keys(written), (_moment_and_title(entry.published, entry.title),))

    def add(self, item: Item) -> bool | None:
        """Note an item; return False if the folder has it, None if it was added before."""
        others = () if item.guid else item.aliases
        keys = _keys((item.guid, item.address, *others))
        keys = keys or {_moment_and_title(item.published, item.title)}
        if keys & self._identities:
            return False
        if keys & self._added:
            return None
        self._added.update(keys)
        return True

    def free_name(self, name: str) -> str:
        """Return a name that no entry has, and take it: this one, or one with a number."""
        free = name
        while free.lower() in self._names:
            number = self._numbers[name] = self._numbers.get(name, 1) + 1
            free = f"{name[:120]}-{number}"
        self._names.add(free.lower())
        return free


def _keys(written: Iterable[str]) -> set[str]:
    return set(_forms(written))


def _forms(written: Iterable[str]) -> Iterator[str]:
    for each in filter(None, written):
        is_address = each.startswith(("http:", "https:", "/"))
        yield (is_address and old_address(each)) or each


def _moment_and_title(moment: datetime | None, title: str) -> str:
    return f"{moment.timestamp() if moment else ''} {title}"


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""
