"""The outbox's work in processes that are forked, so that five hundred of them take no hour.

A command: it reads pickled settings, then for each line forks a process that works until it is
killed, says its number, and waits for its end. In these processes little time is long.
"""

import asyncio
import os
import pickle
import signal
import sys

from feedsvc.outbox import receivers, sending, work
from feedsvc.storage import wakeup

SECOND = 1_000_000
# In seconds: here, ten minutes.
REST = 1.0


def main() -> None:
    settings = pickle.load(sys.stdin.buffer)
    receivers.TEN_MINUTES = int(REST * SECOND)
    sending.SETTLE = 0.02
    sending.APART = 0.0
    sending.FIRST_PAUSE = sending.LONGEST_PAUSE = 0.05
    work.LOOK_EVERY = 0.01
    wakeup.POLLS = 1000
    while sys.stdin.buffer.read(1):
        pid = os.fork()
        if not pid:
            asyncio.run(work.tell(settings))
        os.write(1, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
