"""``pressmark classify``: an article marked on the terminal, or as JSON lines for a pipe."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pressmark.article import SPLITS
from pressmark.classifier import load
from pressmark.cli import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark.classifier import Judge
    from pressmark.marks import Article, Paragraph

# From the 256-colour palette; told apart by colour-blind readers too (after Okabe and Ito 2008).
_COLOURS = (160, 34, 99, 172, 31, 133)
_EVIDENCE = 5


def main(arguments: list[str]) -> int:
    """Mark one article and print it; returns 0 also where paragraphs got no category."""
    options = _parser().parse_args(arguments)
    try:
        text = _read(options.file)
    except OSError as error:
        return fail(f"{options.file}: {error.strerror}")
    except UnicodeDecodeError as error:
        return fail(f"{options.file}: is not UTF-8 (byte {error.start}); convert it first")
    judge = load(options.model)
    readable = sys.stdout.isatty() if options.format == "auto" else options.format == "text"
    marked = judge.classify(
        text,
        split=options.split,
        context=options.context,
        abstain=options.abstain,
        evidence=options.evidence if options.evidence is not None else _EVIDENCE * readable,
    )
    for line in _readable(judge, text, marked) if readable else _json_lines(text, marked):
        print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pressmark classify",
        description="Mark the paragraphs of an article. On a terminal: coloured, with the words that decided. Into a"
        " pipe: one JSON object per paragraph.",
    )
    parser.add_argument("file", nargs="?", default="-", help="a UTF-8 text file, or - for standard input (default)")
    parser.add_argument("--model", type=Path, help="a model folder (default: the bundled release)")
    parser.add_argument("--split", choices=SPLITS, default="auto", help="how to cut it (default: %(default)s)")
    parser.add_argument("--no-context", dest="context", action="store_false", help="judge each paragraph alone")
    parser.add_argument("--no-abstain", dest="abstain", action="store_false", help="always name the best category")
    parser.add_argument("--evidence", type=int, metavar="N", help="terms per paragraph that decided")
    parser.add_argument("--format", choices=("auto", "text", "jsonl"), default="auto", help="default: as said above")
    return parser


def _read(name: str) -> str:
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return content.decode()


def _json_lines(text: str, marked: Article) -> Iterator[str]:
    for paragraph in marked.paragraphs:
        record = asdict(paragraph) | {"text": text[paragraph.start : paragraph.end]}
        yield json.dumps(record, ensure_ascii=False)


def _readable(judge: Judge, text: str, marked: Article) -> Iterator[str]:
    width = min(shutil.get_terminal_size().columns, 100)
    for paragraph in marked.paragraphs:
        yield _title(judge, paragraph)
        yield textwrap.fill(text[paragraph.start : paragraph.end], width, initial_indent="  ", subsequent_indent="  ")
        if paragraph.evidence:
            terms = ", ".join(f"{term.term} {term.weight:+.2f}" for term in paragraph.evidence.terms)
            yield textwrap.fill(
                f"for {paragraph.evidence.of}: {terms}", width, initial_indent="  ", subsequent_indent="    "
            )
        yield ""
    yield _composition(judge, marked)


def _title(judge: Judge, paragraph: Paragraph) -> str:
    if paragraph.category is not None:
        return _coloured(judge, paragraph.category, f"{paragraph.category} {paragraph.confidence:.0%}")
    candidates = " or ".join(paragraph.candidates or ())
    return f"no category: {paragraph.reason}" + (f" ({candidates}?)" if paragraph.reason == "low_confidence" else "")


def _composition(judge: Judge, marked: Article) -> str:
    shares = [_coloured(judge, name, f"{name} {share:.0%}") for name, share in marked.summary.shares.items() if share]
    return f"{marked.summary.paragraphs} paragraphs: " + ", ".join([*shares, f"{marked.summary.abstained} without"])


def _coloured(judge: Judge, category: str, text: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    colour = _COLOURS[judge.categories.index(category) % len(_COLOURS)]
    return f"\x1b[1;38;5;{colour}m{text}\x1b[0m"
