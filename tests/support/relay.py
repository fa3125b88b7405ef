"""A relay that notes what a client asks a service for."""

import http.client
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Relay:
    """Passes requests on to a service, and notes what was asked for and answered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[int] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                relay.asked.append(self.path)
                with closing(http.client.HTTPConnection("127.0.0.1", relay.port)) as service:
                    service.request("GET", self.path, headers=dict(self.headers))
                    answer = service.getresponse()
                    body = answer.read()
                relay.answers.append(answer.status)
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
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

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
