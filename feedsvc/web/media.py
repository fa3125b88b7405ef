"""Pictures and attachments as responses: the files themselves, sent by Werkzeug.

What is sent is the file that was opened. The entity tag is a digest of its content, so it is
the same in every replica; the time of a file only says when it was copied.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from io import SEEK_END, BufferedReader, BytesIO
from typing import BinaryIO, NamedTuple

from flask import Response, request
from werkzeug.exceptions import NotFound, RequestedRangeNotSatisfiable
from werkzeug.utils import send_file
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock
from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.media.embedded import EmbeddedPictureFiles
from feedsvc.media.opening import ContentDigests, open_beneath, open_real
from feedsvc.media.thumbnail_store import ThumbnailStore
from feedsvc.media.thumbnailer import Busy, Patience, Thumbnailer
from feedsvc.media.thumbnails import WIDTHS, has_thumbnail, thumbnail_request
from feedsvc.media.types import TYPES, suffix
from feedsvc.model import Attachment, Entry
from feedsvc.settings import LOGOS, Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.text import normalized
from feedsvc.web.responses import conditions, set_date

# In seconds: as a page, which may be withdrawn, too.
MAX_AGE = 300
# The key in the WSGI environment under which a server leaves the Patience that its threads
# allow; and what holds for others, which may have one thread alone.
PATIENCE = "feedsvc.patience"
LITTLE_PATIENCE = Patience(requests=2, seconds=2.0)


class MediaViews:
    """The views of files: those that a public entry names, and the site's own pictures."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._logos = settings.logos()
        self._digests = ContentDigests()
        limit = settings.thumbnails * 1024 * 1024
        store = ThumbnailStore(settings.instance, limit, settings.language)
        self._thumbnailer = Thumbnailer(store)
        self._embedded = EmbeddedPictureFiles(settings.entries, settings.instance)

    def views(self) -> Mapping[str, Callable[..., BaseResponse]]:
        """Return the views by the names of their documents."""
        return {"media": self._media, "thumbnail": self._thumbnail, "logo": self._logo}

    def _media(self, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture or an attachment of a public entry."""
        return self._find(entry_id, name).response(name)

    def _thumbnail(self, width: int, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture of a public entry, reduced to a width.

        One that cannot be reduced is sent as it is; so is, uncached, one that would have to
        be waited for too long.
        """
        if width not in WIDTHS:
            raise NotFound
        found = self._find(entry_id, name)
        if not has_thumbnail(found.attachment):
            found.file.close()
            raise NotFound
        size = thumbnail_request(found.attachment, width)
        patience = request.environ.get(PATIENCE, LITTLE_PATIENCE)
        try:
            reduced = self._thumbnailer.find(found.file, found.digest, size, patience)
        except Busy:
            response = found.response(name)
            response.headers["Cache-Control"] = "no-store"
            return response
        if reduced is None:
            return found.response(name)
        found.file.close()
        digest = blake2b(reduced, digest_size=16).digest()
        return _send(BytesIO(reduced), digest, "image/jpeg", f"{name}.jpg", found.published)

    def _logo(self, name: str) -> BaseResponse:
        """Answer with a picture of the site itself."""
        path = self._logos.get(name)
        if path is None:
            raise NotFound
        file, digest = self._opened(partial(open_real, str(path.resolve())))
        return _send(file, digest, LOGOS[path.suffix.lower()], name)

    def static(self, path: str) -> BaseResponse:
        """Answer with a file in the folder of the old site's files, or raise NotFound."""
        folder = self._settings.static
        media_type = TYPES.get(suffix(path))
        if folder is None or media_type is None:
            raise NotFound
        file, digest = self._opened(partial(open_beneath, folder, path))
        return _send(file, digest, media_type, path.rpartition("/")[2])

    def _find(self, entry_id: str, name: str) -> "_Found":
        """Return a file of a public entry, or raise NotFound."""
        with self._catalogue.snapshot() as snapshot:
            entry = Edition(snapshot, clock.now()).find(entry_id)
        if not isinstance(entry, Entry):
            raise NotFound
        for file in common.media(entry):
            # What an earlier version read, or an address kept since then, may not be in NFC.
            is_named = file.name == name or normalized(file.name) == normalized(name)
            if is_named and TYPES.get(suffix(file.member or file.path)) == file.media_type:
                opened = self._opened(partial(self._open, file))
                return _Found(file, *opened, to_microseconds(entry.published))
        raise NotFound

    def _open(self, file: Attachment) -> BufferedReader:
        if file.member:
            return self._embedded.open(file.path, file.member)
        return open_beneath(self._settings.entries, file.path)

    def _opened(self, open_: Callable[[], BufferedReader]) -> tuple[BufferedReader, bytes]:
        """Return the file that a function opens, and its digest, or raise NotFound."""
        file = None
        try:
            file = open_()
            return file, self._digests.digest(file)
        except OSError as error:
            if file is not None:
                file.close()
            raise NotFound from error


class _Found(NamedTuple):
    """A file of an entry, opened; `published` is when its entry was."""

    attachment: Attachment
    file: BufferedReader
    digest: bytes
    published: int

    def response(self, name: str) -> BaseResponse:
        """Return the file as a response."""
        return _send(self.file, self.digest, self.attachment.media_type, name, self.published)


def _send(
    file: BinaryIO, digest: bytes, media_type: str, name: str, newest: int = 0
) -> BaseResponse:
    """Return a file as the response to the request; `newest` is for `set_date`."""
    tag = urlsafe_b64encode(digest).decode().rstrip("=")
    response = send_file(
        file,
        request.environ,
        mimetype=media_type,
        as_attachment=media_type.startswith("application/") and "pdf" not in media_type,
        download_name=name,
        etag=tag,
        max_age=MAX_AGE,
        # Werkzeug does not know how long an open file is.
        conditional=False,
        response_class=Response,
    )
    set_date(response, newest, tag)
    response.content_length = length = file.seek(0, SEEK_END)
    file.seek(0)
    try:
        response.make_conditional(conditions(response), accept_ranges=True, complete_length=length)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    response.cache_control.public = True
    response.cache_control.no_cache = None
    # max-age says the same, and takes precedence (RFC 9111 section 5.3).
    response.headers.pop("Expires", None)
    return response
