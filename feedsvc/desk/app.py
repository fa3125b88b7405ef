"""The desk as a WSGI application. Whatever is asked for without a key or token is not there."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock
from feedsvc.dates import to_microseconds
from feedsvc.desk import addresses, pages, preview
from feedsvc.desk.keys import Keys
from feedsvc.desk.scraping import add_metrics
from feedsvc.desk.states import Cursor, take_files
from feedsvc.edition import Edition
from feedsvc.errors import CatalogueUnavailable
from feedsvc.feeds import offered
from feedsvc.model import Entry
from feedsvc.pages import html
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.status import take_status
from feedsvc.telling.feed import problems_feed
from feedsvc.telling.incidents import Incidents
from feedsvc.web.media import MediaViews

# In microseconds: how long the first page is kept at most, for it tells if no scan takes place.
KEPT = 10_000_000
# How many incidents the feed has.
FEED_SIZE = 100
_HEADERS = {
    "Cache-Control": "no-store",
    # The address is the key: it must not be told to any site that a page links to.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_POLICY = (
    "default-src 'none'; img-src 'self' data: {site}; media-src 'self'; style-src 'self';"
    " script-src {script}; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def create_app(settings: Settings, key: str) -> Flask:
    """Return the application. It reads the catalogue, and starts and writes nothing."""
    app = Flask("feedsvc.desk", static_folder=None)
    app.url_map.merge_slashes = False
    catalogue = Catalogue(settings.instance)
    keys = Keys(key)
    desk = _DeskViews(settings, catalogue, keys)
    previews = _PreviewViews(settings, catalogue, keys)
    views: tuple[tuple[str, Callable[..., BaseResponse]], ...] = (
        (addresses.HOME, desk.home),
        (addresses.STYLE, desk.style),
        (addresses.SCRIPT, desk.script),
        (addresses.FEED, desk.feed),
        (addresses.PREVIEW, previews.page),
        (addresses.PREVIEW_STYLE, previews.style),
        (addresses.PREVIEW_MEDIA, previews.media),
        (addresses.PREVIEW_THUMBNAIL, previews.thumbnail),
        (addresses.PREVIEW_FEED, previews.feed),
        (addresses.PREVIEW_FEED_STYLE, previews.feed_style),
    )
    for rule, view in views:
        app.add_url_rule(rule, rule, view, strict_slashes=True)
    if settings.desk.metrics:
        add_metrics(app, settings, catalogue, keys)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(CatalogueUnavailable, partial(_not_ready, settings))
    app.after_request(partial(_add_headers, settings))
    return app


def _refused(error: HTTPException) -> BaseResponse:
    # The same for every address, whether there is anything or not.
    if isinstance(error, MethodNotAllowed):
        error = NotFound()
    return Response(f"{error.code} {error.name}\n", error.code, content_type="text/plain")


def _not_ready(settings: Settings, _error: CatalogueUnavailable) -> BaseResponse:
    return Response(pages.not_ready(settings), 503, headers={"Retry-After": "2"})


def _add_headers(settings: Settings, response: Response) -> Response:
    response.headers.update(_HEADERS)
    rule = request.url_rule and request.url_rule.rule
    is_desk = rule == addresses.HOME and response.status_code == 200
    script = "'self'" if is_desk else "'none'"
    policy = _POLICY.format(site=settings.site, script=script)
    response.headers["Content-Security-Policy"] = policy
    response.headers.pop("Last-Modified", None)
    return response


class _Latest(NamedTuple):
    """The first page as of a version of the catalogue, valid from `since` until before `until`."""

    version: tuple[int, ...]
    since: int
    until: int
    body: bytes


class _DeskViews:
    """The views of whoever has the key."""

    _latest: _Latest | None = None

    def __init__(self, settings: Settings, catalogue: Catalogue, keys: Keys) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._keys = keys

    def _require(self, key: str) -> None:
        if not self._keys.opens_desk(key):
            raise NotFound

    def home(self, key: str) -> BaseResponse:
        """Answer with the list of files; 304 to the script if it has not changed."""
        self._require(key)
        before = _cursor(request.args.get("before", ""))
        if before is None:
            body = self._newest(key)
        else:
            with self._catalogue.snapshot() as snapshot:
                body = self._rendered(snapshot, clock.now(), key, before)
        return _unless_known(body, "text/html")

    def _newest(self, key: str) -> bytes:
        """Return the first page, which each window asks for every two seconds."""
        now = clock.now()
        version = self._catalogue.data_version()
        latest = self._latest
        if latest is None or latest.version != version or not latest.since <= now < latest.until:
            with self._catalogue.snapshot() as snapshot:
                due = snapshot.next_transition(now)
                body = self._rendered(snapshot, now, key)
            until = min(now + KEPT, due or now + KEPT)
            latest = self._latest = _Latest(version, now, until, body)
        return latest.body

    def _rendered(
        self, snapshot: Snapshot, now: int, key: str, before: Cursor | None = None
    ) -> bytes:
        files = take_files(snapshot, now, before)
        status = take_status(snapshot, now)
        where = pages.Addresses(key=key, preview=self._preview_url)
        return pages.desk(files, status, self._settings, where, _receivers(self._settings))

    def feed(self, key: str) -> BaseResponse:
        """Answer with the feed of what became of files, for the press office alone."""
        self._require(key)
        incidents = Incidents(self._settings.instance).recent(FEED_SIZE)
        address = addresses.feed_url(self._settings, key)
        body = problems_feed(incidents, self._settings, address)
        return _unless_known(body, "application/atom+xml")

    def _preview_url(self, entry_id: str) -> str:
        token = self._keys.preview_token(entry_id)
        return addresses.preview_url(self._settings, token, entry_id)

    def style(self, key: str) -> BaseResponse:
        """Answer with the style sheet of the desk."""
        self._require(key)
        return Response(pages.style(self._settings), content_type="text/css; charset=utf-8")

    def script(self, key: str) -> BaseResponse:
        """Answer with the script that keeps the desk up to date."""
        self._require(key)
        return Response(pages.script(), content_type="text/javascript; charset=utf-8")


class _PreviewViews:
    """The views of whoever has the token of an entry, for as long as that is not public."""

    def __init__(self, settings: Settings, catalogue: Catalogue, keys: Keys) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._keys = keys
        self._files = MediaViews(settings, catalogue, _find_unpublished).views()

    def _require(self, token: str, entry_id: str) -> None:
        if not self._keys.opens_preview(token, entry_id):
            raise NotFound

    def page(self, token: str, entry_id: str) -> BaseResponse:
        """Answer with the page as it will be; 410, with a link, once it is public."""
        self._require(token, entry_id)
        with self._catalogue.snapshot() as snapshot:
            now = clock.now()
            entry = snapshot.unpublished(entry_id, now)
            if entry is None:
                public = Edition(snapshot, now).find(entry_id)
                if not isinstance(public, Entry):
                    raise NotFound
                return Response(pages.preview_over(public, self._settings, token=token), 410)
            moment = max(now, to_microseconds(entry.published))
            note = pages.preview_note(entry, self._settings, token=token)
            body = preview.page(
                entry, Edition(snapshot, moment), self._settings, token=token, note=note
            )
        return Response(body, content_type="text/html; charset=utf-8")

    def feed(self, token: str, entry_id: str, name: str) -> BaseResponse:
        """Answer with a feed that holds the entry alone."""
        self._require(token, entry_id)
        with self._catalogue.snapshot() as snapshot:
            entry = _find_unpublished(snapshot, entry_id)
        kind = offered(self._settings).get(name)
        if entry is None or kind is None:
            raise NotFound
        body = preview.feed(name, entry, self._settings, token=token)
        return Response(body, content_type=f"{kind.served_as}; charset=utf-8")

    def style(self, token: str, entry_id: str) -> BaseResponse:
        """Answer with the style sheet of the site's pages."""
        self._require(token, entry_id)
        return Response(html.style(self._settings), content_type="text/css; charset=utf-8")

    def feed_style(self, token: str, entry_id: str) -> BaseResponse:
        """Answer with the style sheet for feeds opened in a browser."""
        self._require(token, entry_id)
        return Response(html.feed_style(self._settings), content_type="text/css; charset=utf-8")

    def media(self, token: str, entry_id: str, name: str) -> BaseResponse:
        """Answer with a file of the entry."""
        self._require(token, entry_id)
        return self._files["media"](entry_id, name)

    def thumbnail(self, token: str, entry_id: str, width: int, name: str) -> BaseResponse:
        """Answer with a picture of the entry, reduced to a width."""
        self._require(token, entry_id)
        return self._files["thumbnail"](width, entry_id, name)


def _receivers(settings: Settings) -> list[pages.Told]:
    """Return how the search engines and the hub stand that are told what changed."""
    if not settings.has_outbox:
        return []
    from feedsvc.outbox.state import receiver_states  # noqa: PLC0415 - only if it is set up

    return [
        pages.Told(each.name, each.queued, each.fault)
        for each in receiver_states(settings.instance)
    ]


def _find_unpublished(snapshot: Snapshot, entry_id: str) -> Entry | None:
    return snapshot.unpublished(entry_id, clock.now())


def _unless_known(body: bytes, media_type: str) -> BaseResponse:
    """Return a response; 304 if whoever asks has just this (RFC 9110 section 13.1.2)."""
    response = Response(body, content_type=f"{media_type}; charset=utf-8")
    response.set_etag(blake2b(body, digest_size=16).hexdigest())
    response.make_conditional(request)
    return response


def _cursor(text: str) -> Cursor | None:
    changed, _, path = text.partition(" ")
    if not changed.isascii() or not changed.isdigit() or len(changed) > 18:
        return None
    return Cursor(int(changed), path)
