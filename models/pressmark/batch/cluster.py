"""The Ray engine: chunks to parts on a cluster.

The process that began the run reads and writes, so nodes need no shared storage, only this package. Every chunk
travels as one row that holds its bytes, so that no block that Ray cuts or joins changes what is marked together; a
node that dies costs what it was at, since Ray does lost tasks again.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import ray
import ray.data

from pressmark.batch.chunks import Chunk
from pressmark.batch.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pressmark.batch.parts import Maker

# Chunks handed over at a time, for each core of the cluster: Ray holds them all, and idles only at their end.
_CHUNKS_PER_CORE = 8


def mark(chunks: Iterable[Chunk], maker: Maker, address: str | None) -> Iterator[Part]:
    """Yield the parts of `chunks` as they come; `address` is the cluster's, else one is started here."""
    ours = not ray.is_initialized()
    if ours:
        ray.init(address=address, log_to_driver=False, logging_level="warning")
    ray.data.DataContext.get_current().enable_progress_bars = False
    window = _CHUNKS_PER_CORE * max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting = iter(chunks)
    try:
        while batch := list(islice(waiting, window)):
            rows = ray.data.from_items([_packed(chunk) for chunk in batch], override_num_blocks=len(batch))
            made = rows.map_batches(_Make(maker), batch_size=1, batch_format="pyarrow", zero_copy_batch=True)
            for row in made.iter_rows():
                yield _part(row)
    finally:
        if ours:
            ray.shutdown()


class _Make:
    """A table of packed chunks in, a table of parts out."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self.__name__ = "mark"

    def __call__(self, table: pa.Table) -> pa.Table:
        return pa.Table.from_pylist([_row(self._maker(_chunk(row))) for row in table.to_pylist()], schema=_PARTS)


_PARTS = pa.schema(
    [
        ("number", pa.int64()),
        ("marks", pa.large_binary()),
        ("errors", pa.large_binary()),
        ("duplicates", pa.large_binary()),
        ("counts", pa.string()),
    ]
)


def _packed(chunk: Chunk) -> dict[str, Any]:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, chunk.table.schema) as writer:
        writer.write_table(chunk.table)
    bad = json.dumps(chunk.bad, default=str)
    return {"number": chunk.number, "table": bytes(sink.getvalue()), "bad": bad}


def _chunk(row: dict[str, Any]) -> Chunk:
    return Chunk(row["number"], pa.ipc.open_stream(row["table"]).read_all(), json.loads(row["bad"]))


def _row(part: Part) -> dict[str, Any]:
    return {
        "number": part.number,
        "marks": part.marks,
        "errors": part.errors,
        "duplicates": part.duplicates,
        "counts": json.dumps(part.counts),
    }


def _part(row: dict[str, Any]) -> Part:
    return Part(row["number"], row["marks"], row["errors"], row["duplicates"], json.loads(row["counts"]))
