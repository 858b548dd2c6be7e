"""The HTTP contest as a page: ratios first, then rates, latencies, CPU, starts, memory, probes and workers."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from speed import machine
from speed.field import BARE, CASES, OURS
from speed.figures import Ratio, duration, ratio, short, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from speed.probes import Waits
    from speed.tournament import Outcome
    from speed.wrk import Shot

_HEAD = """# Over HTTP

The service as shipped (`pressmark serve`: request ids, limits, an access log line for each request written to a file)
beside other servers, each with one worker, alone on one core; the load (wrk, one thread, connections kept open) on
another. All servers are alive for the whole run; in each of {rounds} rounds they are woken and loaded one at a time, in
another order, and paused otherwise. All are sent the same English paragraphs of this repository's corpus, another
request each time. The peers log nothing and answer with category and probabilities alone; the service also locates
each paragraph, lets neighbours help, calibrates, abstains and gives candidates. A number in brackets is the least and
the largest ratio of any one round. Where others use the machine too, rates swing with them and CPU times far less.
"""
_NOTES = """\
- *FastAPI, same schemas, no classification*: request and answer of the service, validated by FastAPI, the same mark for
  every paragraph. *Raw ASGI echo* sends the body back: what the web server alone can do.
- *scikit-learn behind FastAPI*, MLServer, LitServe and BentoML all serve the pipeline that comes with the release,
  which has the same terms and weights; *words and pairs alone* is the pipeline of the tutorials, with far fewer terms.
- LitServe keeps its model in a second process, BentoML and LitServe run several; here they share the one core. MLServer
  runs without its parallel workers.
- *Batch route* marks a hundred articles of one paragraph each, with a summary for each.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page tells."""

    outcome: Outcome
    alone: Mapping[str, list[tuple[float, float, float]]]
    probed: Mapping[tuple[str, str], Waits]
    workers: Outcome | None
    titles: Mapping[str, str]
    rounds: int
    connections: Sequence[int]
    quick: bool = False


def write(report: Report) -> str:
    """Return the page in Markdown."""
    parts = [_HEAD.format(rounds=report.rounds)]
    if report.quick:
        parts.append("**A quick run: three rounds, too few to rely on.**\n")
    for count in report.connections:
        told = f"{count} connections" if count > 1 else "1 connection"
        ratios = _ratios(report, count, lambda ours, theirs: ratio(_rates(ours), _rates(theirs)))
        parts.append(f"## {told}: how many times more requests Pressmark answers\n\n{ratios}\n")
    ratios = _ratios(report, 8, lambda ours, theirs: ratio([one.cpu for one in theirs], [one.cpu for one in ours]))
    parts.append(f"## 8 connections: how many times more CPU time a request takes than at Pressmark\n\n{ratios}\n")
    parts += [
        f"## Requests per second\n\n{_all(report, lambda shots: short(median(one.rate for one in shots)))}\n",
        f"## CPU time of a request\n\n{_all(report, lambda shots: duration(median(one.cpu for one in shots)))}\n",
        f"## Latency, median and 99th percentile\n\n{_all(report, _latency)}\n",
        _NOTES,
        f"## Start to first answer, and memory\n\nEach started alone; memory after some work.\n\n{_alone(report)}\n",
        f"## Health probes while 64 connections load the service\n\n{_probes(report)}\n",
        _workers(report),
        _measured_on(report),
    ]
    return "\n".join(parts)


def chart_rows(report: Report) -> list[dict[str, Any]]:
    """Return what the chart draws: requests per second over 8 connections."""
    return [
        {
            "name": name,
            "title": title,
            "rates": {
                case: median(one.rate for one in shots) for case in CASES if (shots := _shots(report, name, case))
            },
        }
        for name, title in report.titles.items()
        if name != BARE
    ]


def _shots(report: Report, name: str, case: str, count: int = 8) -> list[Shot]:
    return report.outcome.shots.get((name, case, count), [])


def _ratios(report: Report, count: int, compare: Callable[[list[Shot], list[Shot]], Ratio]) -> str:
    rows = []
    for name, title in report.titles.items():
        cells = []
        for case in CASES:
            ours, theirs = _shots(report, OURS, case, count), _shots(report, name, case, count)
            cells.append(str(compare(ours, theirs)) if theirs else "")
        if name != OURS and any(cells):
            rows.append([title, *cells])
    return table(["", *CASES.values()], rows)


def _rates(shots: list[Shot]) -> list[float]:
    return [one.rate for one in shots]


def _all(report: Report, tell: Callable[[list[Shot]], str]) -> str:
    rows = []
    for name, title in report.titles.items():
        cells = [
            tell(shots) if (shots := _shots(report, name, case, count)) else ""
            for case in CASES
            for count in report.connections
        ]
        if any(cells):
            rows.append([title, *cells])
    return table(["", *(f"{told}, {count}" for told in CASES.values() for count in report.connections)], rows)


def _latency(shots: list[Shot]) -> str:
    return f"{duration(median(one.p50 for one in shots))} / {duration(median(one.p99 for one in shots))}"


def _alone(report: Report) -> str:
    rows = []
    bare = report.alone.get(BARE)
    for name, found in report.alone.items():
        seconds, resident, proportional = zip(*found, strict=True)
        more = ""
        if bare and name != BARE:
            more = f"{median(seconds) - median(one[0] for one in bare):+.2f} s, "
            more += f"{median(resident) - median(one[1] for one in bare):+.0f} MB"
        spread = f"{median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"
        rows.append([report.titles[name], spread, f"{median(resident):.0f} MB", f"{median(proportional):.0f} MB", more])
    rows.sort(key=lambda row: list(report.titles.values()).index(row[0]))
    return table(["", "start to first answer", "resident", "proportional", "beside bare FastAPI"], rows)


def _probes(report: Report) -> str:
    rows = [
        [report.titles[name], CASES[case], *(duration(waits.quantile(share)) for share in (0.5, 0.99, 1.0)),
         f"{len(waits.seconds)}", f"{waits.failed}"]
        for (name, case), waits in report.probed.items()
    ]  # fmt: skip
    return table(["", "load", "median", "99th percentile", "longest", "probes", "failed"], rows)


def _workers(report: Report) -> str:
    if report.workers is None:
        return ""
    rows = []
    for case, told in CASES.items():
        one, two = ([shot.rate for shot in report.workers.shots[count, case, 8]] for count in ("1", "2"))
        rows.append([told, short(median(one)), short(median(two)), ratio(two, one)])
    head = ["", "one worker, requests per second", "two workers", "times"]
    return (
        "## Two workers against one\n\nBoth may use all cores, which they share with the load, so that twice as many "
        f"is out of reach on two.\n\n{table(head, rows)}\n"
    )


def _measured_on(report: Report) -> str:
    outcome = report.outcome
    errors = sum(shot.errors for shots in outcome.shots.values() for shot in shots)
    versions = ", ".join(f"{name} {version}" for name, version in sorted(outcome.versions.items()))
    lines = [
        "## Measured on\n",
        f"{machine.described()}; load {machine.load():.1f} at the end, since the machine is shared.",
        f"{versions}. Failed requests in all runs: {errors}.",
    ]
    lines += [f"Left out: {title} ({why})." for title, why in outcome.left_out.items()]
    return "\n".join(lines) + "\n"
