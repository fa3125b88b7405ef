"""Feed readers that take the address of a feed from a link."""

from urllib.parse import quote

# The address stands at the end, percent-encoded as one component.
_WEBSITES = {
    "Feedly": "https://feedly.com/i/subscription/feed%2F",
    "Inoreader": "https://www.inoreader.com/?add_feed=",
    "NewsBlur": "https://www.newsblur.com/?url=",
    "The Old Reader": "https://theoldreader.com/feeds/subscribe?url=",
    "Feedbin": "https://feedbin.com/?subscribe=",
}


def websites(address: str) -> dict[str, str]:
    """Return the links that open a feed in readers on the web, by the readers' names."""
    quoted = quote(address, safe="")
    return {name: start + quoted for name, start in _WEBSITES.items()}


def program(address: str) -> str:
    """Return the link that opens a feed in the reader on this device, if there is one.

    `feed://host/` stands for `http://host/`. Any other scheme has to be named, which programs
    understand, though it is no valid URL in the strict sense of the URL standard.
    """
    if address.startswith("http://"):
        return f"feed:{address.removeprefix('http:')}"
    return f"feed:{address}"
