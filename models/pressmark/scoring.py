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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pressmark.normal import fold
from pressmark.pairs import PairTable
from pressmark.terms import tokens
from pressmark.tokens import KINDS, TokenTable, kinds_of, stems_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Numbers = NDArray[np.int32]

FEW = 3
"""Up to here paragraphs one by one are quicker than all in arrays."""

# Tokens are looked up in portions, so that one hostile text cannot fill memory with tokens that never come again.
_PORTION = 20_000
# So many characters are scored together: more is no quicker, and takes some forty bytes a character in arrays.
_TOGETHER = 200_000


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


class ScoredMany(NamedTuple):
    """What is known of many paragraphs, each alone: as `Scored`, each member an array over the paragraphs."""

    margins: Floats
    words: Integers
    known: Integers
    hangul: Integers
    familiar: NDArray[np.bool_]


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
        self._first_pair = len(vocabulary.pieces)
        self._pairs = PairTable(vocabulary.pairs, len(vocabulary.stems))
        # A place is a paragraph and the number of a term in one integer: terms take its lower bits.
        self._term_bits = len(vocabulary).bit_length()

    def score(self, paragraphs: Sequence[str]) -> list[Scored]:
        """Score `paragraphs`, any texts, in order."""
        if len(paragraphs) <= FEW:
            return [self._score_one(paragraph) for paragraph in paragraphs]
        return list(map(Scored._make, zip(*(column.tolist() for column in self.score_many(paragraphs)), strict=True)))

    def score_many(self, paragraphs: Sequence[str]) -> ScoredMany:
        """Score `paragraphs`, any texts, in order, in arrays from end to end; the quicker way for more than `FEW`."""
        portions = [self._sum_many(portion) for portion in _portions(paragraphs)]
        sums = np.concatenate([sums for sums, _ in portions])
        words, known, hangul = np.concatenate([words for _, words in portions]).T
        squared_norm = sums[:, -1]
        familiar = squared_norm > 0
        norms = np.sqrt(squared_norm)
        norms[~familiar] = 1.0
        margins = sums[:, :-1] / norms[:, None] + self.weights.intercepts
        return ScoredMany(margins, words, known, hangul, familiar)

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
        count, known, hangul = (np.bincount(kinds_of(words), minlength=len(KINDS)) @ KINDS).tolist()
        return Scored(margins, count, known, hangul, squared_norm > 0)

    def _count_one(self, paragraph: str) -> tuple[Integers, Integers, Numbers]:
        """Return the distinct known terms of a paragraph, sorted, how often each occurs, and its words."""
        numbers = np.frombuffer(self._pack(tokens(fold(paragraph))), np.int32)
        words = numbers[numbers < 0]
        pairs = self._pairs.find(stems_of(words)) + self._first_pair
        return *_count(np.concatenate([numbers, pairs]), but=len(words)), words

    def _pack(self, split: list[str]) -> bytes:
        """Return what the tokens of a paragraph give, one behind the other."""
        if len(split) <= _PORTION:
            return self._table().pack(split)
        portions = (split[start : start + _PORTION] for start in range(0, len(split), _PORTION))
        return b"".join([self._table().pack(portion) for portion in portions])

    def _sum_many(self, paragraphs: Sequence[str]) -> tuple[Floats, Integers]:
        """Return the sums of many paragraphs, (paragraphs, classes + 1), and their counts of words."""
        places, counts, words = self._count_many(paragraphs)
        edges = places.searchsorted(np.arange(len(paragraphs) + 1) << self._term_bits)
        rows = self._weigh(places & ((1 << self._term_bits) - 1), counts)
        filled = (edges[1:] > edges[:-1]).nonzero()[0]
        sums = np.zeros((len(paragraphs), rows.shape[1]))
        if len(filled):
            sums[filled] = np.add.reduceat(rows, edges[filled], axis=0)
        return sums, words

    def _count_many(self, paragraphs: Sequence[str]) -> tuple[Integers, Integers, Integers]:
        """Count the known terms of all `paragraphs` together.

        Returns the distinct places, sorted, how often each occurs, and how many words each paragraph has, how
        many of them are known, and how many are Hangul: (paragraphs, 3).
        """
        packed = [self._pack(tokens(fold(paragraph))) for paragraph in paragraphs]
        numbers = np.frombuffer(b"".join(packed), np.int32)
        sizes = np.fromiter(map(len, packed), np.int64, len(packed)) // numbers.itemsize
        owners = np.arange(len(packed)).repeat(sizes)
        is_word = numbers < 0
        words, word_owners = numbers[is_word], owners[is_word]
        pairs, pair_owners = self._pairs.find_within(stems_of(words), word_owners)
        single = ((owners << self._term_bits) + numbers)[~is_word]
        places = np.concatenate([single, (pair_owners << self._term_bits) + (pairs + self._first_pair)])
        kinds = np.bincount(word_owners * len(KINDS) + kinds_of(words), minlength=len(packed) * len(KINDS))
        return *_count(places), kinds.reshape(-1, len(KINDS)) @ KINDS

    def _table(self) -> TokenTable:
        table = self._tokens
        if table.full:
            self._tokens = table = table.fresh()
        return table

    def _weigh(self, distinct: Integers, counts: Integers) -> Floats:
        """Return the rows of the terms, each times 1 + ln of its count, the last column times its square.

        Their sum is what is looked for.
        """
        rows = self._rows.take(distinct, axis=0)
        repeated = (counts > 1).nonzero()[0]  # few are, and the weight of the others is 1
        tf = 1 + np.log(counts[repeated])
        heavier = rows[repeated] * tf[:, None]
        heavier[:, -1] *= tf
        rows[repeated] = heavier
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


def _count(numbers: Integers, *, but: int = 0) -> tuple[Integers, Integers]:
    """Return the distinct `numbers` but the `but` least, sorted, and how often each occurs; sorts them in place."""
    numbers.sort()
    numbers = numbers[but:]
    first = np.empty(len(numbers), np.bool_)
    first[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    starts = first.nonzero()[0]
    counts = np.empty(len(starts), np.int64)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1:] = len(numbers) - starts[-1:]
    return numbers[starts], counts
