"""Terms -> margins: TF-IDF, L2 norm and linear weights folded into one matrix, so that a paragraph is a sum of rows.

Row t holds ``idf[t] * coefficient[t, c]`` for every class c and ``idf[t] ** 2`` last. With
``tf = 1 + ln(count)`` the rows of a paragraph's distinct known terms, times tf (the last column times
tf squared), add up to the class sums and the squared norm; their quotient plus the intercepts are the
margins that ``TfidfVectorizer(sublinear_tf=True)`` and a linear model give (Salton and Buckley 1988 for
the weighting; the smooth idf ``ln((1 + n) / (1 + df)) + 1`` is scikit-learn's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pressmark.normal import fold
from pressmark.terms import find_words, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Real text of a year holds some 40,000 distinct words; ten times that bounds the cache at tens of
# megabytes for a hostile sender, who only makes it start afresh.
_CACHED_WORDS = 60_000
# Longer words are taken apart each time: nobody repeats them, and a cache must not hold megabytes of one.
_LONGEST_CACHED_WORD = 40

# Three counts in one integer, so that one sum over a paragraph's words gives all three.
_COUNT_BITS = 40
_WORD = 1
_KNOWN = 1 << _COUNT_BITS
_HANGUL = 1 << 2 * _COUNT_BITS
_COUNT_MASK = _KNOWN - 1

_ID = np.dtype("<i4")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The terms of a model: single pieces first, then pairs of stems, given by stem numbers, sorted."""

    pieces: tuple[str, ...]
    stems: tuple[str, ...]
    pairs: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.pieces) + len(self.pairs)

    def term(self, number: int) -> str:
        """Return the term that has column `number`."""
        if number < len(self.pieces):
            return self.pieces[number]
        first, second = self.pairs[number - len(self.pieces)]
        return f"{self.stems[first]} {self.stems[second]}"


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A linear model over tf-idf: `coefficients` is (terms, classes), `document_frequency` (terms,)."""

    documents: int
    document_frequency: NDArray[np.int32]
    coefficients: Floats
    intercepts: Floats

    def idf(self) -> Floats:
        """Return the smooth inverse document frequency of each term."""
        quotient = (self.documents + 1) / (self.document_frequency.astype(np.float64) + 1)
        return np.log(quotient) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Margins (paragraphs, classes), and what was counted of each paragraph.

    `words` it has, how many of them are `known` and how many are `hangul`, and whether any term at all is known.
    """

    margins: Floats
    words: Integers
    known: Integers
    hangul: Integers
    familiar: NDArray[np.bool_]


class _WordTable(dict[str, tuple[bytes, bytes, int]]):
    """Word as written -> its piece numbers, its stem number, its counts; learns what it lacks; bounded."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._pieces = {piece: number for number, piece in enumerate(vocabulary.pieces)}
        self._stems = {stem: number for number, stem in enumerate(vocabulary.stems)}

    def __missing__(self, word: str) -> tuple[bytes, bytes, int]:
        entry = self._take_apart(word)
        if len(word) <= _LONGEST_CACHED_WORD:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            self[word] = entry
        return entry

    def _take_apart(self, word: str) -> tuple[bytes, bytes, int]:
        taken = pieces(word)
        if taken.stem is None:
            return b"", b"", 0
        numbers = [self._pieces[term] for term in taken.terms if term in self._pieces]
        known = any(term in self._pieces for term in taken.telling)
        counts = _WORD + _KNOWN * known + _HANGUL * taken.hangul
        stem = self._stems.get(taken.stem, -1)
        return np.array(numbers, _ID).tobytes(), np.array([stem], _ID).tobytes(), counts


class Scorer:
    """Scores paragraphs, each alone. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        idf = weights.idf()
        self._rows = np.column_stack([idf[:, None] * weights.coefficients, idf**2])
        self._words = _WordTable(vocabulary)
        self._stems = len(vocabulary.stems)
        self._first_pair = len(vocabulary.pieces)
        pairs = vocabulary.pairs.astype(np.int64)
        # Closed by a key larger than any, so that every search ends on an element.
        self._pair_keys = np.append(pairs[:, 0] * self._stems + pairs[:, 1], np.iinfo(np.int64).max)

    def score(self, paragraphs: Sequence[str]) -> Scored:
        """Score `paragraphs`, any texts, in order."""
        if len(paragraphs) == 1:
            return self._score_one(paragraphs[0])
        return self._score_many(paragraphs)

    def contributions(self, paragraph: str) -> tuple[Integers, Floats]:
        """Return the distinct known terms of `paragraph` and what each adds: (terms,), (terms, classes)."""
        numbers, _ = self._numbers(paragraph)
        distinct, tf = _count(numbers)
        rows = self._rows[distinct] * tf[:, None]
        squared_norm = float(rows[:, -1] @ tf)
        return distinct, rows[:, :-1] / np.sqrt(squared_norm or 1.0)

    def _score_one(self, paragraph: str) -> Scored:
        numbers, counts = self._numbers(paragraph)
        sums = self._sum(numbers)
        return self._scored(sums[None, :], [counts])

    def _score_many(self, paragraphs: Sequence[str]) -> Scored:
        numbered = [self._numbers(paragraph) for paragraph in paragraphs]
        sums = np.zeros((len(paragraphs), self._rows.shape[1]))
        for at, (numbers, _) in enumerate(numbered):
            sums[at] = self._sum(numbers)
        return self._scored(sums, [counts for _, counts in numbered])

    def _numbers(self, paragraph: str) -> tuple[Integers, int]:
        """Return the numbers of the known terms of `paragraph`, as often as they occur, and its counts."""
        words = find_words(fold(paragraph))
        if not words:
            return np.empty(0, np.int64), 0
        entries, stem_entries, counts = zip(*map(self._words.__getitem__, words), strict=True)
        single = np.frombuffer(b"".join(entries), _ID)
        stems = np.frombuffer(b"".join(stem_entries), _ID).astype(np.int64)
        keys = stems[:-1] * self._stems + stems[1:]
        # A stem that no pair has is -1, and no product with it may look like a key.
        keys[(stems[:-1] < 0) | (stems[1:] < 0)] = -1
        places = np.searchsorted(self._pair_keys, keys)
        pairs = places[self._pair_keys[places] == keys] + self._first_pair
        return np.concatenate([single, pairs]), sum(counts)

    def _sum(self, numbers: Integers) -> Floats:
        distinct, tf = _count(numbers)
        rows = self._rows.take(distinct, axis=0)
        if len(distinct) < len(numbers):
            rows *= tf[:, None]
            rows[:, -1] *= tf
        sums: Floats = rows.sum(axis=0)
        return sums

    def _scored(self, sums: Floats, counts: list[int]) -> Scored:
        squared_norm = sums[:, -1]
        familiar = squared_norm > 0
        norm = np.sqrt(np.where(familiar, squared_norm, 1.0))
        margins = sums[:, :-1] / norm[:, None] + self.weights.intercepts
        return Scored(
            margins=margins,
            words=np.array([packed & _COUNT_MASK for packed in counts], np.int64),
            known=np.array([packed >> _COUNT_BITS & _COUNT_MASK for packed in counts], np.int64),
            hangul=np.array([packed >> 2 * _COUNT_BITS for packed in counts], np.int64),
            familiar=familiar,
        )


def _count(numbers: Integers) -> tuple[Integers, Floats]:
    """Return the distinct `numbers`, sorted, and 1 + ln of how often each occurs."""
    distinct, counts = np.unique(numbers, return_counts=True)
    return distinct, 1 + np.log(counts)
