"""The survey: one quick reading of an archive before it is marked, for its columns, its rows and its duplicates.

Judging takes some twenty times as long as reading, so reading twice is cheap; it gives every part the same columns,
the progress its end, and tells of wrong columns before hours of work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pressmark.batch.records import Record, read_records
from pressmark.batch.sources import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pressmark.batch.presets import Preset
    from pressmark.batch.sources import Source

SOURCE, ROW = "source", "row"
"""The two columns that every row gets: its file and its number there."""

JSON = pa.field("", pa.string(), metadata={"pressmark": "json"})
"""Marks a column of JSON values of several kinds, or with parts; it travels as their text."""

_LARGEST_INTEGER = 1 << 63
_LARGEST_EXACT = 1 << 53


@dataclass(slots=True)
class Survey:
    """What one reading found: the columns with their types, and the number of rows."""

    schema: pa.Schema
    rows: int


@dataclass(slots=True)
class _Columns:
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, columns: dict[str, Any]) -> None:
        for name, value in columns.items():
            known = self.kinds.get(name, "null")
            if value is None:
                self.kinds.setdefault(name, "null")
            elif known != "json":
                self.kinds[name] = _joined(known, _kind(value))


_TYPES = {
    "null": pa.string(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "int": pa.int64(),
    "bigint": pa.int64(),
    "float": pa.float64(),
    "date": pa.timestamp("ms", "UTC"),
}


def survey(sources: Iterable[Source], preset: Preset) -> Survey:
    """Read `sources` once; raises `ArchiveError` where their columns do not go together."""
    columns, rows = _Columns(), 0
    tables: list[pa.Schema] = []
    for source in sources:
        if source.format == "parquet":
            with _parquet(source) as file:
                tables.append(_with_dates(file.schema_arrow.remove_metadata(), preset))
                rows += file.metadata.num_rows
            continue
        for record in records_of(source, preset):
            rows += 1
            columns.add(record.columns or {})
    if rows and not tables and not columns.kinds:
        # Not one row has a column: each is told with its reason, as where some can.
        columns.kinds[preset.text_field] = "null"
    schema = _unified([*tables, _schema(columns.kinds, preset)])
    if taken := sorted({SOURCE, ROW} & set(schema.names)):
        schema = _renamed(schema, taken)
    return Survey(pa.schema([pa.field(SOURCE, pa.string()), pa.field(ROW, pa.int64()), *schema]), rows)


def records_of(source: Source, preset: Preset) -> Iterator[Record]:
    """Yield the records of a file; the content of a text file stands under the preset's name for it."""
    for record in read_records(source):
        if source.format == "text" and record.columns:
            yield record._replace(columns={preset.text_field: record.columns["text"]})
        else:
            yield record


def open_parquet(source: Source) -> pq.ParquetFile:
    """Open a Parquet file; raises `ArchiveError` where it is none."""
    return _parquet(source)


def original(name: str) -> str:
    """Return what the input calls the column `name`."""
    return name.removeprefix("input_") if name in {f"input_{SOURCE}", f"input_{ROW}"} else name


def _renamed(schema: pa.Schema, taken: list[str]) -> pa.Schema:
    return pa.schema([one.with_name(f"input_{one.name}") if one.name in taken else one for one in schema])


def _parquet(source: Source) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source.name)
    except (pa.ArrowInvalid, OSError) as error:
        raise ArchiveError(f"{source.name}: is not a whole Parquet file ({str(error).splitlines()[0]})") from error


def _schema(kinds: dict[str, str], preset: Preset) -> pa.Schema:
    fields = []
    for name, kind in kinds.items():
        if name in preset.dates:
            fields.append(pa.field(name, _TYPES["date"]))
        elif name == preset.text_field:
            # A text that is no string makes a bad row, not a column of another kind.
            fields.append(pa.field(name, pa.string()))
        else:
            fields.append(JSON.with_name(name) if kind == "json" else pa.field(name, _TYPES[kind]))
    return pa.schema(fields)


def _with_dates(schema: pa.Schema, preset: Preset) -> pa.Schema:
    return pa.schema([one.with_type(_TYPES["date"]) if one.name in preset.dates else one for one in schema])


def _unified(schemas: list[pa.Schema]) -> pa.Schema:
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        reason = str(error).splitlines()[0]
        raise ArchiveError(f"the files' columns do not go together ({reason}); mark them apart") from error


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if abs(value) < _LARGEST_EXACT:
            return "int"
        return "bigint" if abs(value) < _LARGEST_INTEGER else "json"
    if isinstance(value, float):
        return "float" if math.isfinite(value) else "json"
    return "string" if isinstance(value, str) else "json"


def _joined(known: str, new: str) -> str:
    if known in {"null", new}:
        return new
    if {known, new} == {"int", "float"}:
        return "float"
    return "bigint" if {known, new} == {"int", "bigint"} else "json"
