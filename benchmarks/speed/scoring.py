"""``python -m speed.scoring``: CPU time of scoring on one core beside peers, and how it grows with what is sent."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from environments import EnvironmentFault, cache_folder, prepare, variables
from publication import RESULTS, publish
from speed import corpus, machine, scoring_report
from speed.contest import SIZES, hold
from speed.entrants import ENTRANTS, OURS
from speed.scoring_report import Report

if TYPE_CHECKING:
    from speed.scoring_report import Growth


def main() -> int:
    """Run the benchmark; returns the exit code."""
    options = _parser().parse_args()
    wanted = [one for one in ENTRANTS if one.name == OURS or one.name in options.entrants]
    if options.quick:
        wanted = [one for one in wanted if one.name != "minilm"]
    rounds, runs, most = (3, 1, 100) if options.quick else (options.rounds, 5, 1000)
    try:
        chart = prepare("speed", "chart", options.cache)
        cores = machine.cores()
        outcome = hold(wanted, SIZES, rounds, cores.measured, options.cache)
        growth = _growth(prepare("speed", "serve", options.cache), cores.measured, runs, most)
    except (EnvironmentFault, subprocess.CalledProcessError) as fault:
        print(f"scoring: {fault}", file=sys.stderr)
        return 1
    titles = {one.name: one.title for one in wanted}
    report = Report(outcome, growth, titles, rounds, _characters(), quick=options.quick)
    table, rows = scoring_report.write(report), scoring_report.chart_rows(report)
    publish(options.results, "scoring", table, chart="speed.chart", rows=rows, python=chart)
    return 0


def _growth(python: Path, core: int, runs: int, most: int) -> Growth:
    print("scoring: growth", file=sys.stderr, flush=True)
    arguments = ["-m", "speed.growth", str(core), str(runs), str(most)]
    done = subprocess.run([str(python), *arguments], env=variables(), stdout=subprocess.PIPE, text=True, check=True)
    found: Growth = json.loads(done.stdout)
    return found


def _characters() -> dict[str, float]:
    texts = {language: [one.text for one in corpus.read(language)] for language in corpus.LANGUAGES}
    return {language: mean(map(len, of)) for language, of in texts.items()}


def _parser() -> argparse.ArgumentParser:
    names = [one.name for one in ENTRANTS]
    parser = argparse.ArgumentParser(prog="python -m speed.scoring", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds, without the slowest; about a minute")
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count (default: %(default)s)")
    parser.add_argument(
        "--entrants",
        type=lambda text: text.split(","),
        default=names,
        help=f"who takes part beside {OURS} (default: {','.join(names)})",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write scoring.md and scoring.png")
    parser.add_argument("--cache", type=Path, default=cache_folder("speed"), help="where environments are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
