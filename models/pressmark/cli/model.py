"""``pressmark model``: the released models in a folder, whether one is sound, and what changes between two."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pressmark.classifier import load
from pressmark.cli import fail
from pressmark.comparison import compare
from pressmark.manifest import ReleaseError
from pressmark.release import BUNDLED, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run one of the commands; return 0, or 1 where a model is not sound."""
    asked = _parser().parse_args(argv)
    if asked.action == "list":
        return _list(asked.folder)
    if asked.action == "verify":
        return _verify(asked.model)
    try:
        paragraphs = _read(asked.file)
    except OSError as error:
        return fail(f"{asked.file}: {error.strerror}")
    except UnicodeDecodeError as error:
        return fail(f"{asked.file}: is not UTF-8 (byte {error.start}); convert it first")
    return _diff(asked.before, asked.after, paragraphs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pressmark model", description="List, verify and compare released models.")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the released models among the folders of a folder")
    listing.add_argument("folder", nargs="?", type=Path, default=BUNDLED.parent, help="default: the bundled ones")
    verifying = actions.add_parser("verify", help="check every digest, load it, and replay its golden predictions")
    verifying.add_argument("model", nargs="?", type=Path, default=BUNDLED, help="default: the bundled one")
    comparing = actions.add_parser("diff", help="the marks that differ, and the terms that did it, as JSON lines")
    comparing.add_argument("before", metavar="A", type=Path, help="a model folder")
    comparing.add_argument("after", metavar="B", type=Path, help="a model folder")
    comparing.add_argument("file", metavar="FILE", type=Path, help="UTF-8 text, one paragraph a line")
    return parser


def _list(folder: Path) -> int:
    code = 0
    models = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    if not models:
        print(f"{folder}: holds no folder of a released model", file=sys.stderr)
        return 1
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of folders may be no text, or none that a terminal shows
        sys.stdout.reconfigure(errors="backslashreplace")
    for model in models:
        try:
            judge = load(model)
        except ReleaseError as refused:
            print(f"{model.name}  not sound: {refused}")
            code = 1
        else:
            print(f"{model.name}  {judge.name} {judge.version}  {judge.sha256}  {', '.join(judge.categories)}")
    return code


def _verify(model: Path) -> int:
    try:
        judge = load(model)
    except ReleaseError as refused:
        print(f"not sound: {refused}", file=sys.stderr)
        return 1
    files = len(judge.card["files"])
    print(f"sound: {judge.name} {judge.version}, {files} files and the golden predictions verified, {judge.sha256}")
    return 0


def _read(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line.strip()]


def _diff(before: Path, after: Path, paragraphs: list[str]) -> int:
    """Print one line a change, then a count on standard error."""
    changes = 0
    for change in compare(load(before), load(after), paragraphs):
        changes += 1
        line = {
            "paragraph": change.index,
            "before": change.before,
            "after": change.after,
            "confidence": [round(value, 4) for value in change.confidence],
            "terms": {term: round(weight, 4) for term, weight in change.terms},
            "text": paragraphs[change.index],
        }
        print(json.dumps(line, ensure_ascii=False))
    print(f"{changes} of {len(paragraphs)} paragraphs change", file=sys.stderr)
    return 0
