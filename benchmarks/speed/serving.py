"""``python -m speed.serving``: the service as shipped beside peers over HTTP, in one run."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environments import EnvironmentFault, cache_folder, prepare, variables
from publication import RESULTS, publish
from speed import machine, serving_report, wrk
from speed.field import CASES, ENTRIES, OURS
from speed.probes import Waits, probe
from speed.serving_report import Report
from speed.tournament import Outcome, Place, furnish, hold, start_alone, tell

_PROBED = (OURS, "sklearn")
_ALL_CONNECTIONS = (1, 8, 64)


def main() -> int:
    """Run the benchmark; returns the exit code."""
    options = _parser().parse_args()
    try:
        wrk.ensure()
        chart = prepare("speed", "chart", options.cache)
        with tempfile.TemporaryDirectory(prefix="pressmark-speed-") as scratch:
            report = _measure(options, Path(scratch))
    except (EnvironmentFault, subprocess.CalledProcessError) as fault:
        print(f"http: {fault}", file=sys.stderr)
        return 1
    table, rows = serving_report.write(report), serving_report.chart_rows(report)
    publish(options.results, "http", table, chart="speed.serving_chart", rows=rows, python=chart)
    return 0


def _measure(options: argparse.Namespace, scratch: Path) -> Report:
    entries = [one for one in ENTRIES if one.name == OURS or one.name in options.entrants]
    racing = [one for one in entries if one.cases]
    place = Place(options.cache, scratch, machine.cores().measured)
    furnish(place)
    rounds, starts, seconds = (3, 1, 2.0) if options.quick else (options.rounds, 5, 6.0)
    connections = (8,) if options.quick else _ALL_CONNECTIONS
    starting = [one for one in entries if one.name != "batch"]
    alone = start_alone(starting, starts, place)
    probed: dict[tuple[str, str], Waits] = {}
    for entry in racing:
        if entry.name in _PROBED:
            tell(f"probing {entry.title} under load")
            waits = probe(entry, place, tuple(CASES), seconds)
            probed |= {(entry.name, case): one for case, one in waits.items()}
    workers = _workers(place, rounds)
    outcome = hold(racing, connections, rounds, place)
    titles = {one.name: one.title for one in entries}
    return Report(outcome, alone, probed, workers, titles, rounds, connections, quick=options.quick)


def _workers(place: Place, rounds: int) -> Outcome | None:
    """Measure two workers against one, where there are two cores: both may use all, and the load has no own."""
    (entry,) = (one for one in ENTRIES if one.name == OURS)
    cores = sorted(os.sched_getaffinity(os.getppid()))
    if len(cores) < 2 or not _has_workers(place):
        return None
    tell("two workers against one")
    outcome = Outcome()
    everywhere = f"{cores[0]}-{cores[-1]}"
    hosts = {
        str(count): place.host(entry, cores=everywhere, extra=("--workers", str(count)), name=f"workers-{count}")
        for count in (1, 2)
    }
    with hosts["1"], hosts["2"]:
        for host in hosts.values():
            for script in wrk.scripts(host, place.folder).values():
                wrk.shoot(host, script, 8, 0.5)
            host.pause()
        for _ in range(rounds):
            for case in CASES:
                for count, host in hosts.items():
                    host.resume()
                    shot = wrk.shoot(host, wrk.scripts(host, place.folder)[case], 8, 1.0)
                    host.pause()
                    outcome.shots.setdefault((count, case, 8), []).append(shot)
    return outcome


def _has_workers(place: Place) -> bool:
    asked = "from pressmark.cli import main; main(['serve', '--help'])"
    python = str(prepare("speed", "serve", place.cache))
    told = subprocess.run([python, "-c", asked], env=variables(), stdout=subprocess.PIPE, text=True, check=False)
    return "--workers" in told.stdout


def _parser() -> argparse.ArgumentParser:
    names = [one.name for one in ENTRIES]
    parser = argparse.ArgumentParser(prog="python -m speed.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds over 8 connections, one start each")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count (default: %(default)s)")
    parser.add_argument(
        "--entrants",
        type=lambda text: text.split(","),
        default=names,
        help=f"who takes part beside {OURS} (default: {','.join(names)})",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write http.md and http.png")
    parser.add_argument("--cache", type=Path, default=cache_folder("speed"), help="where environments are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
