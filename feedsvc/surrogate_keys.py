"""Surrogate keys: names by which a cache in front drops all responses that a change concerns.

They follow from what a response shows, so every replica names the same. A response has few: `all`,
and either `list`, if it lists news, or those of the entries that it names.
"""

# Of every response.
ALL = "all"
# Of what may change with any entry: pages that list news, feeds, sitemaps, searches, redirects.
LIST = "list"
# What separates the keys in a header; in all others, as `Cache-Tag` and `CDN-Tag`, it is a comma.
_SEPARATORS = {"surrogate-key": " ", "xkey": " ", "xkey-purge": " "}


def of_entry(entry_id: str) -> str:
    """Return the key of an entry: of its page, of its files, and of pages that lead to it."""
    return f"entry-{entry_id}"


def joined(header: str, keys: tuple[str, ...]) -> str:
    """Return the value of a header that lists keys."""
    return _SEPARATORS.get(header.lower(), ",").join(keys)
