"""``pressmark batch``: an archive marked into one file, that can be killed and goes on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pressmark.article import SPLITS
from pressmark.batch import Marker, TableError
from pressmark.batch.archive import Order, Outcome, mark_archive
from pressmark.batch.local import cores
from pressmark.batch.presets import PRESETS, Preset
from pressmark.batch.sources import ArchiveError
from pressmark.cli import fail
from pressmark.cli.rate import rate_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

SOME_ROWS_BAD = 1


def main(arguments: Sequence[str]) -> int:
    """Mark an archive; 0 if every row was marked, 1 if the error file holds some, 2 if it did not finish."""
    options = _parser().parse_args(arguments)
    if options.out.exists() and not options.overwrite and not _unfinished(options.out):
        return fail(f"{options.out}: is there already; give --overwrite to replace it")
    if options.engine == "local" and options.address:
        return fail("--address is that of a Ray cluster: give --engine ray too")
    order = _order(options)
    try:
        with rate_shown() as progress:
            outcome = mark_archive(order, progress)
    except (ArchiveError, TableError) as error:
        return fail(str(error))
    except OSError as error:
        name = error.filename or order.out
        return fail(f"{name}: {error.strerror or error}; what is done is kept: call it again to go on")
    except KeyboardInterrupt:
        print("pressmark: stopped; what is done is kept: call it again to go on", file=sys.stderr)
        raise
    _tell(order, outcome)
    return SOME_ROWS_BAD if outcome.bad else 0


def _unfinished(out: Path) -> bool:
    return (out.with_name(out.name + ".partial") / "plan.json").exists()


def _order(options: argparse.Namespace) -> Order:
    preset = PRESETS.get(options.preset, Preset("text"))
    if options.text_field:
        preset = Preset(options.text_field, preset.dates)
    marker = Marker(
        text_field=preset.text_field,
        rows=options.rows,
        keep_text=options.text,
        split=options.split,
        context=options.context,
        abstain=options.abstain,
        prefix=options.prefix,
        model=str(options.model) if options.model else None,
    )
    return Order(
        names=options.inputs,
        out=options.out,
        marker=marker,
        preset=preset,
        folding=options.fold_duplicates,
        part_rows=options.part_rows,
        workers=options.workers,
        engine=options.engine,
        address=options.address,
        restart=options.restart,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pressmark batch",
        description="Mark an archive: JSONL, JSON, CSV, Parquet, text files or folders of them, also .gz and .zst, into"
        " one JSONL, CSV or Parquet file, a row per paragraph or per article; all other columns pass through. It"
        " appears when it is whole; a run that was stopped goes on where it was. Rows that cannot be marked go to"
        " OUT.errors.jsonl with the reason, and the exit code is 1.",
    )
    parser.add_argument("inputs", nargs="+", metavar="IN", help="a file or a folder")
    parser.add_argument("--out", type=Path, required=True, help="the file to write; its ending tells the format")
    parser.add_argument("--preset", choices=sorted(PRESETS), help="where a common source keeps text and dates")
    parser.add_argument("--text-field", metavar="NAME", help="the column that holds the article (default: text)")
    parser.add_argument("--rows", choices=("paragraph", "article"), default="paragraph", help="default: %(default)s")
    parser.add_argument("--no-text", dest="text", action="store_false", help="leave the text out of the output")
    parser.add_argument("--prefix", default="", help="stands before the name of every column that is added")
    parser.add_argument(
        "--fold-duplicates", action="store_true", help="mark a story once however often it stands there"
    )
    parser.add_argument("--split", choices=SPLITS, default="auto", help="how to cut articles (default: %(default)s)")
    parser.add_argument("--no-context", dest="context", action="store_false", help="judge each paragraph alone")
    parser.add_argument("--no-abstain", dest="abstain", action="store_false", help="always name the best category")
    parser.add_argument("--model", type=Path, help="a model folder (default: the bundled release)")
    parser.add_argument(
        "--workers", type=_positive, default=cores(), metavar="N", help="processes (default: all cores)"
    )
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="where to mark (default: here)")
    parser.add_argument("--address", help="of a Ray cluster, or 'auto' (default: one is started here)")
    parser.add_argument("--part-rows", type=_positive, default=2000, metavar="N", help="what a kill can cost in rows")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
    parser.add_argument("--restart", action="store_true", help="forget what a stopped run has done")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _tell(order: Order, outcome: Outcome) -> None:
    parts = [f"{outcome.rows:,} rows", f"{outcome.rows - outcome.bad - outcome.folded:,} marked"]
    if outcome.folded:
        parts.append(f"{outcome.folded:,} duplicates ({order.out}.duplicates.jsonl)")
    if outcome.bad:
        parts.append(f"{outcome.bad:,} could not be ({order.out}.errors.jsonl)")
    print(f"{order.out}: {outcome.marks:,} {order.marker.rows}s from " + ", ".join(parts), file=sys.stderr)
