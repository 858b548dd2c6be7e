"""Parquet: the rows of a file as tables of the surveyed columns, the unreadable ones with their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pressmark.batch.presets import WRONG_DATE, instant
from pressmark.batch.survey import ROW, SOURCE, open_parquet, original

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark.batch.presets import Preset
    from pressmark.batch.sources import Source


def read_tables(
    source: Source, schema: pa.Schema, preset: Preset, rows: int
) -> Iterator[tuple[pa.Table, list[dict[str, Any]]]]:
    """Yield tables of at most `rows` rows, and the bad rows beside each; where the file ends badly, one says so."""
    row = 1
    with open_parquet(source) as file:
        batches = file.iter_batches(batch_size=rows)
        while True:
            try:
                batch = next(batches, None)
            except (OSError, pa.ArrowException) as error:
                told = f"cannot be read, nor any row after it ({str(error).splitlines()[0]}); the file is damaged"
                yield schema.empty_table(), [{SOURCE: source.name, ROW: row, "error": told}]
                return
            if batch is None:
                return
            wrong = _wrong(batch, preset)
            bad = [{SOURCE: source.name, ROW: row + at, "error": told} for at, told in wrong.items()]
            kept = pa.array([at for at in range(batch.num_rows) if at not in wrong], pa.int64())
            yield _surveyed(source, schema, batch.take(kept), [row + at for at in kept.to_pylist()]), bad
            row += batch.num_rows


def _wrong(batch: pa.RecordBatch, preset: Preset) -> dict[int, str]:
    """Return why rows cannot be read, by their place in `batch`."""
    wrong: dict[int, str] = {}
    if not _sound(batch):
        wrong = {at: "is not UTF-8" for at in range(batch.num_rows) if not _sound(batch.slice(at, 1))}
    for name in preset.dates:
        if name not in batch.schema.names or _is_date(batch.schema.field(name)):
            continue
        for at in range(batch.num_rows):
            if at not in wrong:
                try:
                    _instant(batch.column(name)[at].as_py())
                except ValueError:
                    wrong[at] = f"{name} {WRONG_DATE}"
    return dict(sorted(wrong.items()))


def _surveyed(source: Source, schema: pa.Schema, batch: pa.RecordBatch, rows: list[int]) -> pa.Table:
    columns = []
    for one in schema:
        name = original(one.name)
        if one.name == SOURCE:
            columns.append(pa.array([source.name] * len(rows), one.type))
        elif one.name == ROW:
            columns.append(pa.array(rows, one.type))
        elif name not in batch.schema.names:
            columns.append(pa.nulls(len(rows), one.type))
        elif pa.types.is_timestamp(one.type) and not _is_date(batch.schema.field(name)):
            columns.append(pa.array([_instant(value) for value in batch.column(name).to_pylist()], one.type))
        else:
            # A date may be finer than the column, which then holds its millisecond.
            columns.append(batch.column(name).cast(one.type, safe=not pa.types.is_timestamp(one.type)))
    return pa.Table.from_arrays(columns, schema=schema)


def _sound(batch: pa.RecordBatch) -> bool:
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_date(field: pa.Field) -> bool:
    return bool(pa.types.is_timestamp(field.type) or pa.types.is_date(field.type))


def _instant(value: object) -> object:
    return None if value is None else instant(value)
