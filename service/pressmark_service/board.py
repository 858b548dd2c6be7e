"""Figures that all processes of the service keep together, in memory that they share.

Each process writes into a ledger of its own, so that nobody waits for anybody, and any of them can add all
ledgers up. The memory is anonymous: it needs no file, no directory and no library, so it works on a
read-only root; it comes to workers by forking; and a worker that takes the place of a killed one goes on
with its ledger, so no count ever goes back.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Numbers = memoryview[float]

Key = tuple[str, ...]

_NUMBERS = 24
_KEY_BYTES = 192
_RECORD = _KEY_BYTES + 8 * _NUMBERS
_RECORDS = 1024
_NOTE_BYTES = 4096
_NOTES_AT = 64
_RECORDS_AT = _NOTES_AT + 2 * _NOTE_BYTES
_LEDGER = _RECORDS_AT + _RECORDS * _RECORD
# In 8-byte words from the start of a ledger: written whole, so that no reader sees half a number.
_COUNT, _NOTE = 0, 1


class Ledger:
    """The part of one process: series of numbers under keys, and one note."""

    def __init__(self, memory: memoryview) -> None:
        self._bytes = memory
        self._words = memory.cast("q")
        self._known: dict[Key, Numbers] = dict(self.read())

    @property
    def room(self) -> int:
        """How many series can still be added."""
        return _RECORDS - self._words[_COUNT]

    def __contains__(self, key: Key) -> bool:
        """Return whether there is such a series."""
        return key in self._known

    def series(self, key: Key) -> Numbers:
        """Return the numbers under a key, all 0 at first, to be counted up in place."""
        numbers = self._known.get(key)
        if numbers is None:
            numbers = self._known[key] = self._add(key)
        return numbers

    def read(self) -> Iterator[tuple[Key, Numbers]]:
        """Give every key with its numbers."""
        for at in range(self._words[_COUNT]):
            start = _RECORDS_AT + at * _RECORD
            (length,) = struct.unpack_from("H", self._bytes, start)
            key = bytes(self._bytes[start + 2 : start + 2 + length]).decode("utf-8", "replace")
            yield tuple(key.split("\0")), self._numbers(at)

    def _add(self, key: Key) -> Numbers:
        at = self._words[_COUNT]
        if at == _RECORDS:  # all labels come from closed lists, so this means a model of hundreds of categories
            return memoryview(bytearray(8 * _NUMBERS)).cast("d")
        start = _RECORDS_AT + at * _RECORD
        name = "\0".join(key).encode()[: _KEY_BYTES - 2]
        struct.pack_into("H", self._bytes, start, len(name))
        self._bytes[start + 2 : start + 2 + len(name)] = name
        self._words[_COUNT] = at + 1  # last, so that a reader finds only what is whole
        return self._numbers(at)

    def _numbers(self, at: int) -> Numbers:
        start = _RECORDS_AT + at * _RECORD + _KEY_BYTES
        return self._bytes[start : start + 8 * _NUMBERS].cast("d")

    @property
    def note(self) -> dict[str, Any]:
        """What this process has to tell in words; empty if nothing."""
        start = _NOTES_AT + self._words[_NOTE] * _NOTE_BYTES
        (length,) = struct.unpack_from("H", self._bytes, start)
        text = bytes(self._bytes[start + 2 : start + 2 + length])
        return json.loads(text) if text else {}

    def write_note(self, note: dict[str, Any]) -> None:
        """Put another note in place of the one before, in one step. Raises ValueError where it takes over 4 KB."""
        other = 1 - self._words[_NOTE]
        start = _NOTES_AT + other * _NOTE_BYTES
        text = json.dumps(note, ensure_ascii=False).encode()
        if len(text) > _NOTE_BYTES - 2:
            raise ValueError("the note is too long")
        struct.pack_into("H", self._bytes, start, len(text))
        self._bytes[start + 2 : start + 2 + len(text)] = text
        self._words[_NOTE] = other


class Board:
    """All ledgers of a service."""

    def __init__(self, processes: int = 1) -> None:
        memory = memoryview(mmap.mmap(-1, processes * _LEDGER))
        self._parts = [memory[at * _LEDGER : (at + 1) * _LEDGER] for at in range(processes)]
        self.ledgers = [Ledger(part) for part in self._parts]

    def take(self, slot: int) -> Ledger:
        """Return a ledger to be written by this process from now on, with all that stands in it already."""
        self.ledgers[slot] = Ledger(self._parts[slot])
        return self.ledgers[slot]

    def totals(self) -> dict[Key, list[float]]:
        """Return the sums over all ledgers, by key."""
        sums: dict[Key, list[float]] = defaultdict(lambda: [0.0] * _NUMBERS)
        for ledger in self.ledgers:
            for key, numbers in ledger.read():
                sums[key] = [one + other for one, other in zip(sums[key], numbers, strict=True)]
        return dict(sums)

    def notes(self) -> list[dict[str, Any]]:
        """Return what the processes have to tell."""
        return [note for ledger in self.ledgers if (note := ledger.note)]
