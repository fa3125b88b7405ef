"""Feeds to responses: the whole of one, or only what whoever asks has not seen."""

from collections.abc import Callable
from functools import partial

from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.exceptions import NotFound
from werkzeug.http import parse_accept_header

from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS, FOR_READERS, Feed, channel, delta
from feedsvc.feeds.channel import Channel
from feedsvc.settings import Settings
from feedsvc.web.document_cache import Kept, Shelf
from feedsvc.web.representation import Document, document
from feedsvc.web.responses import answer

# Their library asks for only what is new without their knowing. rss2email takes a
# 226 for a failure, and never comes to the whole feed again.
_UNAWARE = ("feedparser/", "universalfeedparser/", "rss2email/")
Select = Callable[[Edition], Channel]


class FeedViews:
    """The routes of feeds, of the site and of its categories."""

    def __init__(self, settings: Settings, shelf: Shelf) -> None:
        self._settings = settings
        self._shelf = shelf

    def render_ahead(self) -> None:
        """Have the site's own feeds rendered right after each change."""
        for name, feed in FOR_READERS.items():
            select = partial(self._select, name, None)
            self._shelf.want(channel.feed_path(name), partial(self._whole, feed, select))

    def feed(self, name: str, slug: str | None = None) -> Response:
        """Answer with a feed of the site or of a category, or only what is new in it."""
        feed = (FEEDS if slug is None else FOR_READERS).get(name)
        if feed is None:
            raise NotFound
        return self.tell(request.path, feed, partial(self._select, name, slug))

    def tell(self, key: str, feed: Feed, select: Select, *, dated: bool = True) -> Response:
        """Answer with a feed of whatever is selected, kept by a key.

        Without `dated` it says nothing of when it last changed.
        """
        kept = self._shelf.get(key, partial(self._whole, feed, select))
        response = answer(kept, dated=dated)
        if feed.for_readers:
            response.vary.add("A-IM")
            if response.status_code == 200 and _asks_for_news():
                if not request.user_agent.string.lower().startswith(_UNAWARE):
                    response = self._only_new(key, feed, select, kept, dated=dated) or response
                response.vary.add("User-Agent")
        return response

    def _select(self, name: str, slug: str | None, edition: Edition) -> Channel:
        if slug is None:
            return FEEDS[name].select(edition, self._settings, name)
        selected = channel.of_category(edition, self._settings, name, slug)
        if selected is None:
            raise NotFound
        return selected

    def _whole(self, feed: Feed, select: Select, edition: Edition) -> Document:
        told = select(edition)
        codes = delta.codes(told, self._settings) if feed.for_readers else ()
        return document(feed.render(told, self._settings), feed.served_as, codes)

    def _only_new(
        self, key: str, feed: Feed, select: Select, kept: Kept, *, dated: bool
    ) -> Response | None:
        """Answer with what whoever asks has not seen (RFC 3229); None where that is everything."""
        whole = kept.document
        known = delta.seen(request.if_none_match.as_set(include_weak=True))
        if known.isdisjoint(whole.codes):
            return None

        def render(edition: Edition) -> Document:
            told = delta.unseen(select(edition), self._settings, known)
            return Document(feed.served_as, feed.render(told, self._settings), whole.tag)

        unseen = b"".join(code for code in whole.codes if code not in known)
        part = self._shelf.get(f"{key} {whole.tag} {unseen.hex()}", render)
        if part.made_in != kept.made_in:
            return None  # the catalogue has just changed
        response = answer(part, conditional=False, dated=dated)
        response.status = "226 IM Used"
        response.headers["IM"] = "feed"
        response.vary.add("A-IM")
        # A cache that does not know 226 must not give it to others (RFC 3229, 10.5.1).
        response.cache_control.clear()
        response.cache_control.no_store = True
        return response


def _asks_for_news() -> bool:
    accepted = parse_accept_header(request.headers.get("A-IM"), Accept)
    return any(name.lower() == "feed" and quality > 0 for name, quality in accepted)
