"""The addresses of the desk. Each begins with what opens it; without that there are none."""

from feedsvc.settings import Settings
from feedsvc.urls import fill

HOME = "/desk/<key>/"
STYLE = "/desk/<key>/desk.css"
SCRIPT = "/desk/<key>/desk.js"
FEED = "/desk/<key>/problems.xml"
METRICS = "/metrics"
METRICS_BY_PATH = "/metrics/<token>"
PREVIEW = "/review/<token>/<entry_id>/"
PREVIEW_STYLE = PREVIEW + "style.css"
PREVIEW_MEDIA = PREVIEW + "media/<name>"
PREVIEW_THUMBNAIL = PREVIEW + "thumbnails/<int:width>/<name>"
PREVIEW_FEED = PREVIEW + "feeds/<name>"
PREVIEW_FEED_STYLE = PREVIEW + "feed.css"


def home_url(settings: Settings, key: str) -> str:
    """Return the absolute URL of the desk, with its key."""
    return settings.desk.site + fill(HOME, key=key)


def feed_url(settings: Settings, key: str) -> str:
    """Return the absolute URL of the feed of what became of files."""
    return settings.desk.site + fill(FEED, key=key)


def metrics_url(settings: Settings) -> str:
    """Return the absolute URL of the metrics, which are there for a token."""
    return settings.desk.site + METRICS


def preview_url(settings: Settings, token: str, entry_id: str) -> str:
    """Return the absolute URL of the preview of an entry."""
    return settings.desk.site + fill(PREVIEW, token=token, entry_id=entry_id)
