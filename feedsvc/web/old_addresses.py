"""Addresses of a site that was here before: redirects to what they led to, and its files.

They are looked up only where there is nothing else to answer with, so none can hide a page, and
none can lead in a circle.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock, urls
from feedsvc.edition import Edition
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web.media import MediaViews
from feedsvc.web.responses import moved


class OldAddresses:
    """What answers at addresses that have no document."""

    def __init__(self, settings: Settings, catalogue: Catalogue, media: MediaViews) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._media = media
        self._redirects = {urls.old_address(old): new for old, new in settings.redirects}
        self._host = urlsplit(settings.site).netloc.lower().removeprefix("www.")

    def response(self) -> BaseResponse | None:
        """Return the response to a request that nothing else answers, or None.

        Raises CatalogueUnavailable.
        """
        if request.method not in ("GET", "HEAD"):
            return None
        return self._redirect() or self._file()

    def response_to_query(self) -> BaseResponse | None:
        """Return a redirect for a query at the home page (`/?p=1`), if it was an address."""
        is_query = request.path == urls.HOME and request.query_string
        return self._redirect() if is_query else None

    def _redirect(self) -> BaseResponse | None:
        aliases = list(self._aliases())
        for alias in aliases:
            if alias in self._redirects:
                return moved(self._redirects[alias])
        with self._catalogue.snapshot() as snapshot:
            page = Edition(snapshot, clock.now()).moved(aliases)
        return None if page is None else moved(page)

    def _aliases(self) -> Iterator[str]:
        """Yield the forms of the request's address, the most special one first."""
        query = request.query_string.decode("latin-1")
        for path in dict.fromkeys((f"{request.path}?{query}" if query else "", request.path)):
            key = urls.old_address(path)
            if key is not None:
                yield key
                yield f"//{self._host}{key}"

    def _file(self) -> BaseResponse | None:
        try:
            return self._media.static(request.path.removeprefix("/"))
        except NotFound:
            return None
