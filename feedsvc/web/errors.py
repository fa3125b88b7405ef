"""Error pages: the one place where an exception becomes a status."""

from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as BaseResponse

from feedsvc.errors import CatalogueUnavailable, SearchUnavailable
from feedsvc.pages import html
from feedsvc.settings import Settings
from feedsvc.web.responses import hidden, uncached

# In seconds: until the catalogue, and until the index of the search, may be there.
CATALOGUE_RETRY_AFTER = 2
SEARCH_RETRY_AFTER = 10


class ErrorPage(Exception):
    """A page says why there is no document at this path."""

    def __init__(self, body: bytes, status: int) -> None:
        self.body = body
        self.status = status

    def response(self) -> Response:
        """Return the page as a response."""
        return error_response(self.body, self.status)


def error_response(body: bytes, status: int) -> Response:
    """Return an HTML page with an error status, which caches must revalidate each time."""
    return uncached(Response(body, status, content_type="text/html; charset=utf-8"))


def register(
    app: Flask, settings: Settings, instead_of_404: Callable[[], BaseResponse | None]
) -> None:
    """Add the error handlers to an application.

    `instead_of_404` returns the response to a request that no document answers, or None.
    """

    def http_error(error: HTTPException) -> Response | HTTPException:
        return _error_page(error, settings)

    def not_found(error: NotFound) -> BaseResponse | HTTPException:
        try:
            return instead_of_404() or _error_page(error, settings)
        except CatalogueUnavailable as unavailable:
            return catalogue_unavailable(unavailable)

    def catalogue_unavailable(_error: CatalogueUnavailable) -> Response:
        if request.endpoint == "ready":
            response = uncached(jsonify({"ready": False}))
            response.status_code = 503
        else:
            response = error_response(html.error(503, settings), 503)
        response.headers["Retry-After"] = str(CATALOGUE_RETRY_AFTER)
        return response

    def search_unavailable(_error: SearchUnavailable) -> Response:
        response = error_response(html.search_unavailable(settings), 503)
        response.headers["Retry-After"] = str(SEARCH_RETRY_AFTER)
        return hidden(response)

    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(CatalogueUnavailable, catalogue_unavailable)
    app.register_error_handler(SearchUnavailable, search_unavailable)


def _error_page(error: HTTPException, settings: Settings) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    response = error_response(html.error(error.code, settings), error.code)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response
