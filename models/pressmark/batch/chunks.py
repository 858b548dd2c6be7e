"""Chunks: an archive cut into Arrow tables of a bounded size, the same ones at every reading."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pressmark.batch.parquet import read_tables
from pressmark.batch.presets import WRONG_DATE, instant
from pressmark.batch.survey import ROW, SOURCE, original, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pressmark.batch.presets import Preset
    from pressmark.batch.records import Record
    from pressmark.batch.sources import Source

_MOST_CHARACTERS = 4 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows that are marked, and written, at a time; `bad` are those that could not be read."""

    number: int
    table: pa.Table
    bad: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows of the archive it stands for."""
        return int(self.table.num_rows) + len(self.bad)


@dataclass(frozen=True, slots=True)
class Cutter:
    """How an archive is cut: into its surveyed columns, at most `rows` rows at a time."""

    schema: pa.Schema
    preset: Preset
    rows: int

    def chunks(self, sources: Iterable[Source]) -> Iterator[Chunk]:
        """Yield the chunks of an archive, numbered from zero; no chunk spans files of Parquet and of others."""
        pending = _Pending(self)
        number = 0
        for source in sources:
            if source.format != "parquet":
                for record in records_of(source, self.preset):
                    pending.add(source, record)
                    if pending.full:
                        yield pending.chunk(number)
                        number, pending = number + 1, _Pending(self)
                continue
            for table, bad in read_tables(source, self.schema, self.preset, self.rows):
                yield Chunk(number, table, bad)
                number += 1
        if not pending.empty:
            yield pending.chunk(number)


class _Pending:
    """The chunk that is being filled."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._columns: dict[str, list[Any]] = {name: [] for name in cutter.schema.names}
        self._json = {one.name for one in cutter.schema if (one.metadata or {}).get(b"pressmark") == b"json"}
        self._bad: list[dict[str, Any]] = []
        self._characters = 0
        self._rows = 0

    @property
    def empty(self) -> bool:
        return self._rows == 0

    @property
    def full(self) -> bool:
        return self._rows >= self._cutter.rows or self._characters >= _MOST_CHARACTERS

    def add(self, source: Source, record: Record) -> None:
        self._rows += 1
        problem = record.error or self._problem(record.columns or {})
        if record.columns is None or problem:
            self._bad.append(_bad(source, record, problem))
            return
        for name, values in self._columns.items():
            values.append(self._value(name, source, record))
        self._characters += sum(len(value) for value in record.columns.values() if isinstance(value, str))

    def chunk(self, number: int) -> Chunk:
        schema = self._cutter.schema
        arrays = [pa.array(self._columns[one.name], one.type) for one in schema]
        return Chunk(number, pa.Table.from_arrays(arrays, schema=schema), self._bad)

    def _problem(self, columns: dict[str, Any]) -> str | None:
        preset = self._cutter.preset
        text = columns.get(preset.text_field)
        if not isinstance(text, str):
            return f"{preset.text_field} " + ("is not text" if text is not None else "is missing or null")
        for name in preset.dates:
            try:
                if columns.get(name) is not None:
                    instant(columns[name])
            except ValueError:
                return f"{name} {WRONG_DATE}"
        return None

    def _value(self, name: str, source: Source, record: Record) -> object:
        if name in {SOURCE, ROW}:
            return source.name if name == SOURCE else record.row
        value = (record.columns or {}).get(original(name))
        if value is None:
            return None
        if name in self._json:
            return json.dumps(value, ensure_ascii=False)
        return instant(value) if name in self._cutter.preset.dates else value


def _bad(source: Source, record: Record, problem: str | None) -> dict[str, Any]:
    where = {SOURCE: source.name, ROW: record.row, "error": problem}
    return where | ({"record": record.columns} if record.columns is not None else {"raw": record.raw})
