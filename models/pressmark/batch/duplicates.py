"""Duplicates: the same story under several sections counts once; which rows those are is found beforehand."""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pressmark.batch.survey import ROW, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pressmark.batch.chunks import Chunk

COPIES, FIRST = "copies", "duplicate_of"
"""Columns: how many rows tell the story, this one included; and ``file:row`` of the first, where this is another."""


def with_copies(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with the two columns that tell of duplicates."""
    return schema.append(pa.field(COPIES, pa.int64())).append(pa.field(FIRST, pa.string()))


class Copies:
    """For every readable row of an archive: the first row with the same text, and how many there are."""

    def __init__(self, chunks: Iterable[Chunk], text_field: str) -> None:
        # Some fifty bytes a row are kept: a million rows take fifty megabytes.
        digests = array("Q")
        self._rows = array("q")
        self._sources = array("l")
        names: dict[str, int] = {}
        for chunk in chunks:
            table = chunk.table.select([text_field, SOURCE, ROW]).to_pydict()
            for text in table[text_field]:
                digests.frombytes(_digest(text) if text and text.strip() else _alone(len(digests)))
            self._rows.extend(table[ROW])
            self._sources.extend(names.setdefault(name, len(names)) for name in table[SOURCE])
        self._named = tuple(names)
        pairs = np.frombuffer(digests, np.uint64).reshape(-1, 2)
        _, first, inverse, counts = np.unique(pairs, axis=0, return_index=True, return_inverse=True, return_counts=True)
        self._first = first[inverse.ravel()]
        self._counts = counts[inverse.ravel()]

    def _place(self, row: int) -> str | None:
        first = int(self._first[row])
        return None if first == row else f"{self._named[self._sources[first]]}:{self._rows[first]}"

    def noted(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks with the two columns filled in."""
        start = 0
        for chunk in chunks:
            end = start + chunk.table.num_rows
            first = pa.array([self._place(row) for row in range(start, end)], pa.string())
            table = chunk.table.append_column(COPIES, pa.array(self._counts[start:end], pa.int64()))
            yield type(chunk)(chunk.number, table.append_column(FIRST, first), chunk.bad)
            start = end


def fold(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the first rows of every story, and the other rows."""
    is_first = pc.is_null(table.column(FIRST))
    return table.filter(is_first).drop_columns([FIRST]), table.filter(pc.invert(is_first))


def _digest(text: str) -> bytes:
    """Return what is the same for texts that differ in white space, case or composition only."""
    told = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.blake2b(told.encode(), digest_size=16).digest()


def _alone(row: int) -> bytes:
    """Return a digest of nothing's own: rows without text are not copies of one another."""
    return hashlib.blake2b(row.to_bytes(8), digest_size=16, person=b"no text").digest()
