"""Pages and other documents that are rendered from an edition, as responses."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b

import msgspec
from flask import Response, abort, request
from werkzeug.exceptions import NotFound

from feedsvc import urls
from feedsvc.documents import DOCUMENTS, Document
from feedsvc.edition import Edition, Related
from feedsvc.feeds import FOR_READERS, MAIN_FEED
from feedsvc.model import Entry
from feedsvc.pages import html
from feedsvc.settings import Settings
from feedsvc.surrogate_keys import LIST, of_entry
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.errors import ErrorPage
from feedsvc.web.representation import Representation, represent
from feedsvc.web.responses import moved, respond, static_response, with_hub, with_script

View = Callable[..., Response]
# Of the years that dates can have, from 1 on.
_month = re.compile(r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])")


class PageViews:
    """The views of every document that is rendered, except feeds and searches."""

    def __init__(self, settings: Settings, cache: DocumentCache) -> None:
        self._settings = settings
        self._cache = cache
        self._pattern = urls.permalink_pattern(settings)

    def views(self) -> Mapping[str, View]:
        """Return the views by the names of their documents."""
        views: dict[str, View] = {"entry": self._entry}
        for document in DOCUMENTS:
            if document.is_static:
                views[document.name] = self._static(document)
            elif document.render is not None:
                views[document.name] = partial(self._rendered, document)
        return views

    def _static(self, document: Document) -> View:
        assert document.render is not None
        body = document.render(None, self._settings)
        assert body is not None
        return partial(static_response, represent(body, document.media_type))

    def _rendered(self, document: Document, **variables: str) -> Response:
        """Answer with a document of the list; 404 if there is none with these variables."""
        if "month" in variables and not _month.fullmatch("{year}-{month}".format_map(variables)):
            raise NotFound

        def render(edition: Edition) -> Representation:
            assert document.render is not None
            body = document.render(edition, self._settings, **variables)
            if body is None:
                raise self._missing(edition, document, variables)
            return represent(body, document.media_type)

        response = self._respond(render)
        if document.name in ("home", "category", "language"):
            with_hub(response, _feed_path(variables), self._settings)
        if document.has_copy_script and response.status_code < 400:
            with_script(response, html.copy_script_hash())
        return response

    def _missing(
        self, edition: Edition, document: Document, variables: Mapping[str, str]
    ) -> Exception:
        """Return the error for a missing document; the page of a month leads to others."""
        if "month" in variables and document.media_type == "text/html":
            month = "{year}-{month}".format_map(variables)
            page = html.empty_month(edition, self._settings, month, variables.get("slug"))
            if page is not None:
                return ErrorPage(page, 404)
        return NotFound()

    def _entry(self, id: str, **_others: str) -> Response:  # noqa: A002 - the setting's word
        """Answer with an entry's page, 410 if it was withdrawn or removed, or 404.

        Other parts of the path may be old ones, as when its date was corrected.
        """

        def render(edition: Edition) -> Representation:
            found = edition.find(id)
            if isinstance(found, Entry):
                if self._is_elsewhere(found.page):
                    abort(moved(found.page))
                neighbours = edition.neighbours(found)
                return self._entry_page(found, neighbours, edition.related(found, neighbours))
            if found is None:
                raise NotFound
            raise ErrorPage(html.gone(found, self._settings), 410)

        return self._respond(render)

    def _is_elsewhere(self, page: str) -> bool:
        """Return whether the request is for another path than a page's.

        A page that was read with another `permalink` is read again in a moment; until then it
        is shown wherever it is asked for.
        """
        is_other = page.rstrip("/") != request.path.rstrip("/")
        return is_other and self._pattern.fullmatch(page) is not None

    def _entry_page(
        self, entry: Entry, neighbours: tuple[Entry | None, Entry | None], related: Related
    ) -> Representation:
        # Hundreds of pages are requested right after a change, which has changed few of them.
        basis = blake2b(msgspec.json.encode((entry, neighbours, related))).digest()
        latest = self._cache.latest(request.path)
        if latest is not None and latest.basis == basis:
            return latest
        body = html.entry(entry, neighbours, self._settings, related=related)
        keys = _surrogate_keys(entry, neighbours, related)
        return represent(body, "text/html", basis=basis, surrogate_keys=keys)

    def _respond(self, render: Callable[[Edition], Representation]) -> Response:
        try:
            cached = self._cache.get(request.path, render)
        except ErrorPage as error:
            return error.response()
        response = respond(cached)
        if cached.document.media_type == "text/html" and response.status_code == 200:
            for name, feed in FOR_READERS.items():
                link = f'<{urls.feed_path(name)}>; rel="alternate"; type="{feed.media_type}"'
                response.headers.add("Link", link)
        return response


def _feed_path(variables: Mapping[str, str]) -> str:
    """Return the path of the feed of what is on a page."""
    if "tag" in variables:
        return urls.language_feed_path(MAIN_FEED, variables["tag"])
    return urls.feed_path(MAIN_FEED, variables.get("slug"))


def _surrogate_keys(
    entry: Entry, neighbours: tuple[Entry | None, Entry | None], related: Related
) -> tuple[str, ...]:
    """Return the keys of an entry's page: those of the entries that it names."""
    named = [each.id for each in (entry, *neighbours) if each]
    keys = tuple(map(of_entry, (*named, *(each.id for each in related.entries))))
    # Of its translations, which may be many, only the addresses are known.
    return (LIST, *keys) if entry.versions else keys
