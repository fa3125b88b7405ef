"""HTML pages, structured data and sitemaps: an edition in, bytes out. Pure."""
