"""Delta feeds: RFC 3229 with the instance manipulation `feed`.

The entity tag of a feed encodes which entries its client has, and in which version: after a
digest of the whole representation come four bytes for each entry and each withdrawn entry, or
for each group of them if there are many. So the server keeps no state about clients, and every
replica answers alike.
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

# In bytes: the digest of the representation, and that of one entry.
_DIGEST_SIZE = 12
_ENTRY_DIGEST_SIZE = 4
# With more digests an entity tag would exceed 1 KB; servers in front refuse long headers.
_MAX_DIGESTS = 180
_encode = msgspec.json.encode


def entry_digests(channel: Channel, settings: Settings) -> tuple[bytes, ...]:
    """Return the digests, of four bytes each, that identify the entries of a channel in a tag.

    There is one for each entry, then for each withdrawn one, or, if they are many, one for each
    group of them.
    """
    return tuple(dict.fromkeys(_digests(channel, settings)))


def _digests(channel: Channel, settings: Settings) -> list[bytes]:
    """Return the digest that each entry and each withdrawn one stands for in the tag.

    The key is made of everything else that the rendered entry depends on.
    """
    context = (channel.path, settings.site, settings.authority, settings.author, settings.language)
    key = blake2b(_encode(context)).digest()
    entries = _all_entries(channel)
    digests = [_digest(_encode(entry), key) for entry in entries]
    if len(entries) <= _MAX_DIGESTS:
        return digests
    # An entry stays in its group, which changes only with one of its entries.
    groups = [int.from_bytes(_digest(entry.id.encode())) % _MAX_DIGESTS for entry in entries]
    members: dict[int, list[bytes]] = {}
    for group, digest in zip(groups, digests, strict=True):
        members.setdefault(group, []).append(digest)
    of_group = {group: _digest(b"".join(digests), key) for group, digests in members.items()}
    return [of_group[group] for group in groups]


def _digest(data: bytes, key: bytes = b"") -> bytes:
    return blake2b(data, digest_size=_ENTRY_DIGEST_SIZE, key=key).digest()


def known_digests(tags: Iterable[str | None]) -> frozenset[bytes]:
    """Return the entry digests in entity tags, of whatever feed or content coding.

    A tag that is not one of ours contributes nothing.
    """
    digests: set[bytes] = set()
    for tag in tags:
        text = (tag or "").partition(".")[0]
        try:
            data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            continue
        size = _ENTRY_DIGEST_SIZE
        if len(data) % size == 0:
            digests.update(data[at : at + size] for at in range(_DIGEST_SIZE, len(data), size))
    return frozenset(digests)


def unseen(channel: Channel, settings: Settings, known: frozenset[bytes]) -> Channel:
    """Return the channel with only the entries and withdrawals whose digests are not known."""
    digests = zip(_all_entries(channel), _digests(channel, settings), strict=True)
    new = {id(entry) for entry, digest in digests if digest not in known}
    return replace(
        channel,
        entries=tuple(entry for entry in channel.entries if id(entry) in new),
        withdrawn=tuple(entry for entry in channel.withdrawn if id(entry) in new),
    )


def _all_entries(channel: Channel) -> tuple[Entry, ...]:
    return channel.entries + channel.withdrawn
