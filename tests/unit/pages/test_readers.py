"""Links that open a feed in a reader."""

from urllib.parse import parse_qsl, unquote, urlsplit

from feedsvc.pages import readers

ADDRESS = "https://news.example/feeds/search/%D0%B4%D0%B2%D0%BE%D1%80%20%22a&b%22/atom.xml"


def test_each_website_gets_the_address_as_it_is() -> None:
    links = readers.websites(ADDRESS)
    assert list(links) == ["Feedly", "Inoreader", "NewsBlur", "The Old Reader", "Feedbin"]
    feedly = links.pop("Feedly")
    assert unquote(feedly) == f"https://feedly.com/i/subscription/feed/{ADDRESS}"
    for link in links.values():
        assert [value for _, value in parse_qsl(urlsplit(link).query)] == [ADDRESS], link
        assert urlsplit(link).scheme == "https"


def test_a_program_gets_the_address_with_its_scheme() -> None:
    assert readers.program(ADDRESS) == f"feed:{ADDRESS}"
    assert readers.program("http://127.0.0.1:8000/a") == "feed://127.0.0.1:8000/a"
