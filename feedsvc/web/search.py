"""Searches to responses: a page of what was found, and feeds of what will be."""

from dataclasses import astuple
from typing import TypeVar
from urllib.parse import parse_qsl

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from feedsvc.edition import Edition
from feedsvc.errors import SearchUnavailable
from feedsvc.feeds import FOR_READERS, channel
from feedsvc.feeds.channel import Channel
from feedsvc.markup import clean
from feedsvc.pages import html as pages
from feedsvc.search.index import Search
from feedsvc.search.query import LONGEST, parse
from feedsvc.search.results import Asked, followed, look
from feedsvc.settings import Settings
from feedsvc.web.document_cache import Shelf
from feedsvc.web.feeds import FeedViews
from feedsvc.web.representation import Document, document
from feedsvc.web.responses import MAX_AGE, answer

A = TypeVar("A", bound=Answer)
# In seconds.
RETRY_AFTER = 10
# Of what is in the other fields of the form, in characters.
_FIELD = 100


class SearchViews:
    """The routes of the search."""

    def __init__(self, settings: Settings, shelf: Shelf, feeds: FeedViews) -> None:
        self._settings = settings
        self._shelf = shelf
        self._feeds = feeds
        self._search = Search(settings.instance)

    def page(self) -> Response:
        """Answer with the form and what was found, whatever is asked."""
        asked = _asked()

        def render(edition: Edition) -> Document:
            found = look(asked, edition, self._search, self._settings)
            page = pages.search(asked, found, edition, self._settings)
            return document(page, "text/html")

        # Signs that no text has divide the fields.
        key = "\0".join(("/search", *astuple(asked)))
        return _hidden(answer(self._shelf.get(key, render), dated=False))

    def feed(self, words: str, name: str) -> Answer:
        """Answer with a feed of what a search finds; or lead to the right spelling of it."""
        feed, query = FOR_READERS.get(name), parse(words)
        if feed is None or not query.parts:
            raise NotFound
        path = channel.search_path(name, query.text)
        if words != query.text:
            moved = redirect(path, 301, Response)
            moved.cache_control.public = True
            moved.cache_control.max_age = MAX_AGE
            return _hidden(moved)

        def select(edition: Edition) -> Channel:
            return followed(query, name, edition, self._search, self._settings)

        return _hidden(self._feeds.tell(path, feed, select, dated=False))

    def unavailable(self, _error: SearchUnavailable) -> Response:
        """Answer that searching is not possible at the moment."""
        body = pages.no_search(self._settings)
        response = Response(body, 503, content_type="text/html; charset=utf-8")
        response.cache_control.no_cache = True
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return _hidden(response)


def _asked() -> Asked:
    # Not by request.args, which raises where a client has sent bytes that are no UTF-8.
    query = request.query_string.decode("utf-8", "replace")
    # Of what is said twice, the first.
    fields = dict(reversed(parse_qsl(query)))
    # One more than is looked at, so that it can be said that there is more.
    longest = {"q": LONGEST + 1, "category": _FIELD, "from": _FIELD, "to": _FIELD, "page": _FIELD}
    return Asked(*(clean(fields.get(name, "")[:most]) for name, most in longest.items()))


def _hidden(response: A) -> A:
    # Of what there is, search engines have the pages; the rest would never end.
    if response.status_code != 304:
        response.headers["X-Robots-Tag"] = "noindex"
    return response
