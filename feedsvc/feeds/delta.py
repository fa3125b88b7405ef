"""Only what is new: RFC 3229 with the instance manipulation `feed`.

The entity tag of a feed says which entries whoever has it has seen, and in what
form: after a digest of the whole, four bytes for each entry and each withdrawal.
So nothing is remembered of any reader, and every replica answers alike.
"""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

import msgspec

from feedsvc.feeds.channel import Channel
from feedsvc.model import Entry
from feedsvc.settings import Settings

_DIGEST = 12
_CODE = 4
_encode = msgspec.json.encode


def entry_digests(channel: Channel, settings: Settings) -> tuple[bytes, ...]:
    """Give the code of each entry of a channel, and then of each withdrawn one."""
    said = (channel.path, settings.site, settings.authority, settings.author, settings.language)
    key = blake2b(_encode(said)).digest()
    return tuple(
        blake2b(_encode(entry), digest_size=_CODE, key=key).digest() for entry in _all(channel)
    )


def known_digests(tags: Iterable[str | None]) -> frozenset[bytes]:
    """Give the entry_digests in entity tags, whichever feeds and codings they belong to."""
    found: set[bytes] = set()
    for tag in tags:
        text = (tag or "").partition(".")[0]
        try:
            data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            continue
        if len(data) % _CODE == 0:
            found.update(data[at : at + _CODE] for at in range(_DIGEST, len(data), _CODE))
    return frozenset(found)


def unseen(channel: Channel, settings: Settings, known: frozenset[bytes]) -> Channel:
    """Give the channel with only the entries and withdrawals whose entry_digests are not known."""
    new = {
        id(entry)
        for entry, code in zip(_all(channel), entry_digests(channel, settings), strict=True)
        if code not in known
    }
    return replace(
        channel,
        entries=tuple(entry for entry in channel.entries if id(entry) in new),
        withdrawn=tuple(entry for entry in channel.withdrawn if id(entry) in new),
    )


def _all(channel: Channel) -> tuple[Entry, ...]:
    return channel.entries + channel.withdrawn
