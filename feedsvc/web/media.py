"""Pictures and attachments as they are served: the files themselves, by Werkzeug."""

from hashlib import blake2b
from io import BytesIO

from flask import Response, request
from werkzeug.utils import send_file
from werkzeug.wrappers import Response as Answer

from feedsvc.feeds import common
from feedsvc.media.thumbnails import has_preview, preview
from feedsvc.media.types import TYPES, suffix, within
from feedsvc.model import Attachment, Entry
from feedsvc.settings import LOGOS, Settings

# In seconds: as a page, which may be withdrawn, too.
MAX_AGE = 300


class Files:
    """The files that may be served: those that a public entry names, and the site's own."""

    def __init__(self, settings: Settings) -> None:
        self._entries = settings.entries
        self._logos = settings.logos()

    def of_entry(self, entry: Entry, name: str) -> Answer | None:
        """Answer with a file of an entry; None where there is none of that name."""
        file, place = self._found(entry, name)
        return _sent(place, file.media_type, name) if file and place else None

    def preview_of(self, entry: Entry, name: str, width: int) -> Answer | None:
        """Answer with a small form of an entry's picture; None where there is no such picture.

        One that cannot be made smaller is given as it is.
        """
        file, place = self._found(entry, name)
        if not (file and place and has_preview(file)):
            return None
        made = preview(place, width)
        if made is None:
            return _sent(place, file.media_type, name)
        tag = blake2b(made, digest_size=12).hexdigest()
        return _sent(BytesIO(made), "image/jpeg", f"{name}.jpg", tag)

    def _found(self, entry: Entry, name: str) -> tuple[Attachment | None, str | None]:
        for file in common.media(entry):
            if file.name == name and TYPES.get(suffix(file.path)) == file.media_type:
                return file, within(self._entries, file.path)
        return None, None

    def of_site(self, name: str) -> Answer | None:
        """Answer with one of the site's own pictures."""
        place = self._logos.get(name)
        if place is None or not place.is_file():
            return None
        return _sent(str(place), LOGOS[place.suffix.lower()], name)


def _sent(
    place: str | BytesIO, media_type: str, name: str, tag: str | None = None
) -> Answer | None:
    try:
        response = send_file(
            place,
            request.environ,
            mimetype=media_type,
            as_attachment=media_type.startswith("application/") and "pdf" not in media_type,
            download_name=name,
            etag=tag or True,
            max_age=MAX_AGE,
            response_class=Response,
        )
    except OSError:
        return None
    response.cache_control.public = True
    response.cache_control.no_cache = None
    # max-age says the same, and goes before it (RFC 9111 section 5.3).
    response.headers.pop("Expires", None)
    return response
