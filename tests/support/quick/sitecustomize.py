"""Python runs this at the start of services that tests want to wait less (see `Service`)."""

from feedsvc.sync import loop, settling

settling.SETTLE = 0.3
loop.QUIET = 0.2
loop.TICK = 0.1
loop.MAX_PAUSE = 0.8
