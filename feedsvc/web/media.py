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

import msgspec
from flask import Response, request
from werkzeug.exceptions import (
    NotFound,
    RequestedRangeNotSatisfiable,
    ServiceUnavailable,
)
from werkzeug.utils import send_file
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock
from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.media.cleaning import seal
from feedsvc.media.edited import edited
from feedsvc.media.embedded import EmbeddedPictureFiles
from feedsvc.media.opening import ContentDigests, open_beneath, open_real
from feedsvc.media.thumbnail_store import ThumbnailStore
from feedsvc.media.thumbnailer import Busy, Patience, Thumbnailer
from feedsvc.media.thumbnails import (
    WIDTHS,
    Form,
    conversion_request,
    edits_request,
    has_thumbnail,
    thumbnail_request,
)
from feedsvc.media.types import TYPES, suffix
from feedsvc.model import Attachment, Edit, Entry
from feedsvc.setting_values import LOGOS
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.snapshot import Snapshot
from feedsvc.surrogate_keys import of_entry
from feedsvc.text import normalized
from feedsvc.web.responses import conditions, set_date, set_surrogate_keys

# In seconds: as a page, which may be withdrawn, too.
MAX_AGE = 300
# The key in the WSGI environment under which a server leaves the Patience that its threads
# allow; and what holds for others, which may have one thread alone.
PATIENCE = "feedsvc.patience"
LITTLE_PATIENCE = Patience(requests=2, seconds=2.0)
# In seconds: until a picture that has to be made first may be there.
RETRY_AFTER = 5
# Of how many files it is remembered that they are those that were read.
_MAX_SEALS = 4096


def find_public(snapshot: Snapshot, entry_id: str) -> Entry | None:
    """Return the entry of an id if it is public."""
    entry = Edition(snapshot, clock.now()).find(entry_id)
    return entry if isinstance(entry, Entry) else None


class MediaViews:
    """The views of files: those that an entry names, and the site's own pictures.

    `find` returns the entry of an id if its files may be served: the public ones.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        find: Callable[[Snapshot, str], Entry | None] = find_public,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._find_entry = find
        self._logos = settings.logos()
        self._digests = ContentDigests()
        self._seals: dict[bytes, bytes] = {}
        limit = settings.thumbnails * 1024 * 1024
        store = ThumbnailStore(settings.instance, limit, settings.language)
        self._thumbnailer = Thumbnailer(store)
        self._embedded = EmbeddedPictureFiles(settings.entries, settings.instance)

    def views(self) -> Mapping[str, Callable[..., BaseResponse]]:
        """Return the views by the names of their documents."""
        return {"media": self._media, "thumbnail": self._thumbnail, "logo": self._logo}

    def _media(self, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture or an attachment of a public entry.

        Of a picture that browsers do not show, or that is too large for them, that is a JPEG.
        """
        found = self._find(entry_id, name)
        if found.attachment.is_converted:
            return self._made(found, conversion_request(found.attachment), name)
        return found.response(name)

    def _thumbnail(self, width: int, entry_id: str, name: str) -> BaseResponse:
        """Answer with a picture of a public entry, reduced to a width, as WebP or JPEG.

        One that cannot be reduced is sent as it is; so is, uncached, one that would have to
        be waited for too long.
        """
        if width not in WIDTHS:
            raise NotFound
        found = self._find(entry_id, name)
        if not has_thumbnail(found.attachment):
            found.file.close()
            raise NotFound
        # Browsers name it; programs that read feeds, and those that show links, may not.
        form: Form = "WEBP" if "image/webp" in request.headers.get("Accept", "") else "JPEG"
        response = self._made(found, thumbnail_request(found.attachment, width, form), name)
        response.vary.add("Accept")
        return response

    def _made(self, found: "_Found", what: bytes, name: str) -> BaseResponse:
        """Answer with what is made of a picture, or with the picture if there is none."""
        try:
            made = self._thumbnailer.find(found.file, found.digest, what, _patience())
        except Busy:
            if found.attachment.is_converted:
                found.file.close()
                raise ServiceUnavailable(retry_after=RETRY_AFTER) from None
            response = found.response(found.attachment.name)
            response.headers["Cache-Control"] = "no-store"
            return response
        if made is None and not found.attachment.is_converted:
            return found.response(found.attachment.name)
        found.file.close()
        if made is None:
            raise NotFound
        digest = blake2b(made, digest_size=16).digest()
        form = "webp" if made.startswith(b"RIFF") else "jpeg"
        name = name.removesuffix(".jpg") + (".webp" if form == "webp" else ".jpg")
        response = _send(BytesIO(made), digest, f"image/{form}", name, found.published)
        return found.limited(response)

    def _logo(self, name: str) -> BaseResponse:
        """Answer with a picture of the site itself."""
        path = self._logos.get(name)
        if path is None:
            raise NotFound
        file, digest = self._opened(partial(open_real, str(path.resolve())))
        set_surrogate_keys()
        return _send(file, digest, LOGOS[path.suffix.lower()], name)

    def static(self, path: str) -> BaseResponse:
        """Answer with a file in the folder of the old site's files, or raise NotFound."""
        folder = self._settings.static
        media_type = TYPES.get(suffix(path))
        if folder is None or media_type is None:
            raise NotFound
        file, digest = self._opened(partial(open_beneath, folder, path))
        set_surrogate_keys()
        return _send(file, digest, media_type, path.rpartition("/")[2])

    def _find(self, entry_id: str, name: str) -> "_Found":
        """Return a file of an entry that may be served, or raise NotFound."""
        with self._catalogue.snapshot() as snapshot:
            entry = self._find_entry(snapshot, entry_id)
        if entry is None:
            raise NotFound
        set_surrogate_keys(of_entry(entry_id))
        for file in common.media(entry):
            # What an earlier version read, or an address kept since then, may not be in NFC.
            is_named = file.name == name or normalized(file.name) == normalized(name)
            if is_named and file.media_type == _served_type(file):
                opened, digest = self._opened(partial(self._open, file))
                edits = self._edits(file, opened, digest)
                published = to_microseconds(entry.published)
                return _Found(file, opened, digest, edits, published, _max_age(entry))
        raise NotFound

    def _edits(
        self, attachment: Attachment, file: BufferedReader, digest: bytes
    ) -> tuple[Edit, ...]:
        """Return what readers get instead of parts of a picture, or raise ServiceUnavailable.

        If the file was replaced since its entry was read, that is found out anew.
        """
        if not attachment.seal:
            return ()
        if self._seals.get(digest) == attachment.seal or seal(file) == attachment.seal:
            if len(self._seals) > _MAX_SEALS:
                self._seals.clear()
            self._seals[digest] = attachment.seal
            return attachment.edits
        try:
            edits = self._thumbnailer.find(file, digest, edits_request(attachment), _patience())
        except Busy:
            file.close()
            raise ServiceUnavailable(retry_after=RETRY_AFTER) from None
        if edits is None:
            file.close()
            raise NotFound
        return msgspec.msgpack.decode(edits, type=tuple[Edit, ...])

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
    """A file of an entry, opened; `digest` is of its content, `published` when its entry was.

    `max_age` is for how many seconds caches may keep it.
    """

    attachment: Attachment
    file: BufferedReader
    digest: bytes
    edits: tuple[Edit, ...]
    published: int
    max_age: int

    def response(self, name: str) -> BaseResponse:
        """Return the file as a response."""
        digest = self.digest
        if self.edits:
            digest = blake2b(digest + msgspec.msgpack.encode(self.edits), digest_size=16).digest()
        file = edited(self.file, self.edits)
        media_type = self.attachment.media_type
        return self.limited(_send(file, digest, media_type, name, self.published))

    def limited(self, response: BaseResponse) -> BaseResponse:
        """Return a response to the request for the file, for as long as caches may keep it."""
        response.cache_control.max_age = self.max_age
        return response


def _max_age(entry: Entry) -> int:
    """Return for how many seconds caches may keep the files of an entry: not beyond its end."""
    if entry.expires is None:
        return MAX_AGE
    return max(0, min(MAX_AGE, (to_microseconds(entry.expires) - clock.now()) // 1_000_000))


def _served_type(file: Attachment) -> str | None:
    return "image/jpeg" if file.is_converted else TYPES.get(suffix(file.member or file.path))


def _patience() -> Patience:
    patience: Patience = request.environ.get(PATIENCE, LITTLE_PATIENCE)
    return patience


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
