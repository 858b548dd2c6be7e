"""``pressmark evaluate``: how good a model is on labelled paragraphs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pressmark.classifier import load
from pressmark.cli import fail
from pressmark.cli.progress import progress_shown
from pressmark.cli.train import labels_of
from pressmark.release import BUNDLED, load_release
from pressmark.training.corpus import CorpusError, read_corpus, read_judged
from pressmark.training.curve import learning_curve, read_curve
from pressmark.training.measure import measure
from pressmark.training.perturb import count_flips
from pressmark.training.recipe import Recipe

if TYPE_CHECKING:
    from pressmark.classifier import Judge
    from pressmark.training.corpus import Judged
    from pressmark.training.curve import Curve
    from pressmark.training.measure import Measured

_MODES = (("alone", False), ("in its article", True))


def main(arguments: list[str]) -> int:
    """Print the figures, or write them as JSON."""
    options = _parser().parse_args(arguments)
    judge = load(options.model)
    try:
        paragraphs = read_judged(options.files)
        _check_labels(judge, paragraphs)
    except CorpusError as error:
        print(*error.faults[:20], sep="\n", file=sys.stderr)
        return fail(f"cannot be measured on: {len(error.faults)} fault(s)")
    if options.report:
        return _report(options, judge, paragraphs)
    if options.perturb:
        return _perturb(judge, paragraphs, as_json=options.json)
    measured = _measure(judge, paragraphs)
    if options.json:
        print(json.dumps({name: one.figures() for name, one in measured.items()}, indent=2))
        return 0
    print(f"{judge.name} {judge.version}, sha256 {judge.sha256[:12]}, {len(paragraphs)} paragraphs")
    _print_summary(measured)
    for name, one in measured.items():
        _print_table(name, one)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pressmark evaluate",
        description="Measure a model on labelled paragraphs: macro-F1 over all classes and over the categories alone,"
        " by language, each paragraph alone and between its neighbours, with a table per class and the confusions.",
    )
    parser.add_argument("files", type=Path, nargs="+", help="JSONL: text, label, and before and after where known")
    parser.add_argument("--model", type=Path, help="a model folder (default: the bundled release)")
    parser.add_argument(
        "--perturb", action="store_true", help="print instead which share of labels flips under damage and respelling"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write a report to this folder instead: a page with plots, and figures",
    )
    parser.add_argument(
        "--curve",
        type=Path,
        metavar="FILE|CORPUS",
        help="for the report: a learning curve as JSON, or a corpus folder to compute it from (minutes)",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    return parser


def _check_labels(judge: Judge, paragraphs: list[Judged]) -> None:
    unknown = sorted({one.label for one in paragraphs} - set(judge.classes))
    if unknown:
        raise CorpusError([f"label {name!r} is none of the model's: {', '.join(judge.classes)}" for name in unknown])
    if not paragraphs:
        raise CorpusError(["no paragraphs to measure on"])


def _measure(judge: Judge, paragraphs: list[Judged]) -> dict[str, Measured]:
    measured = {}
    for language in sorted({one.language for one in paragraphs}):
        of_language = [one for one in paragraphs if one.language == language]
        for name, context in _MODES:
            measured[f"{language or 'all'}, {name}"] = measure(judge, of_language, context=context)
    return measured


def _report(options: argparse.Namespace, judge: Judge, paragraphs: list[Judged]) -> int:
    from pressmark.training.report.write import ReportError, write_report

    try:
        curve = _curve(options.curve, paragraphs) if options.curve else None
        write_report(judge, load_release(options.model or BUNDLED), paragraphs, options.report, curve=curve)
    except CorpusError as error:
        return fail(error.faults[0])
    except ReportError as error:
        return fail(str(error))
    print(f"{options.report / 'index.html'}: {judge.name} {judge.version} on {len(paragraphs)} paragraphs")
    return 0


def _curve(path: Path, paragraphs: list[Judged]) -> Curve:
    """Read a learning curve, or compute it on the corpus in a folder."""
    if not path.is_dir():
        return read_curve(path)
    definitions = path / "categories.json"
    examples = read_corpus([path])
    labels = labels_of(definitions if definitions.exists() else None, examples)
    with progress_shown() as progress:
        return learning_curve(examples, paragraphs, labels, Recipe(), progress)


def _perturb(judge: Judge, paragraphs: list[Judged], *, as_json: bool) -> int:
    flips = count_flips(judge, paragraphs)
    if as_json:
        print(json.dumps([one.figures() for one in flips], indent=2))
        return 0
    print("share of the changed paragraphs whose likeliest class flips, and of those right before and after")
    print(f"{'':<36}{'changed':>8}{'alone':>8}{'in article':>12}{'limit':>8}{'right':>8}{'then':>8}")
    for one in flips:
        shares = (
            f"{one.alone:>8.3f}{one.in_article:>12.3f}{one.limit:>8.2f}{one.right_before:>8.3f}{one.right_after:>8.3f}"
        )
        print(f"{one.language or 'all':<4}{one.name:<32}{one.touched:>8}{shares}")
    return 0


_SUMMARY = (
    ("n", "paragraphs", "d"),
    ("F1 all", "macro_f1", ".3f"),
    ("F1 categories", "macro_f1_categories", ".3f"),
    ("ECE", "calibration_error", ".3f"),
    ("sets cover", "candidates_coverage", ".3f"),
    ("set size", "candidates_size", ".2f"),
    ("answered", "answered", ".3f"),
    ("answers right", "answers_right", ".3f"),
)


def _print_summary(measured: dict[str, Measured]) -> None:
    print(f"\n{'':<20}" + "".join(f"{title:>15}" for title, _, _ in _SUMMARY) + f"{'AUROC rejected':>16}")
    for name, one in measured.items():
        figures = one.figures()
        cells = "".join(f"{_cell(figures[key], form):>15}" for _, key, form in _SUMMARY)
        print(f"{name:<20}{cells}{_cell(figures['auroc_rejected'], '.3f'):>16}")


def _print_table(name: str, one: Measured) -> None:
    print(f"\n{name}\n{'':<12}{'precision':>10}{'recall':>8}{'F1':>8}{'n':>6}   true label down, given label across")
    by_class = one.figures()["classes"]
    short = [label[:9] for label in one.classes]
    print(f"{'':<44}   " + "".join(f"{label:>10}" for label in short))
    for at, (label, figures) in enumerate(by_class.items()):
        row = "".join(f"{count:>10}" for count in one.confusion[at])
        print(
            f"{label:<12}{figures['precision']:>10.3f}{figures['recall']:>8.3f}{figures['f1']:>8.3f}"
            f"{figures['paragraphs']:>6}   {row}"
        )


def _cell(value: Any, form: str) -> str:  # noqa: ANN401  a figure or nothing
    return "-" if value is None else format(value, form)
