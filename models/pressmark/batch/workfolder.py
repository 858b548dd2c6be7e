"""The work folder: finished parts of a run beside its output, so that a killed run goes on where it was.

A part counts once its ``.json`` stands, which is written last. The output is put together there and moved
under its name whole; nobody ever reads half of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pressmark.batch.sources import ArchiveError
from pressmark.batch.writing import csv_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pressmark.batch.parts import Part

_PLAN, _WHOLE = "plan.json", "whole"
_BUFFER = 1 << 20
# Row groups of Parquet, in bytes of finished parts, so that readers can skip and need not hold much.
_ROW_GROUP = 64 << 20


class WorkFolder:
    """The folder ``OUT.partial`` of one run; only one run at a time can hold it."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = out.with_name(out.name + ".partial")
        self.errors = out.with_name(out.name + ".errors.jsonl")
        self.duplicates = out.with_name(out.name + ".duplicates.jsonl")
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveError(f"{out}: another run is writing it; wait for that one") from error

    def begin(self, plan: dict[str, Any], *, restart: bool) -> bool:
        """Hold on to `plan`; tells whether a run with the same one goes on. Raises where it was another."""
        written = self.path / _PLAN
        if restart:
            self._clear()
        if written.exists():
            if json.loads(written.read_text("utf-8")) != plan:
                raise ArchiveError(
                    f"{self.path}: was begun with other files, options or another model;"
                    " call it as then, or give --restart"
                )
            return True
        self._clear()
        _write(written, json.dumps(plan, ensure_ascii=False, indent=1).encode())
        return False

    def done(self) -> dict[int, dict[str, int]]:
        """Return the counts of every finished part, by number."""
        return {int(path.stem): json.loads(path.read_text("utf-8")) for path in sorted(self.path.glob("[0-9]*.json"))}

    def keep(self, part: Part) -> None:
        """Write a finished part."""
        for kind, content in (("marks", part.marks), ("errors", part.errors), ("duplicates", part.duplicates)):
            _write(self._file(part.number, kind), content)
        _write(self._file(part.number, "json"), json.dumps(part.counts).encode())

    def finish(self, parts: int, schema: pa.Schema, kind: tuple[str, str | None]) -> None:
        """Put the output together and move it, and the files beside it, under their names."""
        if not (self.path / _WHOLE).exists():
            self._gather("errors", self.errors, parts)
            self._gather("duplicates", self.duplicates, parts)
            whole = self.path / "output"
            if kind[0] == "parquet":
                self._parquet(whole, parts, schema)
            else:
                header = csv_header(schema) if kind[0] == "csv" else b""
                self._text(whole, parts, header, kind[1])
            _sync(whole)
            _write(self.path / _WHOLE, b"")
        if (self.path / "output").exists():
            (self.path / "output").replace(self.out)
            _sync(self.out.parent)
        shutil.rmtree(self.path)

    def give_up(self) -> None:
        """Leave no empty folder behind where nothing was begun."""
        if not (self.path / _PLAN).exists():
            shutil.rmtree(self.path, ignore_errors=True)

    def close(self) -> None:
        """Let another run have the folder."""
        self._lock.close()

    def _file(self, number: int, kind: str) -> Path:
        return self.path / f"{number:08d}.{kind}"

    def _clear(self) -> None:
        for path in self.path.iterdir():
            if path.name != "lock":
                path.unlink()

    def _streams(self, kind: str, parts: int) -> Iterator[IO[bytes]]:
        for number in range(parts):
            with self._file(number, kind).open("rb") as stream:
                yield stream

    def _gather(self, kind: str, into: Path, parts: int) -> None:
        gathered = self.path / f"all-{kind}"
        with gathered.open("wb") as out:
            for stream in self._streams(kind, parts):
                shutil.copyfileobj(stream, out, _BUFFER)
        _sync(gathered)
        if gathered.stat().st_size:
            gathered.replace(into)
        else:
            into.unlink(missing_ok=True)

    def _text(self, whole: Path, parts: int, header: bytes, compression: str | None) -> None:
        with pa.output_stream(str(whole), compression=compression) as out:
            out.write(header)
            for stream in self._streams("marks", parts):
                while piece := stream.read(_BUFFER):
                    out.write(piece)

    def _parquet(self, whole: Path, parts: int, schema: pa.Schema) -> None:
        with pq.ParquetWriter(whole, schema, compression="zstd") as writer:
            waiting: list[pa.Table] = []
            for number in range(parts):
                waiting.append(pq.read_table(self._file(number, "marks")).cast(schema))
                if sum(table.nbytes for table in waiting) > _ROW_GROUP:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting))


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, even if the power goes."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
