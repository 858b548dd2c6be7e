"""``pressmark train``: a corpus in, a released model folder out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pressmark.cli import fail
from pressmark.cli.progress import progress_shown
from pressmark.release import BUNDLED
from pressmark.training.corpus import CorpusError, Example, read_corpus
from pressmark.training.publish import Edition, publish
from pressmark.training.recipe import Recipe
from pressmark.training.train import Labels, Trained, train, weights_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

_REJECTED = "other"
_MOST_FAULTS_SHOWN = 20


def main(arguments: list[str]) -> int:
    """Train, release, and print where the release is and what held-out folds say of it."""
    options = _parser().parse_args(arguments)
    try:
        examples = read_corpus(options.corpus)
        labels = labels_of(options.definitions, examples)
        recipe = Recipe()
        with progress_shown() as progress:
            trained = train(examples, labels, recipe, progress)
        edition = _edition(options, trained)
        judge = publish(trained, examples, recipe, edition, options.out)
    except CorpusError as error:
        print(*error.faults[:_MOST_FAULTS_SHOWN], sep="\n", file=sys.stderr)
        return fail(f"the corpus cannot be used: {len(error.faults)} fault(s)")
    except _CalibrationError as error:
        return fail(str(error))
    print(f"{options.out}: {judge.name} {judge.version}, sha256 {judge.sha256}")
    for name, value in trained.folds.items():
        print(f"  held-out folds, {name}: {value:.3f}")
    return 0


class _CalibrationError(Exception):
    """The calibration file does not go with the weights that were trained."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pressmark train",
        description="Train on labelled paragraphs (JSONL: text and label in every line; article and position where"
        " paragraphs are neighbours) and release the model to a folder.",
    )
    parser.add_argument("corpus", type=Path, nargs="+", help="JSONL files, or folders of them")
    parser.add_argument("--out", type=Path, required=True, help="the release folder to write; replaced whole")
    parser.add_argument("--name", default="pressmark", help="the model's name (default: %(default)s)")
    parser.add_argument("--version", default=BUNDLED.name, help="the model's version (default: %(default)s)")
    parser.add_argument(
        "--definitions", type=Path, help="JSON: category -> what it means; gives the order of categories"
    )
    parser.add_argument(
        "--calibration",
        type=Path,
        help="figures of 'pressmark calibrate'; without them held-out folds calibrate",
    )
    return parser


def labels_of(definitions: Path | None, examples: Sequence[Example]) -> Labels:
    """Return the label set: that of the definitions, or whatever the corpus holds; ``other`` is rejected."""
    used = sorted({example.label for example in examples})
    defined: dict[str, str] = {}
    if definitions is not None:
        defined = json.loads(definitions.read_text(encoding="utf-8"))
    categories = tuple(name for name in defined or used if name != _REJECTED)
    rejected = _REJECTED if _REJECTED in used else None
    return Labels(categories, rejected, {name: defined.get(name, name) for name in categories})


def _edition(options: argparse.Namespace, trained: Trained) -> Edition:
    if options.calibration is None:
        figures: dict[str, Any] = {"calibration": trained.calibration, "measured": {}}
        source = "held-out folds of the corpus itself, which are easier than the world"
    else:
        figures = json.loads(options.calibration.read_text(encoding="utf-8"))
        source = figures["source"]
        if figures["weights"] != weights_digest(trained.fitted):
            raise _CalibrationError(
                f"{options.calibration}: was fitted to other weights than these; fit it again with 'pressmark"
                " calibrate', or leave --calibration out to calibrate on held-out folds"
            )
    return Edition(options.name, options.version, figures["calibration"], source, figures["measured"])
