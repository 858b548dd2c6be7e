"""Macro-F1 against corpus size: trains on growing shares of the corpus and writes a table, a plot and the figures.

python benchmarks/accuracy/learning_curve.py EVALUATION.jsonl
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pressmark.cli.progress import progress_shown
from pressmark.cli.train import labels_of
from pressmark.training.corpus import read_corpus, read_judged
from pressmark.training.curve import ALONE, IN_ARTICLE, SEEDS, Curve, learning_curve
from pressmark.training.recipe import Recipe
from pressmark.training.report.drawing import png
from pressmark.training.report.names import spoken
from pressmark.training.report.plots import learning

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "models" / "corpus"
RESULTS = ROOT / "benchmarks" / "results"


def main() -> None:
    """Compute the curve and write learning-curve.json, .png and .md."""
    options = _parser().parse_args()
    examples = read_corpus([options.corpus])
    labels = labels_of(options.corpus / "categories.json", examples)
    with progress_shown() as progress:
        curve = learning_curve(
            examples, read_judged([options.evaluation]), labels, Recipe(), progress, seeds=options.seeds
        )
    options.out.mkdir(parents=True, exist_ok=True)
    curve.write(options.out / "learning-curve.json")
    (options.out / "learning-curve.png").write_bytes(png(learning(curve, curve.languages)))
    (options.out / "learning-curve.md").write_text(_page(curve), encoding="utf-8")
    print(_page(curve))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluation", type=Path, help="JSONL of labelled real paragraphs, with before and after")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="default: models/corpus")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="draws of each share (default: %(default)s)")
    return parser


def _page(curve: Curve) -> str:
    head = f"""# Learning curve

Macro-F1 over all classes / over the categories, on {curve.measured_on} labelled real paragraphs, of models trained on
growing shares of the corpus (SHA-256 of labels and texts `{curve.corpus[:12]}`): whole articles drawn at random,
several draws of each share, their mean ± standard deviation. For every model, temperature and offsets are fitted
on four fifths of those paragraphs and used on the last fifth, so that the figures are a little below those of the
model card, whose calibration saw them all. `make learning-curve EVAL=FILE.jsonl` writes this page.

![Macro-F1 against the number of training paragraphs](learning-curve.png)
"""
    return head + "".join(_part(curve, language) for language in curve.languages)


def _part(curve: Curve, language: str) -> str:
    return "\n".join(["", f"## {spoken(language)}", "", *_table(curve, language), "", _last(curve, language), ""])


def _table(curve: Curve, language: str) -> list[str]:
    rows = [f"| share | paragraphs | {IN_ARTICLE} | {ALONE} |", "| ---: | ---: | ---: | ---: |"]
    there = zip(curve.spread(language, IN_ARTICLE), curve.spread(language, ALONE), strict=True)
    for (share, count, in_article), (_, _, alone) in there:
        cells = []
        for scores in (in_article, alone):
            means, apart = scores.mean(axis=0), scores.std(axis=0)
            spread = [f" ± {one:.3f}" if len(scores) > 1 else "" for one in apart]
            cells.append(f"{means[0]:.3f}{spread[0]} / {means[1]:.3f}{spread[1]}")
        rows.append(f"| {share:.4g} | {count:,.0f} | {cells[0]} | {cells[1]} |")
    return rows


def _last(curve: Curve, language: str) -> str:
    by_share = {share: scores.mean(axis=0) for share, _, scores in curve.spread(language, IN_ARTICLE)}
    gain = 100 * (by_share[1.0] - by_share[0.5])
    return f"The last doubling of the corpus gave {gain[0]:+.1f} / {gain[1]:+.1f} points in its article."


if __name__ == "__main__":
    main()
