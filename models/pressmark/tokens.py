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
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Numbers = NDArray[np.int32]

# A year of wire copy holds some 50,000 distinct tokens. The bounds keep a table below some 30 MB and what one
# portion of tokens adds, whatever is sent; a full table is left to whoever still reads it, and a new one started.
_MOST_TOKENS = 60_000
_MOST_BYTES = 24_000_000
# What a token takes: its characters, which may be four bytes wide, and its numbers; the rest of it is headers of
# objects and its place in the dictionary.
_BYTES_A_TOKEN, _BYTES_A_CHARACTER, _BYTES_A_NUMBER = 200, 4, 4

# The sign bit tells the number of a word from that of a piece, and two more what kind of word it is.
_KIND_BIT = 29
_WORD, _KNOWN, _HANGUL = -(1 << 31), 2 << _KIND_BIT, 1 << _KIND_BIT
_STEM = (1 << _KIND_BIT) - 1

KINDS = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
"""What a word of each kind counts as: a word, a known word, a Hangul word; (kinds, 3)."""


class TokenTable(dict[str, bytes]):
    """Token -> its numbers, packed, learning what it lacks: for each of its words the known pieces, then the word.

    A piece is the number of a single term. A word is the number of its stem, `stranger` for a stem that no
    pair has, with marks. Entries never change once handed out, so that readers in other threads need no lock.
    """

    def __init__(self, piece_numbers: dict[str, int], stem_numbers: dict[str, int]) -> None:
        super().__init__()
        self._piece_numbers = piece_numbers
        self._stem_numbers = stem_numbers
        self._stranger = len(stem_numbers)
        self._lock = threading.Lock()
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether the table should be left for a new one."""
        return len(self) >= _MOST_TOKENS or self._bytes >= _MOST_BYTES

    def fresh(self) -> TokenTable:
        """Return an empty table over the same vocabulary."""
        return TokenTable(self._piece_numbers, self._stem_numbers)

    def pack(self, tokens: Iterable[str]) -> bytes:
        """Return the numbers of `tokens`, int32, one behind the other."""
        return b"".join(map(self.__getitem__, tokens))

    def __missing__(self, token: str) -> bytes:
        numbers: list[int] = []
        for word in find_words(token):
            taken = pieces(word)
            if taken.stem is None:
                continue
            numbers += [self._piece_numbers[term] for term in taken.terms if term in self._piece_numbers]
            known = _KNOWN if any(term in self._piece_numbers for term in taken.telling) else 0
            hangul = _HANGUL if taken.hangul else 0
            numbers.append(_WORD | known | hangul | self._stem_numbers.get(taken.stem, self._stranger))
        with self._lock:
            self._bytes += _BYTES_A_TOKEN + _BYTES_A_CHARACTER * len(token) + _BYTES_A_NUMBER * len(numbers)
            return self.setdefault(token, np.array(numbers, np.int32).tobytes())


def stems_of(words: Numbers) -> Numbers:
    """Return the numbers of the stems of `words`, which are the numbers below 0."""
    return words & _STEM


def kinds_of(words: Numbers) -> Numbers:
    """Return the kind of each word, a row of `KINDS`."""
    return (words >> _KIND_BIT) & 3
