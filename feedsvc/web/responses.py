"""Documents as answers: the coding, the validators, how long it holds.

Werkzeug decides all conditions. What else an answer depends on is written here
once more, as the mark for the memo: until when the same request has the same answer.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, request

from feedsvc import clock
from feedsvc.edition import Period
from feedsvc.storage.catalogue import from_microseconds, to_microseconds
from feedsvc.web.document_cache import Kept
from feedsvc.web.representation import CODINGS, Document
from feedsvc.web.response_cache import MARK, Mark

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_AGE = 300
# What a cache may give while it asks again, and while nobody answers it.
STALE_WHILE_REVALIDATE = 60
STALE_IF_ERROR = 86400
_SECOND = 1_000_000


def answer(kept: Kept, *, conditional: bool = True, dated: bool = True) -> Response:
    """Answer the request with a document: 200, or, where its conditions say so, 304 or 412.

    Without `dated` it says nothing of when the document last changed.
    """
    now = clock.now()
    made, period = kept.document, kept.period
    span = _Span(now, period.since, period.until)
    coding, body = packed(made)
    response = Response(body, content_type=f"{made.media_type}; charset=utf-8")
    response.set_etag(made.tag_of(coding))
    response.vary.add("Accept-Encoding")
    if coding != "identity":
        response.content_encoding = coding
    _say_how_long(response, period, span)
    if dated and span.is_after(_second_after(period.changed)):
        # Not within the second of the change: another could follow in the same
        # second, and whoever asks by date would miss it (RFC 9110 section 8.8.2.2).
        response.last_modified = from_microseconds(period.changed)
    if conditional:
        response.make_conditional(_without_future_date(span))
        # The server says it, each time the answer is sent.
        response.headers.pop("Date", None)
    request.environ[MARK] = Mark(kept.made_in, span.since, span.until)
    return response


def still(made: Document) -> Response:
    """Answer with what no news changes, and what is there without a catalogue, too."""
    always = Period(revision=0, since=0, until=None, changed=0)
    # Nobody knows since when it is as it is.
    response = answer(Kept(made, always, always), dated=False)
    request.environ[MARK] = replace(request.environ[MARK], period=None)
    return response


class _Span:
    """The moments around `now` at which every question asked of it has the same answer."""

    def __init__(self, now: int, since: int, until: int | None) -> None:
        self.now = now
        self.since = since
        self.until = until

    def is_after(self, moment: int) -> bool:
        """Say whether it is that moment already, or later."""
        if self.now >= moment:
            self.since = max(self.since, moment)
            return True
        self.until = moment if self.until is None else min(self.until, moment)
        return False


def _second_after(moment: int) -> int:
    return (moment // _SECOND + 1) * _SECOND


def _without_future_date(span: _Span) -> "WSGIEnvironment":
    # A date that lies ahead was handed out by a clock that was wrong.
    since = request.if_modified_since
    environ = request.environ
    if since is not None and not span.is_after(to_microseconds(since)):
        environ = {**environ}
        del environ["HTTP_IF_MODIFIED_SINCE"]
    return environ


def packed(made: Document) -> tuple[str, bytes]:
    """Choose the coding that whoever asks likes best; the shortest of equals."""
    accepted = request.accept_encodings
    liked = max(accepted[coding] for coding in CODINGS)
    if liked > 0 and liked >= accepted["identity"]:
        for coding in CODINGS:
            if accepted[coding] == liked and len(made.packed(coding)) < len(made.body):
                return coding, made.packed(coding)
    return "identity", made.body


def _say_how_long(response: Response, period: Period, span: _Span) -> None:
    """Say how long an answer holds: never beyond the moment at which the news changes by itself."""
    left = MAX_AGE + STALE_WHILE_REVALIDATE
    if period.until is not None and span.is_after(period.until - left * _SECOND + 1):
        left = max(0, (period.until - span.now) // _SECOND)
        span.is_after(period.until - left * _SECOND + 1)
        span.is_after(period.until - (left + 1) * _SECOND + 1)
    response.cache_control.public = True
    response.cache_control.max_age = min(MAX_AGE, left)
    if left > MAX_AGE:
        response.cache_control.stale_while_revalidate = left - MAX_AGE
    response.cache_control.stale_if_error = STALE_IF_ERROR
