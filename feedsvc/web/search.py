"""Searches as responses: a page of results, and feeds of later ones."""

from collections.abc import Callable, Mapping
from dataclasses import astuple
from functools import partial
from urllib.parse import parse_qsl

from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import FOR_READERS, Feed, channel
from feedsvc.feeds.channel import Channel
from feedsvc.pages import html
from feedsvc.search.index import Search
from feedsvc.search.query import MAX_LENGTH, parse
from feedsvc.search.results import SearchForm, newest, search
from feedsvc.settings import Settings
from feedsvc.text import clean
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.feeds import FeedViews
from feedsvc.web.representation import Representation, represent
from feedsvc.web.responses import hidden, moved, respond, with_script

# In characters, of each field of the form but the words.
_MAX_FIELD = 100


class SearchViews:
    """The views of the search."""

    def __init__(self, settings: Settings, cache: DocumentCache, feeds: FeedViews) -> None:
        self._settings = settings
        self._cache = cache
        self._feeds = feeds
        self._search = Search(settings.instance)

    def views(self) -> Mapping[str, Callable[..., BaseResponse]]:
        """Return the views by the names of their documents."""
        feeds = {
            f"search feed {name}": partial(self._feed, feed, name)
            for name, feed in FOR_READERS.items()
        }
        return {"search": self._page, "search subscription": self._subscribe, **feeds}

    def _page(self) -> Response:
        """Answer with the form and the results, whatever was sent."""
        form = _form()

        def render(edition: Edition) -> Representation:
            found = search(form, edition, self._search, self._settings)
            return represent(html.search(form, found, edition, self._settings), "text/html")

        # A character that no text has separates the fields.
        key = "\0".join((urls.SEARCH, *astuple(form)))
        return hidden(respond(self._cache.get(key, render), dated=False))

    def _feed(self, feed: Feed, name: str, words: str) -> BaseResponse:
        """Answer with the feed of a search, or redirect to its canonical address."""
        query = parse(words)
        if not query.parts:
            raise NotFound
        path = urls.search_feed_path(name, query.text)
        if words != query.text:
            return hidden(moved(path))

        def select(edition: Edition) -> Channel:
            entries = newest(query, edition, self._search, self._settings.feed_size)
            return channel.for_search(entries, self._settings, name, query.text)

        return hidden(self._feeds.respond(path, feed, select, dated=False))

    def _subscribe(self, words: str) -> BaseResponse:
        """Answer with the page about subscribing to a search, or redirect to its address."""
        query = parse(words)
        if not query.parts:
            raise NotFound
        path = urls.search_subscribe_path(query.text)
        if words != query.text:
            return hidden(moved(path))

        def render(_edition: Edition) -> Representation:
            return represent(html.subscribe_to_search(query, self._settings), "text/html")

        response = respond(self._cache.get(path, render), dated=False)
        return hidden(with_script(response, html.copy_script_hash()))


def _form() -> SearchForm:
    # Not request.args, which raises if a client has sent bytes that are not UTF-8.
    query = request.query_string.decode("utf-8", "replace")
    # Of a repeated field, the first value.
    fields = dict(reversed(parse_qsl(query)))
    # One character more than is searched for shows that the query was too long.
    limits = {
        "q": MAX_LENGTH + 1,
        "category": _MAX_FIELD,
        "from": _MAX_FIELD,
        "to": _MAX_FIELD,
        "page": _MAX_FIELD,
    }
    return SearchForm(*(clean(fields.get(name, "")[:most]) for name, most in limits.items()))
