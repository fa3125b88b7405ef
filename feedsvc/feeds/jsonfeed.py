"""JSON Feed 1.1 (jsonfeed.org/version/1.1), without extensions."""

from collections.abc import Mapping

import msgspec

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.feeds.channel import Channel
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel, with the full content of its entries, as UTF-8."""
    hub = channel.hub(settings)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": settings.site + channel.page,
        "feed_url": settings.site + channel.path,
        "description": settings.description,
        "icon": urls.logo_url("logo_square", settings),
        "favicon": urls.logo_url("icon", settings),
        "authors": [{"name": settings.author}],
        "language": channel.language or settings.language,
        "hubs": hub and [{"type": "WebSub", "url": hub}],
        "items": [_item(entry, settings) for entry in channel.entries],
    }
    return msgspec.json.encode(_without_empty(feed))


def _item(entry: Entry, settings: Settings) -> dict[str, object]:
    author = common.entry_author(entry)
    item = {
        "id": common.entry_id(entry, settings),
        "url": urls.entry_url(entry, settings),
        "title": entry.title,
        "content_html": common.entry_html(entry, settings) or entry.title,
        "summary": entry.summary,
        "image": entry.image and urls.media_url(entry, entry.image.name, settings),
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": author and [{"name": author}],
        "tags": [category.label for category in entry.categories],
        "language": entry.lang,
        "attachments": [_attachment(entry, file, settings) for file in common.enclosures(entry)],
    }
    return _without_empty(item)


def _attachment(entry: Entry, file: Attachment, settings: Settings) -> dict[str, object]:
    described = {
        "url": urls.media_url(entry, file.name, settings),
        "mime_type": file.media_type,
        "title": file.alt or file.name,
        "size_in_bytes": file.length,
    }
    return _without_empty(described)


def _without_empty(members: Mapping[str, object]) -> dict[str, object]:
    """Omit optional members without a value; `items` is required, even if empty."""
    return {name: value for name, value in members.items() if value or name == "items"}
