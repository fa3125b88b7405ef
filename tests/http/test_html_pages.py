"""HTML pages, as they are served: months, categories, hidden entries, and caching of pages."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from feedsvc.model import Entry
from feedsvc.pages import html as pages
from tests.support.attacks import parsed
from tests.support.newsroom import Newsroom, item
from tests.support.pages import PAGE, related_links, texts


def test_drafts_and_future_entries_look_like_entries_that_never_existed(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish({"draft.md": item(status="draft"), "future.md": item(date="2999-01-01")})
    unknown, draft, future = (
        client.get(PAGE.format(name)) for name in ("unknown", "draft", "future")
    )
    assert unknown.status_code == draft.status_code == future.status_code == 404
    assert unknown.data == draft.data == future.data


def test_a_category_links_to_its_months_and_each_month_to_its_neighbours(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish(
        {
            f"{month}.md": item(f"In {month}", f"2026-{month}-01", categories="Город")
            for month in ("01", "03", "04")
        }
        | {"other.md": item("Other", "2026-03-01"), "later.md": item("L", "2026-05-01")}
    )
    html = client.get("/category/gorod/").text
    assert texts(html, "//ul[@class='months']//a") == ["апрель 2026", "март 2026", "январь 2026"]
    march = client.get("/category/gorod/2026/03/")
    assert march.status_code == 200
    assert texts(march.text, "//h1") == ["Город: март 2026"]
    assert texts(march.text, "//article/h3") == ["In 03"]
    assert related_links(march.text) == [
        ("prev", "/category/gorod/2026/01/"),
        ("next", "/category/gorod/2026/04/"),
    ]


@pytest.mark.parametrize("path", ["/archive", "/category/gorod"])
def test_a_month_without_entries_links_to_the_nearest_that_have_some(
    newsroom: Newsroom, client: FlaskClient, path: str
) -> None:
    newsroom.publish(
        {
            f"{month}.md": item(f"In {month}", f"2026-{month}-01", categories="Город")
            for month in ("01", "03")
        }
    )
    response = client.get(f"{path}/2026/02/")
    assert response.status_code == 404
    assert texts(response.text, "//h1") == ["За этот месяц новостей нет: февраль 2026"]
    assert related_links(response.text) == [
        ("prev", f"{path}/2026/01/"),
        ("next", f"{path}/2026/03/"),
    ]
    assert parsed(response.text).xpath("//meta[@name='robots']/@content") == ["noindex"]


@pytest.mark.parametrize("path", ["/archive/2026/13/", "/category/none/2026/01/", "/archive/x/01/"])
def test_a_month_that_does_not_exist_or_of_an_unknown_category_is_not_found(
    newsroom: Newsroom, client: FlaskClient, path: str
) -> None:
    newsroom.publish({"a.md": item()})
    response = client.get(path)
    assert (response.status_code, texts(response.text, "//h1")) == (404, ["Такой страницы нет"])


def test_a_page_is_rendered_again_only_if_something_on_it_has_changed(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def entry(title: str, day: int) -> bytes:
        return item(title, f"2026-01-{day:02}")

    rendered: list[str] = []
    render = pages.entry

    def counted(item: Entry, *arguments: Any, **others: Any) -> bytes:
        rendered.append(item.title)
        return render(item, *arguments, **others)

    monkeypatch.setattr(pages, "entry", counted)
    newsroom.publish(
        {f"{name}.md": entry(name.upper(), day) for day, name in enumerate("abcde", 1)}
    )
    # What changes, whether the page of `a` is rendered again, and what it shows.
    for changes, is_rendered, shown in (
        ({}, True, {"A", "B", "C", "D"}),
        ({"e.md": entry("E, newly", 5)}, False, {"A", "B", "C", "D"}),
        ({"f.md": entry("F", 6)}, False, {"A", "B", "C", "D"}),
        ({"b.md": entry("B, newly", 2)}, True, {"A", "B, newly", "C", "D"}),
        ({"a.md": entry("A, newly", 1)}, True, {"A, newly", "B, newly", "C", "D"}),
        ({"d.md": entry("D, newly", 4)}, True, {"A, newly", "B, newly", "C", "D, newly"}),
        ({"b.md": item(status="draft")}, True, {"A, newly", "C", "D, newly", "E, newly"}),
    ):
        newsroom.apply(changes)
        rendered.clear()
        page = parsed(client.get(PAGE.format("a")).text)
        assert bool(rendered) == is_rendered
        assert {text.strip() for text in page.xpath("//main//text()")} >= shown
