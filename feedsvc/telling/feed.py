"""The private feed: what happened to files, as Atom (RFC 4287). Pure."""

from collections.abc import Iterable
from datetime import datetime
from html import escape

from lxml import etree

from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.telling import wording
from feedsvc.telling.incidents import Incident

_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# How many problems of a file an entry names.
_EACH = 20


def problems_feed(incidents: Iterable[Incident], settings: Settings, address: str) -> bytes:
    """Return incidents as a feed, in the order given, as UTF-8.

    `address` is that of the feed itself. An incident is one entry, which changes when it does.
    """
    listed = tuple(incidents)
    title = Message(N_("{title}: what became of files"), {"title": settings.title})
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # as lxml takes it
    root.set(_XML_LANG, settings.language)
    _add(root, "id", f"tag:{settings.authority}:/problems")
    _add(root, "title", wording.printable(title.text(settings.language)))
    _add(root, "updated", _date(max((each.changed for each in listed), default=0), settings))
    etree.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=address)
    etree.SubElement(root, f"{{{_ATOM}}}link", rel="alternate", href=f"{settings.site}/")
    author = etree.SubElement(root, f"{{{_ATOM}}}author")
    _add(author, "name", wording.printable(settings.title))
    for incident in listed:
        _add_entry(root, incident, settings)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add_entry(root: etree._Element, incident: Incident, settings: Settings) -> None:
    entry = etree.SubElement(root, f"{{{_ATOM}}}entry")
    # The number alone begins anew with the database.
    identifier = f"{incident.since}-{incident.number}"
    _add(entry, "id", f"tag:{settings.authority}:/problems/{identifier}")
    _add(entry, "title", wording.headline(incident, settings))
    _add(entry, "updated", _date(incident.changed, settings))
    _add(entry, "published", _date(incident.since, settings))
    if incident.outcome == "published":
        href = wording.address(incident, settings)
        etree.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=href)
    lines = tuple(wording.details(incident, settings, _EACH))
    shown = lines or (wording.headline(incident, settings),)
    content = etree.SubElement(entry, f"{{{_ATOM}}}content", type="html")
    content.text = "\n".join(f"<p>{escape(line)}</p>" for line in shown)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _date(microseconds: int, settings: Settings) -> str:
    moment: datetime = from_microseconds(microseconds).astimezone(settings.timezone)
    return moment.isoformat(timespec="seconds")
