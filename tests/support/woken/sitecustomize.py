"""Python runs this at the start of services whose workers see nothing new unless they are woken."""

from feedsvc.web import freshness

freshness.LONGEST_WAIT = freshness.LATE = 3600.0
