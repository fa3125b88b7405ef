"""The states that a page can be in, by name."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from tests.support.service import page


class Site(Enum):
    """The services by what they hold: many entries, none yet, no catalogue yet."""

    FULL = "full"
    EMPTY = "empty"
    UNREADY = "unready"


@dataclass(frozen=True, slots=True)
class State:
    """A page in one state: what to ask for, and what answers.

    `kind` is `entry`, `list`, `search`, `error` or `other`; `pictures` states that the page
    shows pictures of entries.
    """

    path: str
    kind: str
    status: int = 200
    site: Site = Site.FULL
    method: str = "GET"
    pictures: bool = False


# Every state that people can see; the tests apply each rule to each of them.
STATES = {
    "home": State("/", "list", pictures=True),
    "month of hundreds": State("/archive/2026/01/", "list"),
    "month between others": State("/archive/2026/03/", "list"),
    "oldest month": State("/archive/2014/08/", "list"),
    "archive": State("/archive/", "other"),
    "category": State("/category/obyavleniya/", "list", pictures=True),
    "category in a month": State("/category/dvory/2026/03/", "list"),
    "category with one entry": State("/category/dvory/", "list"),
    "category with a long label": State(
        "/category/blagoustroystvo-dvorov-i-skverov/", "list", pictures=True
    ),
    "subscribe": State("/feeds/", "other"),
    "subscribe to a category": State("/feeds/category/dvory/", "other"),
    "subscribe to a search": State(
        "/feeds/search/%D1%80%D0%B5%D0%BC%D0%BE%D0%BD%D1%82/subscribe", "other"
    ),
    # Its address is too long for a QR code.
    "subscribe to a long search": State(
        f"/feeds/search/{quote(' '.join(letter * 18 for letter in 'абвгдежзик'))}/subscribe",
        "other",
    ),
    "search, nothing asked": State("/search", "search"),
    "search, empty words": State("/search?q=+", "search"),
    "search, found": State(
        "/search?q=%D1%80%D0%B5%D0%BC%D0%BE%D0%BD%D1%82", "search", pictures=True
    ),
    "search, narrowed": State(
        "/search?q=%D0%B4%D0%BE%D0%BC&category=dvory&from=2026-01-01&to=2026-12-31", "search"
    ),
    "search, nothing found": State("/search?q=%D1%8A%D1%8A%D1%8A%D1%8A", "search"),
    "search, junk": State("/search?q=%22%3E%3Cscript%3Efired(1)%3C/script%3E%00%FF", "search"),
    "search, one long word": State(f"/search?q={'w' * 150}", "search"),
    "entry, press text": State(page("1204713"), "entry"),
    "entry, sample": State(page("subbotnik"), "entry"),
    "entry, corrected": State(page("grafik-priema"), "entry"),
    "entry, updated": State(page("updated"), "entry"),
    "entry, picture": State(page("picture"), "entry", pictures=True),
    "entry, tall picture": State(page("tall"), "entry", pictures=True),
    "entry, gallery": State(page("gallery"), "entry", pictures=True),
    "entry, pictures in the text": State(page("inline"), "entry", pictures=True),
    "entry, files": State(page("files"), "entry"),
    "entry, everything": State(page("everything"), "entry", pictures=True),
    "entry, English": State(page("english"), "entry"),
    "entry, title of 300 characters": State(page("long-title"), "entry"),
    "entry, one line": State(page("one-line"), "entry"),
    "entry, endless word": State(page("word"), "entry"),
    "entry, wide table": State(page("table"), "entry"),
    "entry, structure": State(page("structure"), "entry"),
    "entry, many categories": State(page("categories"), "entry"),
    "not found": State("/nothing", "error", 404),
    "month before all news": State("/archive/2013/01/", "error", 404),
    "month without news": State("/archive/2026/02/", "error", 404),
    "withdrawn": State(page("otozvano"), "error", 410),
    "removed": State(page("removed"), "error", 410),
    "not allowed": State("/", "error", 405, method="POST"),
    "not ready": State("/", "error", 503, Site.UNREADY),
    "empty home": State("/", "other", site=Site.EMPTY),
    "empty archive": State("/archive/", "other", site=Site.EMPTY),
    "empty subscribe": State("/feeds/", "other", site=Site.EMPTY),
    "empty search": State("/search?q=%D0%B4%D0%BE%D0%BC", "search", site=Site.EMPTY),
    "empty category": State("/category/dvory/", "error", 404, Site.EMPTY),
}
# One of each template and status, for rules that more states would not test further.
ONE_OF_EACH = (
    "home",
    "month between others",
    "archive",
    "category",
    "subscribe",
    "subscribe to a search",
    "search, found",
    "entry, everything",
    "not found",
    "withdrawn",
    "not allowed",
    "not ready",
    "empty home",
)
ENTRIES = {name: state for name, state in STATES.items() if state.kind == "entry"}
LISTS = {name: state for name, state in STATES.items() if state.kind == "list"}
