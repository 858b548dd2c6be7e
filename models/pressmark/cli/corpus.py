"""``pressmark corpus``: prove of training paragraphs what can be proved, and list those to read again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pressmark.cli import fail
from pressmark.cli.progress import progress_shown
from pressmark.cli.train import labels_of
from pressmark.training.check import (
    Limits,
    census,
    check_balance,
    check_duplicates,
    check_openings,
    check_positions,
    check_runs,
    check_schema,
)
from pressmark.training.corpus import CorpusError, read_corpus
from pressmark.training.recipe import Recipe
from pressmark.training.suspects import find_suspects

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMULAS = "formulas.txt"
_CATEGORIES = "categories.json"
_REJECTED = "other"


def main(arguments: list[str]) -> int:
    """Run one action on a corpus folder."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        raise
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}")


def _run_check(options: argparse.Namespace) -> int:
    """Print the corpus's census, or every fault with file and line."""
    labels = [*json.loads((options.folder / _CATEGORIES).read_text(encoding="utf-8")), _REJECTED]
    faults, report = _check(options.folder, labels)
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    if faults:
        return fail(f"{options.folder}: {len(faults)} fault(s)")
    print(report)
    return 0


def _run_suspects(options: argparse.Namespace) -> int:
    """Print the paragraphs whose label held-out folds doubt, the most doubtful first."""
    definitions = options.folder / _CATEGORIES
    try:
        examples = read_corpus([options.folder])
        labels = labels_of(definitions if definitions.exists() else None, examples)
        with progress_shown() as progress:
            suspects = find_suspects(examples, labels, Recipe(), progress)
    except CorpusError as error:
        print(*error.faults[:20], sep="\n", file=sys.stderr)
        return fail(f"{options.folder}: {len(error.faults)} fault(s)")
    for one in [one for one in suspects if options.defended or not one.defended][: options.most]:
        where = f"{one.example.source}: {one.example.article}/{one.example.position}"
        print(f"{where}  {one.example.label} {one.probability:.3f}, likeliest {one.likeliest}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pressmark corpus", description="Work on training paragraphs.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="schema, positions, duplicates, repeated runs and openings, balance",
        description="Check a corpus folder: its JSONL files, categories.json, and formulas.txt with the stock formulas"
        " that may repeat. Faults are told with file and line.",
    )
    check.add_argument("folder", type=Path)
    check.set_defaults(run=_run_check)
    suspects = actions.add_parser(
        "suspects",
        help="paragraphs whose label held-out folds doubt, to be read again",
        description="List the paragraphs whose label is not the likeliest to a model that was trained without their"
        " article: file and line, article and position, the label with its probability, the likeliest label."
        " A suspect is no fault: close calls look the same.",
    )
    suspects.add_argument("folder", type=Path)
    suspects.add_argument("--most", type=int, default=80, metavar="N", help="how many to list (default: %(default)s)")
    suspects.add_argument("--defended", action="store_true", help='list those too whose "also" has the likeliest label')
    suspects.set_defaults(run=_run_suspects)
    return parser


def _check(folder: Path, labels: Sequence[str]) -> tuple[list[str], str]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        return [f"{folder}: holds no .jsonl files"], ""
    faults = list(check_schema(files, labels))
    if faults:
        return faults, ""
    try:
        examples = read_corpus(files)
    except CorpusError as error:
        return error.faults, ""
    formulas = _formulas(folder / _FORMULAS)
    limits = Limits()
    checks = (
        check_positions(examples),
        check_duplicates(examples, limits),
        check_runs(examples, limits, formulas),
        check_openings(examples, limits),
        check_balance(examples, labels, limits),
    )
    return [fault for check in checks for fault in check], census(examples, labels)


def _formulas(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
