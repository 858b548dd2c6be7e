"""Terms -> margins: TF-IDF, L2 norm and linear weights folded into one matrix, so that a paragraph is a sum of rows.

Row t holds ``idf[t] * coefficient[t, c]`` for every class c and ``idf[t] ** 2`` last. With
``tf = 1 + ln(count)`` the rows of a paragraph's distinct known terms, times tf (the last column times
tf squared), add up to the class sums and the squared norm; their quotient plus the intercepts are the
margins that ``TfidfVectorizer(sublinear_tf=True)`` and a linear model give (Salton and Buckley 1988 for
the weighting; the smooth idf ``ln((1 + n) / (1 + df)) + 1`` is scikit-learn's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pressmark.normal import fold
from pressmark.terms import tokens
from pressmark.tokens import COUNT_BITS, TokenTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Tokens are looked up in portions, so that one hostile text cannot fill memory with tokens that never come again.
_PORTION = 20_000
# Up to here paragraphs one by one are quicker than all in arrays (benchmarks/speed shows where they cross).
_FEW = 4
# So many characters are scored together: more is no quicker, and takes fifty times its size in arrays.
_TOGETHER = 200_000
# Most neighbouring stems are no known pair: a look at the low bits of their key tells it before any search.
_MARKS = (1 << 18) - 1
_COUNT = (1 << COUNT_BITS) - 1


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


class Scored(NamedTuple):
    """What is known of one paragraph alone: its margin for each class, and what was counted.

    `words` it has, how many of them are `known` and how many are `hangul`, and whether any term at all is known.
    """

    margins: list[float]
    words: int
    known: int
    hangul: int
    familiar: bool


class Scorer:
    """Scores paragraphs, each alone. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        self._intercepts: list[float] = weights.intercepts.tolist()
        idf = weights.idf()
        self._rows = np.column_stack([idf[:, None] * weights.coefficients, idf**2])
        self._tokens = TokenTable(
            {piece: number for number, piece in enumerate(vocabulary.pieces)},
            {stem: number for number, stem in enumerate(vocabulary.stems)},
        )
        # One more than there are stems: the number of a stem that no pair has makes no key that is looked for.
        self._stems = len(vocabulary.stems) + 1
        self._first_pair = len(vocabulary.pieces)
        pairs = vocabulary.pairs.astype(np.int64)
        # Closed by a key larger than any, so that every search ends on an element.
        self._pair_marks = np.zeros(_MARKS + 1, np.bool_)
        self._pair_marks[(pairs[:, 0] * self._stems + pairs[:, 1]) & _MARKS] = True
        self._pair_keys = np.append(pairs[:, 0] * self._stems + pairs[:, 1], np.iinfo(np.int64).max)

    def score(self, paragraphs: Sequence[str]) -> list[Scored]:
        """Score `paragraphs`, any texts, in order."""
        if len(paragraphs) <= _FEW:
            return [self._score_one(paragraph) for paragraph in paragraphs]
        return list(chain.from_iterable(map(self._score_many, _portions(paragraphs))))

    def _score_many(self, paragraphs: Sequence[str]) -> list[Scored]:
        sums, words = self._sum_many(paragraphs)
        squared_norm = sums[:, -1:]
        margins = sums[:, :-1] / np.sqrt(np.where(squared_norm > 0, squared_norm, 1.0)) + self.weights.intercepts
        familiar = (squared_norm[:, 0] > 0).tolist()
        return [
            Scored(row, count, known, hangul, any_known)
            for row, (count, known, hangul), any_known in zip(margins.tolist(), words.tolist(), familiar, strict=True)
        ]

    def contributions(self, paragraph: str) -> tuple[Integers, Floats]:
        """Return the distinct known terms of `paragraph` and what each adds: (terms,), (terms, classes)."""
        distinct, counts, _ = self._count_one(paragraph)
        rows = self._weigh(distinct, counts)
        squared_norm = float(rows[:, -1].sum())
        return distinct, rows[:, :-1] / (math.sqrt(squared_norm) or 1.0)

    def _score_one(self, paragraph: str) -> Scored:
        distinct, counts, words = self._count_one(paragraph)
        tf = 1 + np.log(counts)
        rows = self._rows.take(distinct, axis=0)
        sums: list[float] = (tf @ rows).tolist()[:-1]
        squared_norm = float((tf * tf) @ rows[:, -1])
        norm = math.sqrt(squared_norm) or 1.0
        margins = [total / norm + intercept for total, intercept in zip(sums, self._intercepts, strict=True)]
        count, known, hangul = words
        return Scored(margins, count, known, hangul, squared_norm > 0)

    def _count_one(self, paragraph: str) -> tuple[Integers, Integers, tuple[int, int, int]]:
        """Do as `_count_many` does for one paragraph, with few calls, each over all its tokens."""
        split = tokens(fold(paragraph))
        if not 0 < len(split) <= _PORTION:
            distinct, counts, words = self._count_many([paragraph])
            return distinct, counts, tuple(words[0].tolist())
        table = self._table()
        rows = list(map(table.__getitem__, split))
        entries = table.entries
        pieces, stem_runs, packed = zip(*[entries[row] for row in rows], strict=True)
        stems = np.frombuffer(b"".join(stem_runs), np.int64)
        keys = stems[:-1] * self._stems + stems[1:]
        found = self._pair_keys.searchsorted(keys)
        pairs = found[self._pair_keys[found] == keys] + self._first_pair
        numbers = np.concatenate([np.frombuffer(b"".join(pieces), np.int64), pairs])
        total = sum(packed)
        return *_count(numbers), (total & _COUNT, total >> COUNT_BITS & _COUNT, total >> 2 * COUNT_BITS)

    def _sum_many(self, paragraphs: Sequence[str]) -> tuple[Floats, Integers]:
        """Return the sums of many paragraphs, (paragraphs, classes + 1), and their counts of words."""
        places, counts, words = self._count_many(paragraphs)
        terms = len(self.vocabulary)
        edges = places.searchsorted(np.arange(0, (len(paragraphs) + 1) * terms, terms))
        rows = self._weigh(places % terms, counts)
        sums = np.zeros((len(paragraphs), rows.shape[1]))
        filled = (edges[1:] > edges[:-1]).nonzero()[0]
        if len(filled):
            sums[filled] = np.add.reduceat(rows, edges[filled], axis=0)
        return sums, words

    def _count_many(self, paragraphs: Sequence[str]) -> tuple[Integers, Integers, Integers]:
        """Count the known terms of all `paragraphs` together.

        A term's place is its paragraph times the number of terms plus its own number. Returns the distinct
        places, sorted, how often each occurs, and the counts of words (paragraphs, 3).
        """
        split = [tokens(fold(paragraph)) for paragraph in paragraphs]
        sizes = np.fromiter(map(len, split), np.int64, len(split))
        owners = np.repeat(np.arange(len(split)), sizes)
        single, stems, counts = self._look_up(list(chain.from_iterable(split)), owners)
        pairs = self._pairs(*stems, len(self.vocabulary))
        reached = np.zeros((len(counts) + 1, 3), np.int64)
        np.cumsum(counts, axis=0, out=reached[1:])
        ends = sizes.cumsum()
        return *_count(np.concatenate([single, pairs])), reached[ends] - reached[ends - sizes]

    def _look_up(self, flat: list[str], owners: Integers) -> tuple[Integers, tuple[Integers, Integers], Integers]:
        """Return the places of single terms, the stems with their owners, and each token's counts of words."""
        terms = len(self.vocabulary)
        single: list[Integers] = []
        stems: list[Integers] = []
        stem_owners: list[Integers] = []
        counts: list[Integers] = [np.empty((0, 3), np.int64)]
        for start in range(0, len(flat), _PORTION):
            table = self._table()
            rows = table.rows(flat[start : start + _PORTION])
            of = owners[start : start + _PORTION]
            numbers, lengths = table.pieces.take(rows)
            single.append(np.repeat(of * terms, lengths) + numbers)
            found, lengths = table.stems.take(rows)
            stems.append(found)
            stem_owners.append(np.repeat(of, lengths))
            counts.append(table.counts[rows])
        return _joined(single), (_joined(stems), _joined(stem_owners)), np.concatenate(counts)

    def _table(self) -> TokenTable:
        table = self._tokens
        if table.full:
            self._tokens = table = table.fresh()
        return table

    def _pairs(self, stems: Integers, owners: Integers, terms: int) -> Integers:
        """Return the places of the known pairs of neighbouring stems."""
        keys = stems[:-1] * self._stems + stems[1:]
        likely = (self._pair_marks[keys & _MARKS] & (owners[:-1] == owners[1:])).nonzero()[0]
        keys = keys[likely]
        found = self._pair_keys.searchsorted(keys)
        known = self._pair_keys[found] == keys
        places: Integers = owners[1:][likely[known]] * terms + found[known] + self._first_pair
        return places

    def _weigh(self, distinct: Integers, counts: Integers) -> Floats:
        """Return the rows of the terms, each weighted by 1 + ln of its count; their sum is what is looked for."""
        tf = 1 + np.log(counts)
        rows = self._rows.take(distinct, axis=0)
        rows *= tf[:, None]
        rows[:, -1] *= tf
        return rows


def _portions(paragraphs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of paragraphs where it has as many characters as are scored together."""
    start = characters = 0
    for at, paragraph in enumerate(paragraphs):
        if characters >= _TOGETHER:
            yield paragraphs[start:at]
            start, characters = at, 0
        characters += len(paragraph)
    yield paragraphs[start:]


def _count(numbers: Integers) -> tuple[Integers, Integers]:
    """Return the distinct `numbers`, sorted, and how often each occurs; sorts `numbers` in place."""
    numbers.sort()
    first = np.empty(len(numbers), np.bool_)
    first[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    starts = first.nonzero()[0]
    counts = np.empty(len(starts), np.int64)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1:] = len(numbers) - starts[-1:]
    return numbers[starts], counts


def _joined(parts: list[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
