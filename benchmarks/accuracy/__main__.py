"""The command: train everyone on the corpus, measure all on the same paragraphs, write the table and the chart."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from accuracy.contest import Outcome, hold
from accuracy.entrants import PEERS, PeerName
from accuracy.environments import LockError, cache_folder, prepare, run
from accuracy.report import report
from accuracy.standings import chart_rows
from pressmark.cli.train import labels_of
from pressmark.training.corpus import CorpusError, read_corpus, read_judged

_REPOSITORY = Path(__file__).parents[2]
_CORPUS = _REPOSITORY / "models" / "corpus"
_RESULTS = _REPOSITORY / "benchmarks" / "results"
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
    except (LockError, subprocess.CalledProcessError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    options.results.mkdir(parents=True, exist_ok=True)
    written = report(outcome)
    (options.results / "accuracy.md").write_text(written, encoding="utf-8")
    rows = json.dumps(chart_rows(outcome.standings))
    run(prepare(_CHART, options.cache), ["accuracy.chart", str(options.results / "accuracy.png")], rows)
    print(written)
    return 0


def _hold(paragraphs: Path, peers: list[PeerName], cache: Path) -> Outcome:
    examples, real = read_corpus([_CORPUS]), read_judged([paragraphs])
    # All that can fail for want of a package fails before the long work.
    for lock in dict.fromkeys([*(peer.lock for peer in peers), _CHART]):
        prepare(lock, cache)
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
    parser.add_argument("--results", type=Path, default=_RESULTS, help="where to write accuracy.md and accuracy.png")
    parser.add_argument(
        "--cache",
        type=Path,
        default=cache_folder(),
        help="where the peers' environments are kept (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
