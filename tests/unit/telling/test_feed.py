"""The private feed: valid Atom with ids that last."""

from dataclasses import replace

from lxml import etree

from feedsvc.telling.feed import problems_feed
from feedsvc.telling.incidents import Incidents
from tests.support.newsroom import SECOND
from tests.support.telling import BAD, GOOD, Office
from tests.support.validators import ATOM_GRAMMAR, validate_html, validate_links

ADDRESS = "https://desk.example/key/problems.xml"


def feed(office: Office) -> etree._Element:
    return valid(
        problems_feed(Incidents(office.settings.instance).recent(50), office.settings, ADDRESS)
    )


def valid(data: bytes) -> etree._Element:
    """Return a feed that is valid, its content included."""
    root = etree.fromstring(data)
    assert ATOM_GRAMMAR.validate(root), ATOM_GRAMMAR.error_log.last_error
    assert validate_links(root)["self"] == [ADDRESS]
    for content in root.iterfind("{*}entry/{*}content"):
        assert content.get("type") == "html"
        validate_html(content.text or "")
    return root


def texts(root: etree._Element, name: str) -> list[str | None]:
    return [each.text for each in root.iterfind(f"{{*}}entry/{{*}}{name}")]


def test_an_incident_is_an_entry_that_changes_with_it_under_the_same_id(office: Office) -> None:
    office.put("a.txt", BAD)
    before = feed(office)
    office.now += 60 * SECOND
    office.put("a.txt", GOOD)
    after = feed(office)
    assert texts(before, "title") == ["Не опубликовано: a.txt"]
    assert texts(after, "title") == ["Исправлено и опубликовано: a.txt"]
    assert texts(before, "id") == texts(after, "id")
    assert texts(before, "published") == texts(after, "published") == ["2026-07-01T15:00:02+03:00"]
    assert texts(before, "updated") == ["2026-07-01T15:00:02+03:00"]
    assert texts(after, "updated") == ["2026-07-01T15:01:03+03:00"]
    assert after.findtext("{*}updated") == "2026-07-01T15:01:03+03:00"
    (link,) = after.iterfind("{*}entry/{*}link")
    assert link.get("href") == "https://news.example/presscenter/news/detail/a.html"
    assert before.find("{*}entry/{*}link") is None


def test_the_newest_comes_first_and_ids_differ(office: Office) -> None:
    for name in ("a.txt", "b.txt"):
        office.put(name, BAD)
    root = feed(office)
    assert texts(root, "title") == ["Не опубликовано: b.txt", "Не опубликовано: a.txt"]
    assert len(set(texts(root, "id"))) == 2


def test_it_is_valid_whatever_stands_in_names(office: Office) -> None:
    office.put("a.txt", BAD)
    (incident,) = Incidents(office.settings.instance).recent(1)
    hostile = replace(incident, path='<b>&"\x00\ud800\ufffe\r\n]]>.txt', number=2)
    gone = replace(incident, mended=1, outcome="draft", number=3)
    root = valid(problems_feed((incident, hostile, gone), office.settings, ADDRESS))
    assert texts(root, "title")[1] == 'Не опубликовано: <b>&"?????]]>.txt'


def test_without_incidents_it_is_empty_and_valid(office: Office) -> None:
    root = valid(problems_feed((), office.settings, ADDRESS))
    assert root.findtext("{*}updated") == "1970-01-01T03:00:00+03:00"
