"""An archive marked from end to end: survey, cut, mark, keep every part, put the output together."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pressmark.batch import local
from pressmark.batch.chunks import Chunk, Cutter
from pressmark.batch.duplicates import FIRST, Copies, with_copies
from pressmark.batch.marker import TableError
from pressmark.batch.parts import Maker
from pressmark.batch.sources import ArchiveError, Source, find, kind_of
from pressmark.batch.survey import Survey, survey
from pressmark.batch.workfolder import WorkFolder
from pressmark.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pressmark.batch.marker import Marker
    from pressmark.batch.parts import Part
    from pressmark.batch.presets import Preset

    Progress = Callable[[int, int, int], None]
    Engine = Callable[[Iterator[Chunk]], Iterator[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done: `names` marked by `marker` into `out`."""

    names: Sequence[str]
    out: Path
    marker: Marker
    preset: Preset
    folding: bool = False
    part_rows: int = 2000
    workers: int = 1
    engine: str = "local"
    address: str | None = None
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, in rows of the archive; `marks` are rows of the output."""

    rows: int
    bad: int
    folded: int
    marks: int
    resumed: bool


def mark_archive(order: Order, progress: Progress) -> Outcome:
    """Mark an archive; raises `ArchiveError` or `TableError` where that cannot be done as asked.

    `progress` takes how many rows were done before this run, how many are done, and how many there are.
    """
    kind = kind_of(order.out)
    if kind[0] not in {"jsonl", "csv", "parquet"}:
        raise ArchiveError(f"{order.out}: can be written as .jsonl, .csv or .parquet (the first two also .gz, .zst)")
    sources = find(order.names)
    make = _engine(order, Maker(order.marker, kind[0], order.marker.judge.sha256, order.folding))
    folder = WorkFolder(order.out)
    try:
        surveyed = survey(sources, order.preset)
        given = with_copies(surveyed.schema) if order.folding else surveyed.schema
        schema = _output_schema(order.marker, given)
        resumed = folder.begin(_plan(order, sources), restart=order.restart)
        counts = _mark_rest(order, make, folder, sources, surveyed, progress=progress)
        folder.finish(len(counts), schema, kind)
    except BaseException:
        folder.give_up()
        raise
    finally:
        folder.close()
    total: Counter[str] = Counter()
    for one in counts.values():
        total.update(one)
    return Outcome(total["rows"], total["bad"], total["folded"], total["marks"], resumed)


def _mark_rest(
    order: Order, make: Engine, folder: WorkFolder, sources: list[Source], surveyed: Survey, *, progress: Progress
) -> dict[int, dict[str, int]]:
    counts = folder.done()
    before = rows = sum(one["rows"] for one in counts.values())
    progress(before, rows, surveyed.rows)
    cutter = Cutter(surveyed.schema, order.preset, order.part_rows)
    finished = frozenset(counts)
    rest = (chunk for chunk in _chunks(order, cutter, sources) if chunk.number not in finished)
    for part in make(rest):
        folder.keep(part)
        counts[part.number] = part.counts
        rows += part.counts["rows"]
        progress(before, rows, surveyed.rows)
    return counts


def _chunks(order: Order, cutter: Cutter, sources: list[Source]) -> Iterator[Chunk]:
    if not order.folding:
        return cutter.chunks(sources)
    return Copies(cutter.chunks(sources), order.marker.text_field).noted(cutter.chunks(sources))


def _engine(order: Order, maker: Maker) -> Engine:
    if order.engine == "ray":
        # Only here: Ray takes seconds to import, and most archives need one machine.
        from pressmark.batch import cluster  # noqa: PLC0415

        return partial(cluster.mark, maker=maker, address=order.address)
    return partial(local.mark, maker=maker, workers=order.workers)


def _output_schema(marker: Marker, given: pa.Schema) -> pa.Schema:
    passed = pa.schema([one for one in given if one.name != FIRST])
    try:
        marked = marker.schema(passed)
    except TableError as error:
        raise ArchiveError(str(error)) from error
    return marked.remove(marked.get_field_index(marker.prefix + "error"))


def _plan(order: Order, sources: list[Source]) -> dict[str, Any]:
    """Return everything that the bytes of the output hang on."""
    return {
        "pressmark": __version__,
        "model": order.marker.judge.sha256,
        "marker": {name: value for name, value in asdict(order.marker).items() if name != "model"},
        "preset": {"text_field": order.preset.text_field, "dates": list(order.preset.dates)},
        "folding": order.folding,
        "part_rows": order.part_rows,
        "sources": [asdict(source) for source in sources],
    }
