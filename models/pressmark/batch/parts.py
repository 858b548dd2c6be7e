"""Parts: a chunk marked and encoded as it will stand in the output, the same on whatever machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pressmark.batch.duplicates import fold
from pressmark.batch.survey import ROW, SOURCE
from pressmark.batch.writing import csv_bytes, json_lines

if TYPE_CHECKING:
    from pressmark.batch.chunks import Chunk
    from pressmark.batch.marker import Marker


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk's share of the output, of the error file and of the duplicates' file."""

    number: int
    marks: bytes
    errors: bytes
    duplicates: bytes
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Maker:
    """Turns chunks into parts; pickles, so that any process or machine can do it."""

    marker: Marker
    format: str
    sha256: str
    folding: bool = False

    def __call__(self, chunk: Chunk) -> Part:
        """Mark `chunk` and encode what comes of it."""
        if self.marker.judge.sha256 != self.sha256:
            raise RuntimeError("this machine has another model than the one the run began with; install the same one")
        table, duplicates = fold(chunk.table) if self.folding else (chunk.table, None)
        marked = self.marker(table)
        error = self.marker.prefix + "error"
        failed = pc.is_valid(marked.column(error))
        bad = [*chunk.bad, *_failures(marked.filter(failed), error)]
        good = marked.filter(pc.invert(failed)).drop_columns([error])
        folded = duplicates.num_rows if duplicates is not None else 0
        counts = {"rows": chunk.rows, "bad": len(bad), "folded": folded, "marks": good.num_rows}
        told = json_lines(duplicates.drop_columns([self.marker.text_field])) if duplicates is not None else b""
        return Part(chunk.number, _encoded(good, self.format), _lines(bad), told, counts)


def _failures(table: pa.Table, error: str) -> list[dict[str, Any]]:
    return [
        {
            SOURCE: row[SOURCE],
            ROW: row[ROW],
            "error": row[error],
            "record": {n: v for n, v in row.items() if v is not None and n not in {SOURCE, ROW, error}},
        }
        for row in table.to_pylist()
    ]


def _lines(rows: list[dict[str, Any]]) -> bytes:
    ordered = sorted(rows, key=lambda row: (row[SOURCE], row[ROW]))
    text = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in ordered)
    return text.encode(errors="replace")


def _encoded(table: pa.Table, kind: str) -> bytes:
    if kind == "jsonl":
        return json_lines(table)
    if kind == "csv":
        return csv_bytes(table)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
