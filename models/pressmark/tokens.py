"""What each token of a text gives, as numbers, learnt once and kept in a bounded table.

News repeats its tokens, so that taking one apart (cutting it into words, words into pieces, looking those
up) is paid once and a look-up in a dictionary afterwards.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from pressmark.terms import find_words, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Entry = tuple[bytes, bytes, int]

# A year of wire copy holds some 50,000 distinct tokens. The bounds keep a table below some 30 MB whatever
# is sent; a full table is left to whoever still reads it, and a new one started.
_MOST_TOKENS = 60_000
_MOST_BYTES = 24_000_000
# What a token takes: its characters, which may be four bytes wide, and each of its numbers twice, in arrays that
# double as they grow; the rest of it is headers of objects.
_BYTES_A_TOKEN, _BYTES_A_CHARACTER, _BYTES_A_NUMBER = 200, 4, 24

COUNT_BITS = 40
"""Width of one count in a packed integer: sums of them over any text do not touch."""


class Runs:
    """Runs of numbers, one after another, that grow at the end and never change once written."""

    def __init__(self) -> None:
        self._numbers: Integers = np.empty(1024, np.int64)
        self._ends: Integers = np.zeros(1024, np.int64)
        self._count = 0

    def append(self, run: Sequence[int]) -> None:
        """Add a run behind the others."""
        start = int(self._ends[self._count])
        end = start + len(run)
        self._numbers = _with_room(self._numbers, end)
        self._ends = _with_room(self._ends, self._count + 2)
        self._numbers[start:end] = run
        self._ends[self._count + 1] = end
        self._count += 1

    def take(self, rows: Integers) -> tuple[Integers, Integers]:
        """Return the runs numbered `rows` one behind the other, and the length of each."""
        ends, numbers = self._ends, self._numbers
        starts = ends[rows]
        lengths = ends[rows + 1] - starts
        reached = lengths.cumsum()
        total = int(reached[-1]) if len(reached) else 0
        return numbers[np.repeat(starts - reached + lengths, lengths) + np.arange(total)], lengths


class TokenTable(dict[str, int]):
    """Token -> row, learning what it lacks; the runs and counts hold what each row gives.

    `pieces`: the numbers of its known single terms. `stems`: the numbers of its words' stems, `stranger` for a
    stem that no pair has. `counts`: how many words it holds, how many of them are known, how many are Hangul.
    `entries` holds the same three once more, as bytes and one packed integer: quicker to join for one paragraph.
    Rows are written before they are handed out, so that readers in other threads need no lock.
    """

    def __init__(self, piece_numbers: dict[str, int], stem_numbers: dict[str, int]) -> None:
        super().__init__()
        self._piece_numbers = piece_numbers
        self._stem_numbers = stem_numbers
        self.stranger = len(stem_numbers)
        self._lock = threading.Lock()
        self._bytes = 0
        self.pieces = Runs()
        self.stems = Runs()
        self.counts: Integers = np.empty((1024, 3), np.int64)
        self.entries: list[Entry] = []

    @property
    def full(self) -> bool:
        """Whether the table should be left for a new one."""
        return len(self) >= _MOST_TOKENS or self._bytes >= _MOST_BYTES

    def fresh(self) -> TokenTable:
        """Return an empty table over the same vocabulary."""
        return TokenTable(self._piece_numbers, self._stem_numbers)

    def rows(self, tokens: Sequence[str]) -> Integers:
        """Return the row of each token."""
        return np.fromiter(map(self.__getitem__, tokens), np.int64, len(tokens))

    def __missing__(self, token: str) -> int:
        with self._lock:
            row = self.get(token)
            if row is None:
                row = len(self)
                self._learn(token, row)
                self[token] = row
            return row

    def _learn(self, token: str, row: int) -> None:
        numbers: list[int] = []
        stems: list[int] = []
        known = hangul = 0
        for word in find_words(token):
            taken = pieces(word)
            if taken.stem is None:
                continue
            numbers += [self._piece_numbers[term] for term in taken.terms if term in self._piece_numbers]
            stems.append(self._stem_numbers.get(taken.stem, self.stranger))
            known += any(term in self._piece_numbers for term in taken.telling)
            hangul += taken.hangul
        self.pieces.append(numbers)
        self.stems.append(stems)
        self.counts = _with_room(self.counts, row + 1)
        self.counts[row] = len(stems), known, hangul
        packed = len(stems) | known << COUNT_BITS | hangul << 2 * COUNT_BITS
        self.entries.append((np.array(numbers, np.int64).tobytes(), np.array(stems, np.int64).tobytes(), packed))
        size = _BYTES_A_TOKEN + _BYTES_A_CHARACTER * len(token) + _BYTES_A_NUMBER * (len(numbers) + len(stems))
        self._bytes += size


def _with_room(array: Integers, size: int) -> Integers:
    """Return `array`, or a larger copy of it, that has at least `size` rows."""
    if size <= len(array):
        return array
    larger = np.zeros((max(size, 2 * len(array)), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
