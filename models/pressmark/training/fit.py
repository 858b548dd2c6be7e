"""Labelled paragraphs -> vocabulary and linear weights, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import ComplementNB

from pressmark.scoring import Vocabulary, Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from pressmark.training.recipe import Recipe

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

STEP = 0.001
"""Weights are released as whole multiples of this, far coarser than what differs between machines."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained model as it is released: `steps` are the coefficients (terms, classes) in units of `STEP`."""

    vocabulary: Vocabulary
    documents: int
    document_frequency: NDArray[np.int32]
    steps: NDArray[np.int16]

    @property
    def weights(self) -> Weights:
        """The weights as serving sees them."""
        classes = self.steps.shape[1]
        return Weights(self.documents, self.document_frequency, self.steps.astype(np.float64) * STEP, np.zeros(classes))


def fit(documents: Sequence[list[str]], labels: Sequence[str], classes: Sequence[str], recipe: Recipe) -> Fitted:
    """Fit a blend of two linear models on sublinear tf-idf of the terms in `documents`.

    Complement naive Bayes (Rennie et al. 2003) weighs every word it has seen and stands a change of manner
    well; ridge regression on the classes tells words that only go together from words that decide. Each
    is centred over the classes and brought to unit deviation. There is no intercept: calibration has
    offsets, and a text of which nothing is known must lean nowhere.
    """
    vectorizer = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=recipe.fewest_documents)
    values = vectorizer.fit_transform(documents)
    numbers = np.array([classes.index(label) for label in labels])
    bayes = _bayes_weights(values, numbers, recipe)
    ridge = _ridge_weights(values, numbers, recipe)
    weights = (1 - recipe.ridge_share) * bayes + recipe.ridge_share * ridge
    vocabulary, order = _vocabulary(vectorizer.vocabulary_)
    frequency = np.asarray((values > 0).sum(axis=0)).ravel()[order]
    return Fitted(
        vocabulary=vocabulary,
        documents=len(documents),
        document_frequency=frequency.astype(np.int32),
        steps=_in_steps(weights.T[order]),
    )


def _bayes_weights(values: csr_matrix, numbers: Integers, recipe: Recipe) -> Floats:
    model = ComplementNB(alpha=recipe.smoothing).fit(values, numbers)
    return _standardised(model.feature_log_prob_)


def _ridge_weights(values: csr_matrix, numbers: Integers, recipe: Recipe) -> Floats:
    counts = np.bincount(numbers)
    targets = np.where(numbers[:, None] == np.arange(len(counts)), 1.0, -1.0)
    balance = (len(numbers) / len(counts) / counts)[numbers]
    # Conjugate gradients run far past the precision of a step, so that the steps are the same everywhere.
    model = Ridge(alpha=recipe.ridge_penalty, solver="sparse_cg", tol=1e-12, max_iter=10_000)
    return _standardised(model.fit(values, targets, sample_weight=balance).coef_)


def _standardised(weights: Floats) -> Floats:
    centred = weights - weights.mean(axis=0)
    standard: Floats = centred / centred.std()
    return standard


def _in_steps(weights: Floats) -> NDArray[np.int16]:
    steps = np.round(weights / STEP)
    limit = np.iinfo(np.int16).max
    if np.abs(steps).max(initial=0) > limit:
        raise OverflowError(
            f"a weight is {np.abs(weights).max():.1f} deviations from none; {limit * STEP} can be released"
        )
    return steps.astype(np.int16)


def _as_is(document: list[str]) -> list[str]:
    return document


def _vocabulary(columns: dict[str, int]) -> tuple[Vocabulary, NDArray[np.intp]]:
    """Bring the columns of a vectorizer into the order of a release: pieces, then pairs, each sorted."""
    pieces = sorted(term for term in columns if " " not in term)
    pairs = [tuple(term.split(" ")) for term in columns if " " in term]
    stems = sorted({stem for pair in pairs for stem in pair})
    number = {stem: at for at, stem in enumerate(stems)}
    numbered = sorted((number[first], number[second]) for first, second in pairs)
    vocabulary = Vocabulary(tuple(pieces), tuple(stems), np.array(numbered, np.int32).reshape(-1, 2))
    order = [columns[vocabulary.term(at)] for at in range(len(vocabulary))]
    return vocabulary, np.array(order, np.intp)
