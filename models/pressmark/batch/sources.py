"""Sources: which files an archive is made of, what they hold, and how to open them."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".txt": "text",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


class ArchiveError(Exception):
    """An archive cannot be read or written as asked; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as given, what it holds, and how it is compressed."""

    name: str
    format: str
    compression: str | None
    size: int
    changed: int

    def open(self) -> BinaryIO:
        """Open the file for reading, decompressed on the way."""
        if self.compression == "gzip":
            return cast("BinaryIO", gzip.open(self.name))
        if self.compression == "zstd":
            return cast("BinaryIO", io.BufferedReader(pa.input_stream(self.name, compression="zstd"), 1 << 20))
        return Path(self.name).open("rb")


def find(names: Iterable[str]) -> list[Source]:
    """Return the files that `names` stand for, a folder for every file in it that can be read, sorted."""
    found: list[Source] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file() and _kind(file) is not None)
            if not files:
                raise ArchiveError(f"{name}: holds no file that ends in {_endings()}")
            found += [_source(file) for file in files]
        elif path.is_file():
            found.append(_source(path))
        else:
            raise ArchiveError(f"{name}: no such file or folder")
    return found


def kind_of(path: Path) -> tuple[str, str | None]:
    """Return format and compression after the ending of a name; raises `ArchiveError` if it tells none."""
    kind = _kind(path)
    if kind is None:
        raise ArchiveError(f"{path}: its name must end in {_endings()}")
    return kind


def _kind(path: Path) -> tuple[str, str | None] | None:
    suffix = path.suffix.lower()
    compression = COMPRESSIONS.get(suffix)
    if compression is not None:
        suffix = Path(path.stem).suffix.lower()
    name = FORMATS.get(suffix)
    # A Parquet file is compressed inside, and cannot be read from the front.
    return None if name is None or (name == "parquet" and compression) else (name, compression)


def _source(path: Path) -> Source:
    name, compression = kind_of(path)
    stat = path.stat()
    return Source(str(path), name, compression, stat.st_size, stat.st_mtime_ns)


def _endings() -> str:
    return f"{', '.join(FORMATS)} (all but .parquet also with .gz or .zst)"
