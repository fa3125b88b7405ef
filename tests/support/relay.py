"""A relay that records what a client requests from a service."""

import http.client
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

# The path of an empty page, which the relay answers itself.
BARE = "/bare"


class Relay:
    """Passes requests on to the service at `port`; records the paths and the statuses."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[int] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                relay.asked.append(self.path)
                if self.path == BARE:
                    self._answer(200, "OK", [("Content-Type", "text/html")], b"<title>x</title>")
                    return
                with closing(http.client.HTTPConnection("127.0.0.1", relay.port)) as service:
                    service.request("GET", self.path, headers=dict(self.headers))
                    answer = service.getresponse()
                    body = answer.read()
                relay.answers.append(answer.status)
                self._answer(answer.status, answer.reason, answer.getheaders(), body)

            def _answer(
                self, status: int, reason: str, headers: list[tuple[str, str]], body: bytes
            ) -> None:
                self.send_response_only(status, reason)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.port = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
