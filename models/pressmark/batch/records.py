"""Records: the rows of text formats one after the other, the unreadable ones with their reason."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from pressmark.batch.sources import Source

LONGEST = 16 << 20
"""The longest record in bytes, hundreds of times the longest article seen; a longer one is a bad row."""

_TOO_LONG = f"is longer than {LONGEST >> 20} MiB"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_READ = 1 << 20


class Record(NamedTuple):
    """A row: its number from one (the line, in JSONL), and its columns or why there are none."""

    row: int
    columns: dict[str, Any] | None
    error: str | None = None
    raw: str = ""


def read_records(source: Source) -> Iterator[Record]:
    """Yield the records of a file; where it ends badly, a last one says so."""
    reader = {"jsonl": _json_lines, "json": _json_document, "csv": _csv_rows, "text": _whole_text}[source.format]
    last = 0
    try:
        with source.open() as stream:
            for record in reader(stream):
                last = record.row
                yield record
    except (EOFError, OSError, zlib.error) as error:
        yield Record(last + 1, None, f"the file cannot be read from here on ({error}); it is cut off or damaged")


def _json_lines(stream: BinaryIO) -> Iterator[Record]:
    row = 0
    while line := stream.readline(LONGEST + 1):
        row += 1
        if len(line) > LONGEST:
            start = line[:200]
            while not line.endswith(b"\n") and (line := stream.readline(_READ)):
                pass
            yield Record(row, None, _TOO_LONG, _shown(start))
        elif line.strip():
            yield _json_line(row, line.removeprefix(codecs.BOM_UTF8) if row == 1 else line)


def _json_line(row: int, line: bytes) -> Record:
    try:
        value = json.loads(line.decode(), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        return Record(row, None, f"is not UTF-8 (byte {error.start})", _shown(line))
    except (ValueError, RecursionError) as error:
        return Record(row, None, f"is not JSON ({error})", _shown(line))
    return _checked(row, value, line)


def _checked(row: int, value: object, raw: bytes) -> Record:
    if not isinstance(value, dict):
        return Record(row, None, "is not a JSON object", _shown(raw))
    if _SURROGATE.search(raw) and not _encodable(value):
        return Record(row, None, "holds half of a surrogate pair, which is no character", _shown(raw))
    return Record(row, value)


def _no_number(_: str) -> None:
    # NaN and Infinity are what programs write where they know no number; JSON has no such thing.
    return None


def _encodable(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _json_document(stream: BinaryIO) -> Iterator[Record]:
    """One object, or an array of objects, read piece by piece."""
    text = _Sliding(stream)
    if text.head() != "[":
        yield from text.one(1)
        return
    text.skip(1)
    row = 0
    while (head := text.head()) != "]":
        row += 1
        if not head:
            yield Record(row, None, "the array does not end: the file is cut off")
            return
        record = next(text.one(row))
        yield record
        if record.error and not record.raw:
            return
        if text.head() == ",":
            text.skip(1)


class _Sliding:
    """The part of a JSON text that is being read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape")
        self._decode = json.JSONDecoder(parse_constant=_no_number).raw_decode
        self._text = ""
        self._at = 0

    def head(self) -> str:
        """Return the next character that is no white space, or nothing at the end."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return self._text[self._at]
                self._at += 1
            if not self._more(_READ):
                return ""

    def skip(self, characters: int) -> None:
        self._at += characters

    def one(self, row: int) -> Iterator[Record]:
        """Yield the value that stands here; after a broken one nothing more can be told apart."""
        size = _READ
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > LONGEST or not self._more(size):
                    yield Record(row, None, f"is not JSON from here on ({str(error).split(':', 1)[0]})")
                    return
                size *= 2
                continue
            raw = self._text[self._at : end].encode(errors="surrogateescape")
            self._at = end
            yield _checked(row, value, raw) if _encodable(value) else Record(row, None, "is not UTF-8", _shown(raw))
            return

    def _more(self, size: int) -> bool:
        new = self._stream.read(size)
        self._text, self._at = self._text[self._at :] + new, 0
        return bool(new)


def _csv_rows(stream: BinaryIO) -> Iterator[Record]:
    csv.field_size_limit(LONGEST)
    lines = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(lines)
    names = next(reader, None)
    row = 0
    while names is not None:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row += 1
            yield Record(row, None, f"is not CSV ({error})", f"line {reader.line_num}")
            continue
        if fields:
            row += 1
            yield _csv_row(row, names, fields)


def _csv_row(row: int, names: list[str], fields: list[str]) -> Record:
    columns = dict(zip(names, fields, strict=False))
    if len(fields) != len(names):
        raw = _shown(",".join(fields).encode(errors="surrogateescape"))
        return Record(row, None, f"has {len(fields)} fields where the header has {len(names)}", raw)
    if not _encodable(columns):
        return Record(row, None, "is not UTF-8", _shown(",".join(fields).encode(errors="surrogateescape")))
    return Record(row, columns)


def _whole_text(stream: BinaryIO) -> Iterator[Record]:
    content = stream.read(LONGEST + 1)
    if len(content) > LONGEST:
        yield Record(1, None, _TOO_LONG, _shown(content[:200]))
        return
    try:
        yield Record(1, {"text": content.decode("utf-8-sig")})
    except UnicodeDecodeError as error:
        yield Record(1, None, f"is not UTF-8 (byte {error.start})", _shown(content))


def _shown(raw: bytes) -> str:
    return raw[:1000].decode(errors="replace").rstrip("\r\n")
