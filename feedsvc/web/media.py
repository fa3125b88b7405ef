"""Pictures and attachments as responses: the files themselves, sent by Werkzeug."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from io import BytesIO

from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.utils import send_file
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.media.thumbnails import WIDTHS, has_thumbnail, thumbnail
from feedsvc.media.types import TYPES, suffix, within
from feedsvc.model import Attachment, Entry
from feedsvc.settings import LOGOS, Settings
from feedsvc.storage.catalogue import Catalogue

# In seconds: as a page, which may be withdrawn, too.
MAX_AGE = 300


class MediaViews:
    """The views of files: those that a public entry names, and the site's own pictures."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._logos = settings.logos()

    def views(self) -> Mapping[str, Callable[..., BaseResponse]]:
        """Return the views by the names of their documents."""
        return {"media": self._media, "thumbnail": self._thumbnail, "logo": self._logo}

    def _media(self, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture or an attachment of a public entry."""
        file, path = self._find(entry_id, name)
        return _send(path, file.media_type, name)

    def _thumbnail(self, width: int, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture of a public entry, reduced to a width.

        One that cannot be reduced is sent as it is.
        """
        if width not in WIDTHS:
            raise NotFound
        file, path = self._find(entry_id, name)
        if not has_thumbnail(file):
            raise NotFound
        reduced = thumbnail(path, width)
        if reduced is None:
            return _send(path, file.media_type, name)
        tag = blake2b(reduced, digest_size=12).hexdigest()
        return _send(BytesIO(reduced), "image/jpeg", f"{name}.jpg", tag)

    def _logo(self, name: str) -> BaseResponse:
        """Answer with a picture of the site itself."""
        path = self._logos.get(name)
        if path is None or not path.is_file():
            raise NotFound
        return _send(str(path), LOGOS[path.suffix.lower()], name)

    def _find(self, entry_id: str, name: str) -> tuple[Attachment, str]:
        """Return a file of a public entry and where it is, or raise NotFound."""
        with self._catalogue.snapshot() as snapshot:
            entry = Edition(snapshot, clock.now()).find(entry_id)
        for file in common.media(entry) if isinstance(entry, Entry) else ():
            if file.name == name and TYPES.get(suffix(file.path)) == file.media_type:
                path = within(self._settings.entries, file.path)
                if path is not None:
                    return file, path
                break
        raise NotFound


def _send(
    source: str | BytesIO, media_type: str, name: str, tag: str | None = None
) -> BaseResponse:
    try:
        response = send_file(
            source,
            request.environ,
            mimetype=media_type,
            as_attachment=media_type.startswith("application/") and "pdf" not in media_type,
            download_name=name,
            etag=tag or True,
            max_age=MAX_AGE,
            response_class=Response,
        )
    except OSError as error:
        raise NotFound from error
    response.cache_control.public = True
    response.cache_control.no_cache = None
    # max-age says the same, and takes precedence (RFC 9111 section 5.3).
    response.headers.pop("Expires", None)
    return response
