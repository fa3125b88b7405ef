"""A Flask view that makes the feed with feedgen at each request."""

import gzip

from feedgen.feed import FeedGenerator
from flask import Flask, Response, request
from werkzeug.wrappers import Response as Answer

from bench.peers.news import items

app = Flask(__name__)
NEWS = items()


@app.get("/feeds/atom.xml")
def feed() -> Answer:
    """Answer with the feed, compressed, with validators and conditional requests."""
    made = FeedGenerator()
    made.id("tag:news.example,2014:feed")
    made.title("Новости")
    made.updated(NEWS[0].published)
    for item in NEWS:
        entry = made.add_entry(order="append")
        entry.id(item.url)
        entry.title(item.title)
        entry.link(href=item.url)
        entry.published(item.published)
        entry.updated(item.published)
        entry.summary(item.summary)
        entry.content(item.html, type="html")
    response = Response(
        gzip.compress(made.atom_str(), 6, mtime=0), content_type="application/atom+xml"
    )
    response.content_encoding = "gzip"
    response.add_etag()
    response.last_modified = NEWS[0].published
    return response.make_conditional(request)
