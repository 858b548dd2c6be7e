"""Writing: Arrow tables as JSON lines and as CSV, with the columns that travel as JSON text put back."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv


def json_lines(table: pa.Table) -> bytes:
    """Return one JSON object a row; what JSON has no number for is null."""
    columns = [_values(table.column(at), one) for at, one in enumerate(table.schema)]
    names = table.schema.names
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return "".join(json.dumps(row, ensure_ascii=False, default=_plain) + "\n" for row in rows).encode()


def csv_bytes(table: pa.Table) -> bytes:
    """Return the rows without a header; what has parts stands as JSON."""
    arrays = [_flat(table.column(at), one) for at, one in enumerate(table.schema)]
    sink = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(include_header=False)
    pa.csv.write_csv(pa.Table.from_arrays(arrays, names=table.schema.names), sink, options)
    return bytes(sink.getvalue())


def csv_header(schema: pa.Schema) -> bytes:
    """Return the header line that goes with `csv_bytes`."""
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(pa.schema([pa.field(name, pa.string()) for name in schema.names]).empty_table(), sink)
    return bytes(sink.getvalue())


def is_json(field: pa.Field) -> bool:
    """Tell whether a column holds the text of JSON values."""
    return (field.metadata or {}).get(b"pressmark") == b"json"


def _values(column: pa.ChunkedArray, field: pa.Field) -> list[Any]:
    if pa.types.is_floating(field.type):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, field.type))
    if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
        column = column.cast(pa.timestamp("us", field.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return [None if value is None else json.loads(value) for value in values] if is_json(field) else values


def _flat(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if not pa.types.is_nested(field.type):
        return column
    texts = [
        None if value is None else json.dumps(value, ensure_ascii=False, default=_plain) for value in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat().replace("+00:00", "Z")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
