"""The command: train everyone on the corpus, measure all on the same paragraphs, write the table and the chart."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from accuracy.contest import Outcome, hold
from accuracy.entrants import PEERS, PeerName
from accuracy.report import report
from accuracy.standings import chart_rows
from environments import REPOSITORY, EnvironmentFault, cache_folder, prepare
from pressmark.cli.train import labels_of
from pressmark.training.corpus import CorpusError, read_corpus, read_judged
from publication import RESULTS, publish

_CORPUS = REPOSITORY / "models" / "corpus"
_CHART = "chart"
_USAGE_ERROR = 2
_MOST_FAULTS_SHOWN = 20


def main() -> int:
    """Run the benchmark; returns the exit code."""
    options = _parser().parse_args()
    peers = [peer for peer in PEERS if peer.name in options.peers]
    try:
        outcome = _hold(options.paragraphs, peers, options.cache)
    except CorpusError as error:
        print(*error.faults[:_MOST_FAULTS_SHOWN], sep="\n", file=sys.stderr)
        return _USAGE_ERROR
    except (EnvironmentFault, subprocess.CalledProcessError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    python = prepare("accuracy", _CHART, options.cache)
    rows = chart_rows(outcome.standings)
    publish(options.results, "accuracy", report(outcome), chart="accuracy.chart", rows=rows, python=python)
    return 0


def _hold(paragraphs: Path, peers: list[PeerName], cache: Path) -> Outcome:
    examples, real = read_corpus([_CORPUS]), read_judged([paragraphs])
    # All that can fail for want of a package fails before the long work.
    for lock in dict.fromkeys([*(peer.lock for peer in peers), _CHART]):
        prepare("accuracy", lock, cache)
    return hold(examples, labels_of(_CORPUS / "categories.json", examples), real, peers, cache)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m accuracy",
        description="Measure the judge beside other classifiers: all trained on the corpus of this repository, all with"
        " their neighbours' help and the same calibration, all on the same paragraphs.",
    )
    names = [peer.name for peer in PEERS]
    parser.add_argument(
        "paragraphs", type=Path, help="JSONL of labelled real paragraphs: text, label, lang, before and after"
    )
    parser.add_argument(
        "--peers", type=lambda text: text.split(","), default=names, help=f"which to run (default: {','.join(names)})"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write accuracy.md and accuracy.png")
    parser.add_argument(
        "--cache",
        type=Path,
        default=cache_folder("accuracy"),
        help="where the peers' environments are kept (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
