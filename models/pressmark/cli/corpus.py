"""``pressmark corpus check``: prove of training paragraphs what can be proved."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pressmark.cli import fail
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

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMULAS = "formulas.txt"
_CATEGORIES = "categories.json"
_REJECTED = "other"


def main(arguments: list[str]) -> int:
    """Print the corpus's census, or every fault with file and line."""
    options = _parser().parse_args(arguments)
    try:
        labels = [*json.loads((options.folder / _CATEGORIES).read_text(encoding="utf-8")), _REJECTED]
        faults, report = _check(options.folder, labels)
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}")
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    if faults:
        return fail(f"{options.folder}: {len(faults)} fault(s)")
    print(report)
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
