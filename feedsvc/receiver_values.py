"""The values of settings that name who is told outside: hubs, search engines and caches in front.

Each function validates one kind, as those of `setting_values` do.
"""

import re
from ipaddress import ip_network

from feedsvc import setting_values as values
from feedsvc.i18n import N_

# What subscribers of the hub get; the most seconds of a subscription: leases must end.
HUB_CONTENTS = ("full", "new")
LONGEST_LEASE = 31_536_000
# How many headers may list surrogate keys, and how many caches may be told what changed.
MAX_HEADERS = 4
MAX_PURGED = 20
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
# Without a user: what is in an address may come into the log.
_PURGE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/{][!-~]*)?"
)
_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?][!-~]*)?")
# Who is told by IndexNow: each of them tells all others that take part.
INDEXNOW_ENDPOINTS = ("https://yandex.com/indexnow", "https://www.bing.com/indexnow")
_MAX_ENDPOINTS = 10
# How many hosts or networks may be exempt from having to be public.
_MAX_PRIVATE = 100


def hosts_or_networks(value: object) -> tuple[str, ...]:
    """Return names of hosts in lower case, and networks with the length of their prefix."""
    found = dict.fromkeys(map(_host_or_network, values.texts(value, _MAX_PRIVATE)))
    return tuple(found)


def _host_or_network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        if re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9._-]+", text):
            return text.lower().rstrip(".")
        raise values.Unusable(
            N_('must be a list of hosts or networks, such as ["hub.local", "10.0.0.0/8"]')
        ) from error


def optional_url(value: object) -> str:
    text = values.plain_text(value)
    if text and not _URL.fullmatch(text):
        raise values.Unusable(N_("must be an address such as https://hub.example/, or empty"))
    return text


def hub_content(value: object) -> str:
    return values.one_of(HUB_CONTENTS, value)


def lease(value: object) -> int:
    return values.integer(value, least=1, most=LONGEST_LEASE)


def endpoints(value: object) -> tuple[str, ...]:
    listed = values.texts(value, _MAX_ENDPOINTS)
    if not all(map(_URL.fullmatch, listed)):
        raise values.Unusable(
            N_('must be a list of addresses, such as ["https://yandex.com/indexnow"]')
        )
    return tuple(dict.fromkeys(listed))


def indexnow_key(value: object) -> str:
    text = values.plain_text(value)
    if text and not re.fullmatch(r"[A-Za-z0-9-]{8,128}", text):
        raise values.Unusable(N_("must be 8 to 128 Latin letters, digits and hyphens, or empty"))
    return text


def method(value: object) -> str:
    text = values.plain_text(value).upper()
    if not re.fullmatch(r"[A-Z]{1,20}", text):
        raise values.Unusable(N_("must be a method of HTTP, such as PURGE"))
    return text


def header(value: object) -> str:
    text = values.plain_text(value)
    if not _HEADER.fullmatch(text):
        raise values.Unusable(N_("must be the name of a header, such as Surrogate-Key"))
    return text


def optional_header(value: object) -> str:
    return header(value) if values.plain_text(value) else ""


def headers(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(header, values.texts(value, MAX_HEADERS))))


def purge_urls(value: object) -> tuple[str, ...]:
    listed = values.texts(value, MAX_PURGED)
    if not all(_PURGE_URL.fullmatch(each) for each in listed):
        raise values.Unusable(
            N_('must be a list of addresses, such as ["http://cache.example:6081/"]')
        )
    return tuple(dict.fromkeys(listed))


def command(value: object) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise values.Unusable(N_('must be a command and its arguments, such as ["purge", "--all"]'))
    return tuple(listed)


def seconds(value: object) -> tuple[int, ...]:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or len(listed) > MAX_PURGED:
        raise values.Unusable(N_("must be a list of seconds, such as [10, 90]"))
    return tuple(sorted({values.integer(each, least=1, most=86400) for each in listed}))
