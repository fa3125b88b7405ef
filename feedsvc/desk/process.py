"""The process of the desk, which the writer starts and which ends with it."""

import logging
import socket
import sys

import waitress

from feedsvc.companions import settings_from_parent
from feedsvc.desk.app import create_app
from feedsvc.desk.keys import load_key
from feedsvc.i18n import N_, Message, reason
from feedsvc.setting_tables import Desk

# A press office has few readers; whoever else finds the port must not hold much of it.
THREADS = 4
MAX_CONNECTIONS = 60
# In seconds: how long a connection may be idle.
IDLE_TIMEOUT = 30
_log = logging.getLogger("feedsvc")


def run() -> None:
    """Serve the desk until the writer ends."""
    settings = settings_from_parent()
    try:
        listening = _listen(settings.desk)
        key = load_key(settings)
    except OSError as error:
        text = N_("the desk cannot be opened at {url}: {reason}")
        values = {"url": settings.desk.site, "reason": reason(error)}
        _log.error("%s", Message(text, values).text(settings.language))
        sys.exit(1)
    server = waitress.create_server(
        create_app(settings, key),
        sockets=[listening],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        channel_timeout=IDLE_TIMEOUT,
        cleanup_interval=IDLE_TIMEOUT // 2,
        # Nothing is sent to the desk but small requests.
        max_request_header_size=16_384,
        max_request_body_size=16_384,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    text = N_("the desk of the press office is open at {url}; its link: feedsvc desk")
    _log.info("%s", Message(text, {"url": settings.desk.site}).text(settings.language))
    server.run()


def _listen(desk: Desk) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        desk.host, desk.port, type=socket.SOCK_STREAM
    )[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    return listening
