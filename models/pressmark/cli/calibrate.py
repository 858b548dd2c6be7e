"""``pressmark calibrate``: fit the few figures that turn margins into probabilities of real text."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pressmark.cli.progress import progress_shown
from pressmark.cli.train import labels_of
from pressmark.context import ContextRule
from pressmark.training.calibrate import as_figures, calibrate
from pressmark.training.corpus import read_corpus, read_judged
from pressmark.training.measure import measure
from pressmark.training.publish import Edition, publish
from pressmark.training.recipe import Recipe
from pressmark.training.train import judged_margins, scorer_of, train, weights_digest, write_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.classifier import Judge
    from pressmark.training.corpus import Judged


_SOURCE = "labelled real paragraphs of the genre"


def main(arguments: list[str]) -> int:
    """Train, calibrate on real paragraphs, measure there, and write the figures."""
    options = _parser().parse_args(arguments)
    examples = read_corpus(options.corpus)
    labels = labels_of(options.definitions, examples)
    real = read_judged([options.on])
    recipe = Recipe()
    with progress_shown() as progress:
        trained = train(examples, labels, recipe, progress)
    rule = ContextRule(recipe.context_strength, recipe.context_reach)
    margins = judged_margins(scorer_of(trained.fitted), real, labels, rule)
    figures = as_figures(calibrate(margins, len(labels.categories), recipe.coverage))
    with tempfile.TemporaryDirectory() as scratch:
        edition = Edition("pressmark", "trial", figures, options.source, {})
        judge = publish(trained, examples, recipe, edition, Path(scratch) / "trial")
        measured = _measured(judge, real)
    write_calibration(
        options.out,
        {
            "weights": weights_digest(trained.fitted),
            "source": options.source,
            "calibration": figures,
            "measured": measured,
        },
    )
    print(f"{options.out}: calibrated on {len(real)} paragraphs")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pressmark calibrate",
        description="Fit temperature, offsets, thresholds and candidate sets to labelled real paragraphs. The figures"
        " are what 'pressmark train --calibration' reads, so that training needs no real text.",
    )
    parser.add_argument("corpus", type=Path, nargs="+", help="what the model is trained on: JSONL files or folders")
    parser.add_argument("--on", type=Path, required=True, help="JSONL of real paragraphs with label, before and after")
    parser.add_argument("--source", default=_SOURCE, help="what those paragraphs are, for the model card")
    parser.add_argument("--definitions", type=Path, help="JSON: category -> what it means")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    return parser


def _measured(judge: Judge, real: Sequence[Judged]) -> dict[str, Any]:
    """Return what the card quotes: each language, alone and between its neighbours."""
    figures = {}
    for language in sorted({one.language for one in real}):
        of_language = [one for one in real if one.language == language]
        for name, context in (("alone", False), ("in its article", True)):
            figures[f"{language}, {name}"] = measure(judge, of_language, context=context).figures()
    return figures
