"""Have REDbot make requests and print its notes; run with the Python that has REDbot.

Reads JSON from standard input, a list of [method, URL, headers], and prints JSON: for each
the status, the notes (level, class, summary), the requests it tried, and errors.
"""

import json
import sys
from configparser import ConfigParser
from typing import Any

import thor  # type: ignore[import-not-found]
from redbot.resource import HttpResource  # type: ignore[import-not-found]


def notes_of(response: Any) -> list[list[str]]:
    """Return the notes on a response, and those below them."""
    found = [*response.notes, *(below for note in response.notes for below in note.subnotes)]
    return [[note.level.value, type(note).__name__, str(note.summary)] for note in found]


def result_of(resource: Any) -> dict[str, object]:
    """Return the result of a request, and of those that REDbot made to try it out."""
    tried = [check for check in resource.subreqs.values() if check.has_response]
    errors = [str(part.fetch_error) for part in (resource, *tried) if part.fetch_error]
    return {
        "status": resource.response.status_code,
        "notes": [note for part in (resource, *tried) for note in notes_of(part.response)],
        "tried": [f"{check.check_id} {check.response.status_code}" for check in tried],
        "errors": errors,
    }


def main() -> None:
    """Make one request after another."""
    parser = ConfigParser()
    parser.read_dict({"redbot": {"enable_local_access": "True"}})
    results: list[dict[str, object]] = []
    requests = iter(json.load(sys.stdin))

    def check_next() -> None:
        request = next(requests, None)
        if request is None:
            thor.stop()
            return
        method, url, headers = request
        resource = HttpResource(parser["redbot"])
        resource.set_request(url, method, [tuple(header) for header in headers])

        def done() -> None:
            results.append(result_of(resource))
            check_next()

        resource.once("check_done", done)
        resource.check()

    check_next()
    thor.run()
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
