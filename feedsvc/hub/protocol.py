"""The protocol: what subscribers ask for, and how requests to them are made. Pure.

Sections are those of WebSub, W3C Recommendation, 23 January 2018.
"""

import re
from hmac import digest
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"
# In bytes: of a form, and of a secret (section 5.1).
MOST_FORM = 16 * 1024
MOST_SECRET = 199
# What is made of both has to be an address that can be requested.
_LONGEST_CALLBACK = 1000
_LONGEST_TOPIC = 500
_MOST_FIELDS = 50
_CALLBACK = re.compile(r"https?://[^/?#@\\\s]+(?:[/?][!-~]*)?", re.ASCII | re.IGNORECASE)
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
# RFC 3986 section 2.3.
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = (None, 80, 443)
_FIRST_FREE_PORT = 1024


class Refused(Exception):
    """A request is wrong; `text` tells its developer why (section 5.1.2), in English."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Asked(NamedTuple):
    """A request to subscribe or unsubscribe.

    `topic` is as it was given. `lease` is in seconds, None if the subscriber leaves it to us.
    """

    mode: str
    topic: str
    callback: str
    lease: int | None
    secret: bytes

    @property
    def host(self) -> str:
        """Return the host of the callback, in lower case."""
        return callback_host(self.callback)


def callback_host(callback: str) -> str:
    """Return the host of a callback, in lower case and without its port."""
    return (urlsplit(callback).hostname or "").rstrip(".")


def parse(media_type: str, body: bytes) -> Asked:
    """Return what a request asks for (section 5.1). Raises Refused."""
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise Refused(415, f"the Content-Type must be {FORM}")
    try:
        fields = parse_qs(
            body.decode(), errors="strict", strict_parsing=False, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Refused(400, "the body must be a form in UTF-8") from error

    def value(name: str) -> str:
        # "Hubs MUST ignore additional request parameters they do not understand."
        return fields.get(name, [""])[0]

    mode = value("hub.mode")
    if mode not in ("subscribe", "unsubscribe"):
        raise Refused(400, "hub.mode must be subscribe or unsubscribe")
    # "This parameter [...] MUST be ignored by the hub in that case."
    lease = value("hub.lease_seconds") if mode == "subscribe" else ""
    secret = value("hub.secret").encode()
    if len(secret) > MOST_SECRET:
        raise Refused(400, f"hub.secret must be at most {MOST_SECRET} bytes long")
    return Asked(
        mode, _topic(value("hub.topic")), _callback(value("hub.callback")), _lease(lease), secret
    )


def is_notice(body: bytes) -> bool:
    """Return whether a request is one of those that tell public hubs what has changed."""
    return b"hub.mode=publish" in body.split(b"&")


def _topic(url: str) -> str:
    if not url or len(url) > _LONGEST_TOPIC or not url.isprintable():
        raise Refused(400, "hub.topic must be the address of a feed, as its link rel=self has it")
    return url


def _callback(url: str) -> str:
    text = (
        "hub.callback must be an http or https address of at most 1000 ASCII characters,"
        " without a user, at port 80, 443 or above 1023"
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(400, text) from error
    is_usual = port in _PORTS or (port or 0) >= _FIRST_FREE_PORT
    usable = _CALLBACK.fullmatch(url) and "#" not in url and parts.hostname
    if not usable or not is_usual or len(url) > _LONGEST_CALLBACK:
        raise Refused(400, text)
    return url


def _lease(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,18}", text) or int(text) == 0:
        raise Refused(400, "hub.lease_seconds must be a positive decimal number")
    return int(text)


def canonical(topic: str) -> str:
    """Return a topic with what needs no escape decoded, as hubs must (section 5.1.1)."""

    def decoded(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(decoded, topic)


def granted(asked: int | None, *, least: int, most: int, default: int) -> int:
    """Return the lease that is granted, in seconds."""
    return default if asked is None else min(max(asked, least), most)


def verification(asked: Asked, challenge: str, lease: int) -> str:
    """Return the address that asks a subscriber whether it meant that (section 5.3)."""
    fields = {"hub.mode": asked.mode, "hub.topic": asked.topic, "hub.challenge": challenge}
    if asked.mode == "subscribe":
        fields["hub.lease_seconds"] = str(lease)
    return _with(asked.callback, fields)


def denial(callback: str, topic: str, why: str) -> str:
    """Return the address that tells a subscriber that it is denied (section 5.2)."""
    return _with(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": why})


def _with(callback: str, fields: dict[str, str]) -> str:
    """Return a callback with more fields behind those that it has; these stay as they are."""
    path, mark, query = callback.partition("?")
    join = "&" if query and not query.endswith("&") else ""
    return f"{path}?{query}{join}{urlencode(fields)}" if mark else f"{path}?{urlencode(fields)}"


def headers(hub: str, topic: str, media_type: str, secret: bytes, body: bytes) -> dict[str, str]:
    """Return the headers of a content distribution request (sections 7 and 7.1)."""
    found = {
        "Content-Type": media_type,
        # "The Hub SHOULD combine these headers into a single Link Header."
        "Link": f'<{hub}>; rel="hub", <{topic}>; rel="self"',
    }
    if secret:
        found["X-Hub-Signature"] = f"sha256={digest(secret, body, 'sha256').hex()}"
    return found
