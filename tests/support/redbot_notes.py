"""Asks REDbot about requests, and prints its notes; run with the Python that has REDbot.

Takes JSON from standard input, a list of [method, URL, headers], and prints JSON:
for each the status, and a list of notes with level, class and summary.
"""

import json
import sys
from configparser import ConfigParser
from typing import Any

import thor  # type: ignore[import-not-found]
from redbot.resource import HttpResource  # type: ignore[import-not-found]


def notes_of(response: Any) -> list[list[str]]:
    """Give the notes on a response, and the notes below them."""
    found = [*response.notes, *(below for note in response.notes for below in note.subnotes)]
    return [[note.level.value, type(note).__name__, str(note.summary)] for note in found]


def result_of(resource: Any) -> dict[str, object]:
    """Give what is said of a request, and of those that REDbot made to try it out."""
    tried = [check for check in resource.subreqs.values() if check.has_response]
    errors = [str(part.fetch_error) for part in (resource, *tried) if part.fetch_error]
    return {
        "status": resource.response.status_code,
        "notes": [note for part in (resource, *tried) for note in notes_of(part.response)],
        "tried": [f"{check.check_id} {check.response.status_code}" for check in tried],
        "errors": errors,
    }


def main() -> None:
    """Make one request after the other."""
    parser = ConfigParser()
    parser.read_dict({"redbot": {"enable_local_access": "True"}})
    results: list[dict[str, object]] = []
    left = iter(json.load(sys.stdin))

    def ask_next() -> None:
        asked = next(left, None)
        if asked is None:
            thor.stop()
            return
        method, url, headers = asked
        resource = HttpResource(parser["redbot"])
        resource.set_request(url, method, [tuple(header) for header in headers])

        def done() -> None:
            results.append(result_of(resource))
            ask_next()

        resource.once("check_done", done)
        resource.check()

    ask_next()
    thor.run()
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
