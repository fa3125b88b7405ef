"""Python runs this at the start of services that tests want to wait less (see `Service`)."""

import sys

if "feedsvc.telling" in " ".join(sys.orig_argv):
    from feedsvc.telling import process
    from feedsvc.telling.mailer import Retries
    from feedsvc.telling.rhythm import Timing

    process.TIMING = Timing(quiet=0.3, longest=2, poll=0.05, burst=10_000)
    process.RETRIES = Retries(first=0.2, longest=1)
    process.FILE_EVERY = 0.2
elif "feedsvc.hub" in " ".join(sys.orig_argv):
    from feedsvc.hub import courier, delivering

    delivering.FIRST_PAUSE = 0.3
    courier.FILL_EVERY = 0.1
else:
    from feedsvc import companions
    from feedsvc.sync import coordination, loop, settling

    coordination.ENSURE_EVERY = 0.5
    settling.SETTLE = 0.3
    loop.QUIET = 0.2
    loop.TICK = 0.1
    loop.MAX_PAUSE = 0.8
    companions.FIRST_PAUSE = companions.LONGEST_PAUSE = 0.1
