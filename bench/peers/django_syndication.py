"""Django's syndication framework, with its middleware for gzip and conditional requests."""

from datetime import datetime

import django
from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.wsgi import get_wsgi_application
from django.urls import path
from django.utils.feedgenerator import Atom1Feed

from bench.peers.news import Item, items

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[],
    MIDDLEWARE=[
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
    ],
)
django.setup()
NEWS = items()


class News(Feed):
    """The newest entries."""

    feed_type = Atom1Feed
    title = "Новости"
    link = "/"
    subtitle = "Новости"

    def items(self) -> list[Item]:
        """Return the entries of the feed; from memory, to Django's advantage."""
        return NEWS

    def item_title(self, item: Item) -> str:
        """Return the title of an entry."""
        return item.title

    def item_description(self, item: Item) -> str:
        """Return the HTML of an entry."""
        return item.html

    def item_link(self, item: Item) -> str:
        """Return the page of an entry."""
        return item.url

    def item_pubdate(self, item: Item) -> datetime:
        """Return when an entry was published."""
        return item.published


urlpatterns = [path("feeds/atom.xml", News())]
app = get_wsgi_application()
