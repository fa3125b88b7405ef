"""Pinned entries: the first on the home page, and nowhere else."""

from flask.testing import FlaskClient

from tests.support.http import ATOM, get
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.pages import texts

# Of the home page, and of lists.
TITLES, LISTED = "//article/h2", "//article/h3"
PINNED = "//article[p/strong = 'Закреплено']/h2"


def test_pinned_entries_come_first_on_the_home_page_until_their_time_is_over(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    newsroom.publish(
        {
            "a.md": item("A", "2026-01-01", pinned="да"),
            "b.md": item("B", "2026-06-02", pinned="2026-07-01T12:00:01Z"),
            "c.md": item("C", "2026-06-03"),
            "d.md": item("D", "2026-06-02"),
        }
    )
    orders, tags = [], []
    for now in (NOW, NOW + SECOND - 1, NOW + SECOND):
        set_clock(now)
        response = get(client, "/")
        tags.append(response.headers["ETag"])
        orders.append("".join(texts(response.text, TITLES)))
        assert get(client, "/", If_None_Match=tags[0]).status_code == (
            304 if now < NOW + SECOND else 200
        )
    assert orders == ["BACD", "BACD", "ACDB"]
    assert texts(get(client, "/").text, PINNED) == ["A"]


def test_feeds_and_other_lists_stay_in_the_order_of_time(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish(
        {
            "a.md": item("A", "2026-06-01", pinned="yes", categories="News"),
            "b.md": item("B", "2026-06-02", categories="News"),
        }
    )
    for path in ("/archive/2026/06/", "/category/news/"):
        page = get(client, path).text
        assert texts(page, LISTED) == ["B", "A"], path
        assert "Закреплено" not in page
    feed = get(client, ATOM).text
    assert feed.index("<title>B</title>") < feed.index("<title>A</title>")


def test_three_entries_are_pinned_at_most_the_newest_of_them(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish(
        {f"{day}.md": item(str(day), f"2026-06-0{day}", pinned="yes") for day in range(1, 7)}
    )
    page = get(client, "/").text
    assert texts(page, PINNED) == ["6", "5", "4"]
    assert texts(page, TITLES) == ["6", "5", "4", "3", "2", "1"]


def test_a_site_of_nothing_but_pinned_news_has_news(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"a.md": item("A", pinned="yes")})
    page = get(client, "/").text
    assert texts(page, TITLES) == ["A"]
    assert "Новостей пока нет" not in page
