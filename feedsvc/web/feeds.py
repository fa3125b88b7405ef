"""Feeds as responses: the whole of one, or only what the client has not seen."""

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.exceptions import NotFound
from werkzeug.http import parse_accept_header

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS, FOR_READERS, Feed, channel, delta, offered
from feedsvc.feeds.channel import Channel
from feedsvc.settings import Settings
from feedsvc.web.dictionaries import CODING, Dictionaries, Dictionary
from feedsvc.web.document_cache import CachedDocument, DocumentCache
from feedsvc.web.representation import Representation, represent
from feedsvc.web.responses import is_asked_for, respond, respond_unconditionally, with_hub

# Their library requests deltas without the program knowing. rss2email takes a 226 for a
# failure, and never requests the whole feed again.
_UNAWARE = ("feedparser/", "universalfeedparser/", "rss2email/")
Select = Callable[[Edition], Channel]


class FeedViews:
    """The views of the feeds of the site, of its categories and its languages."""

    def __init__(self, settings: Settings, cache: DocumentCache) -> None:
        self._settings = settings
        self._cache = cache
        self._dictionaries = Dictionaries()
        self._keeps_versions = False
        for name, feed in FOR_READERS.items():
            select = partial(self._newest, feed, name)
            cache.render_ahead(urls.feed_path(name), partial(self._whole, feed, select))

    def views(self) -> Mapping[str, Callable[..., Response]]:
        """Return the views by the names of their documents."""
        return {
            **{f"feed {name}": partial(self._feed, feed, name) for name, feed in FEEDS.items()},
            **{
                f"category feed {name}": partial(self._category_feed, feed, name)
                for name, feed in FOR_READERS.items()
            },
            **{
                f"language feed {name}": partial(self._language_feed, feed, name)
                for name, feed in FOR_READERS.items()
            },
        }

    def _feed(self, feed: Feed, name: str) -> Response:
        if name not in offered(self._settings):
            raise NotFound
        response = self.respond(request.path, feed, partial(self._newest, feed, name))
        if not feed.for_readers:
            return response
        return with_hub(response, urls.feed_path(name), self._settings)

    def _category_feed(self, feed: Feed, name: str, slug: str) -> Response:
        def select(edition: Edition) -> Channel:
            return _found(channel.for_category(edition, self._settings, name, slug))

        response = self.respond(request.path, feed, select)
        return with_hub(response, urls.feed_path(name, slug), self._settings)

    def _language_feed(self, feed: Feed, name: str, tag: str) -> Response:
        def select(edition: Edition) -> Channel:
            return _found(channel.for_language(edition, self._settings, name, tag))

        response = self.respond(request.path, feed, select)
        return with_hub(response, urls.language_feed_path(name, tag), self._settings)

    def _newest(self, feed: Feed, name: str, edition: Edition) -> Channel:
        return feed.select(edition, self._settings, name)

    def respond(self, key: str, feed: Feed, select: Select, *, dated: bool = True) -> Response:
        """Return the feed of a selection, cached under a key.

        Without `dated` it has no `Last-Modified`.
        """
        cached = self._cache.get(key, partial(self._whole, feed, select))
        answer = partial(respond, dated=dated)
        if not feed.for_readers:
            return answer(cached)
        has_dictionaries = is_asked_for(CODING)
        dictionary = self._dictionary(cached) if has_dictionaries else None
        response = answer(cached, dictionary=dictionary)
        response.vary.add("A-IM")
        if response.status_code == 200 and _accepts_delta():
            if not request.user_agent.string.lower().startswith(_UNAWARE):
                part = self._delta(key, feed, select, cached)
                response = response if part is None else _im_used(part, dictionary, dated=dated)
            response.vary.add("User-Agent")
        if has_dictionaries:
            # RFC 9842 sections 2.1 and 6.2.
            response.vary.add("Available-Dictionary")
            if response.status_code == 200:
                response.headers["Use-As-Dictionary"] = f'match="{quote(request.path)}"'
        return response

    def _dictionary(self, cached: CachedDocument) -> Dictionary | None:
        """Return the dictionary that the client has, if it is known here; have others kept."""
        self._keeps_versions = True
        self._dictionaries.keep(cached.document.body)
        return self._dictionaries.named()

    def _whole(self, feed: Feed, select: Select, edition: Edition) -> Representation:
        selected = select(edition)
        digests = delta.entry_digests(selected, self._settings) if feed.for_readers else ()
        body = feed.render(selected, self._settings)
        if self._keeps_versions and feed.for_readers:
            self._dictionaries.keep(body)
        return represent(body, feed.served_as, digests)

    def _delta(
        self, key: str, feed: Feed, select: Select, cached: CachedDocument
    ) -> CachedDocument | None:
        """Return only what the client has not seen (RFC 3229), or None if that is everything."""
        whole = cached.document
        known = delta.known_digests(request.if_none_match.as_set(include_weak=True))
        if known.isdisjoint(whole.entry_digests):
            return None

        def render(edition: Edition) -> Representation:
            selected = delta.unseen(select(edition), self._settings, known)
            return Representation(feed.served_as, feed.render(selected, self._settings), whole.tag)

        unseen = b"".join(digest for digest in whole.entry_digests if digest not in known)
        part = self._cache.get(f"{key} {whole.tag} {unseen.hex()}", render)
        # If they differ, the catalogue has just changed.
        return part if part.rendered_in == cached.rendered_in else None


def _im_used(part: CachedDocument, dictionary: Dictionary | None, *, dated: bool) -> Response:
    response = respond_unconditionally(part, dated=dated, dictionary=dictionary)
    response.status = "226 IM Used"
    response.headers["IM"] = "feed"
    response.vary.add("A-IM")
    # A cache that does not know 226 must not reuse it (RFC 3229 section 10.5.1).
    response.cache_control.clear()
    response.cache_control.no_store = True
    return response


def _found(selected: Channel | None) -> Channel:
    if selected is None:
        raise NotFound
    return selected


def _accepts_delta() -> bool:
    accepted = parse_accept_header(request.headers.get("A-IM"), Accept)
    return any(name.lower() == "feed" and quality > 0 for name, quality in accepted)
