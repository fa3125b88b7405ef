"""What has to be said with a report: what its numbers mean, and what is missing from them."""

from collections.abc import Iterator

from feedsvc.audience.report import Report
from feedsvc.i18n import N_, Message


def notes(report: Report, timezone: str) -> Iterator[Message]:
    """Yield what whoever reads the numbers has to know."""
    yield Message(
        N_(
            "This is a lower bound. Services fetch a feed once for all who read it there and report"
            " how many; everybody else counts once a day for each address and program. Several"
            " people behind one address count as one; who changes the address during the day counts"
            " again, and who reads two feeds counts in both."
        )
    )
    yield Message(
        N_(
            "What services report are claims, as anybody can call himself a service. Browsers,"
            " robots and unknown programs are not counted as subscribers. Days are those of the"
            " time zone {zone}; the newest one may not be over."
        ),
        {"zone": timezone},
    )
    text = N_("Lines of logs: {lines}; not understood: {bad}; requests for feeds: {requests}")
    values = {"lines": report.lines, "bad": report.not_understood, "requests": report.requests}
    yield Message(text, values)
    yield from _shortcomings(report)


def _shortcomings(report: Report) -> Iterator[Message]:
    unnamed = sum(day.total("unnamed") for day in report.days)
    if unnamed:
        yield Message(
            N_(
                "In a part of the logs no programs are named, so nobody there is counted as a"
                " subscriber: let the server write the combined format"
            )
        )
    if any(each.set_aside for day in report.days for each in day.services.values()):
        yield Message(
            N_(
                "Some numbers were not believed: they are far above what the same service said"
                " most of the day, or above a million"
            )
        )
    if not report.is_exact:
        yield Message(N_("The largest numbers of addresses are estimates"))
    if report.left_out:
        text = N_(
            "Requests that were left out, because there are too many days, feeds and programs to"
            " count at once: {count}. Give fewer logs"
        )
        yield Message(text, {"count": report.left_out})
