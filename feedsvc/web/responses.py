"""Responses: a document as an answer, with its coding, validators and lifetime.

Werkzeug evaluates all conditions. The policy for the response cache repeats what else a
response depends on: until when the same request has the same response.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock
from feedsvc.edition import ValidityPeriod
from feedsvc.settings import Settings
from feedsvc.surrogate_keys import ALL, LIST, joined
from feedsvc.web.dictionaries import CODING, Dictionary
from feedsvc.web.document_cache import CachedDocument
from feedsvc.web.representation import Representation, last_modified
from feedsvc.web.response_cache import CACHE_POLICY, CachePolicy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# In seconds: how long a cache may reuse a response, then while it revalidates it (RFC 5861
# section 3), and while it receives errors (section 4).
MAX_AGE = 300
STALE_WHILE_REVALIDATE = 60
STALE_IF_ERROR = 86400
# The key in the WSGI environment under which views leave the surrogate keys of their response.
_SURROGATE_KEYS = "feedsvc.surrogate_keys"
# No script runs; `with_script` is the exception.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SECOND = 1_000_000
R = TypeVar("R", bound=BaseResponse)


def respond(
    cached: CachedDocument, *, dated: bool = True, dictionary: Dictionary | None = None
) -> Response:
    """Return the response to the request: 200, or 304 or 412 if its conditions ask for that.

    Without `dated` it has no `Last-Modified`; with a dictionary it is encoded with that.
    """
    response, window = _full(cached, dated=dated, dictionary=dictionary)
    response.make_conditional(conditions(response))
    # The server adds it each time it sends the response.
    response.headers.pop("Date", None)
    _set_policy(cached, window)
    return response


def respond_unconditionally(
    cached: CachedDocument, *, dated: bool = True, dictionary: Dictionary | None = None
) -> Response:
    """Return the document whatever the conditions of the request are."""
    response, window = _full(cached, dated=dated, dictionary=dictionary)
    _set_policy(cached, window)
    return response


def static_response(document: Representation) -> Response:
    """Serve a static document; needs no catalogue."""
    always = ValidityPeriod(revision=0, since=0, until=None, newest=0)
    response = respond(CachedDocument(document, always, always))
    set_surrogate_keys()
    request.environ[CACHE_POLICY] = replace(request.environ[CACHE_POLICY], period=None)
    return response


def moved(path: str) -> BaseResponse:
    """Return a permanent redirect to another path of this site."""
    response = redirect(path, 301, Response)
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    return response


def uncached(response: Response) -> Response:
    """Tell caches to ask again each time."""
    response.cache_control.no_cache = True
    return response


def set_surrogate_keys(*keys: str) -> None:
    """Set by which surrogate keys the response is known, beside `all`; otherwise it is `list`."""
    request.environ[_SURROGATE_KEYS] = keys


def add_surrogate_keys(headers: tuple[str, ...], response: R) -> R:
    """Add the headers that list the surrogate keys, unless no cache may keep the response."""
    if response.status_code < 400 and not response.cache_control.no_cache:
        keys = (ALL, *request.environ.get(_SURROGATE_KEYS, (LIST,)))
        for header in headers:
            response.headers[header] = joined(header, keys)
    return response


def hidden(response: R) -> R:
    """Keep a response out of search engines, which have the pages; searches have no end."""
    if response.status_code != 304:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def with_hub(response: Response, path: str, settings: Settings) -> Response:
    """Say where the feed of a path can be subscribed to, if a hub is set (WebSub section 3)."""
    if settings.hub.url and response.status_code < 300:
        response.headers.add("Link", f'<{settings.hub.url}>; rel="hub"')
        response.headers.add("Link", f'<{settings.site}{path}>; rel="self"')
    return response


def with_script(response: Response, script_hash: str) -> Response:
    """Permit the one inline script that has this hash, and no other (CSP 3 section 2.3.1)."""
    if response.status_code != 304:
        policy = f"{CONTENT_SECURITY_POLICY}; script-src '{script_hash}'"
        response.headers["Content-Security-Policy"] = policy
    return response


def best_coding(document: Representation) -> tuple[str, bytes]:
    """Return the content coding that the client likes best, the shortest of equals."""
    accepted = request.accept_encodings
    usable = [
        coding for coding in document.best_first() if coding != "zstd" or is_asked_for(coding)
    ]
    best = max(accepted[coding] for coding in usable)
    if best > 0 and best >= accepted["identity"]:
        for coding in usable:
            if accepted[coding] == best and len(document.encoded(coding)) < len(document.body):
                return coding, document.encoded(coding)
    return "identity", document.body


def is_asked_for(coding: str) -> bool:
    """Return whether the client names a content coding that not all know, and wants it.

    Many that write `*` mean the codings that they know.
    """
    if coding not in request.headers.get("Accept-Encoding", "").lower():
        return False
    accepted = request.accept_encodings
    return any(name.lower() == coding for name in accepted.values()) and accepted[coding] > 0


class _Window:
    """The moments around `now` at which every condition tested has the same outcome."""

    def __init__(self, now: int, since: int, until: int | None) -> None:
        self.now = now
        self.since = since
        self.until = until

    def is_after(self, moment: int) -> bool:
        """Return whether `now` is that moment or later."""
        if self.now >= moment:
            self.since = max(self.since, moment)
            return True
        self.until = moment if self.until is None else min(self.until, moment)
        return False


def _full(
    cached: CachedDocument, *, dated: bool, dictionary: Dictionary | None
) -> tuple[Response, _Window]:
    document, period = cached.document, cached.period
    set_surrogate_keys(*document.surrogate_keys)
    window = _Window(clock.now(), period.since, period.until)
    if dictionary is None:
        coding, body = best_coding(document)
    else:
        coding, body = CODING, dictionary.compress(document.body)
    response = Response(body, content_type=f"{document.media_type}; charset=utf-8")
    if is_asked_for(CODING):
        # The bytes depend on the dictionary, and the content does not: one weak tag, whether
        # or not the dictionary is known here.
        response.set_etag(document.etag(CODING), weak=True)
    else:
        response.set_etag(document.etag(coding))
    response.vary.add("Accept-Encoding")
    if coding != "identity":
        response.content_encoding = coding
    _set_lifetime(response, period, window)
    if dated:
        set_date(response, period.newest, document.tag)
    return response, window


def set_date(response: BaseResponse, newest: int, tag: str) -> None:
    """Set `Last-Modified` as `last_modified` returns it, unless the client knows a later date.

    Whatever it is sent then, curl and others would take it for old.
    """
    date, known = last_modified(newest, tag), request.if_modified_since
    if date is not None and (known is None or date >= known):
        response.last_modified = date


def conditions(response: BaseResponse) -> "WSGIEnvironment":
    """Return the environment of the request, for the evaluation of its conditions.

    A date that is not exactly `Last-Modified` is left out, for it says nothing about the
    content (RFC 9110 section 8.8.2.2).
    """
    ignored: set[str] = set()
    if request.if_modified_since != response.last_modified:
        ignored.add("HTTP_IF_MODIFIED_SINCE")
    if request.if_range.date not in (None, response.last_modified):
        # The whole content is sent (RFC 9110 section 13.1.5).
        ignored |= {"HTTP_IF_RANGE", "HTTP_RANGE"}
    return {name: value for name, value in request.environ.items() if name not in ignored}


def _set_policy(cached: CachedDocument, window: _Window) -> None:
    request.environ[CACHE_POLICY] = CachePolicy(cached.rendered_in, window.since, window.until)


def _set_lifetime(response: Response, period: ValidityPeriod, window: _Window) -> None:
    """Set `Cache-Control`: never beyond the moment at which the news changes by itself."""
    left = MAX_AGE + STALE_WHILE_REVALIDATE
    if period.until is not None and window.is_after(period.until - left * _SECOND + 1):
        left = max(0, (period.until - window.now) // _SECOND)
        window.is_after(period.until - left * _SECOND + 1)
        window.is_after(period.until - (left + 1) * _SECOND + 1)
    response.cache_control.public = True
    response.cache_control.max_age = min(MAX_AGE, left)
    if left > MAX_AGE:
        response.cache_control.stale_while_revalidate = left - MAX_AGE
    response.cache_control.stale_if_error = STALE_IF_ERROR
