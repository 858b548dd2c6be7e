"""Labelled paragraphs -> vocabulary and linear weights, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB

from pressmark.scoring import Vocabulary, Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pressmark.training.recipe import Recipe

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
        return Weights(self.documents, self.document_frequency, self.steps * STEP, np.zeros(classes))


def fit(documents: Sequence[list[str]], labels: Sequence[str], classes: Sequence[str], recipe: Recipe) -> Fitted:
    """Fit complement naive Bayes (Rennie et al. 2003) on sublinear tf-idf of the terms in `documents`.

    The weight of a term for a class is the log-odds against all other classes together, centred over
    the classes: positive speaks for the class, negative against it, and a text of which nothing is
    known leans nowhere.
    """
    vectorizer = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=recipe.fewest_documents)
    values = vectorizer.fit_transform(documents)
    model = ComplementNB(alpha=recipe.smoothing).fit(values, [classes.index(label) for label in labels])
    weights: NDArray[np.float64] = model.feature_log_prob_ - model.feature_log_prob_.mean(axis=0)
    vocabulary, order = _vocabulary(vectorizer.vocabulary_)
    frequency = np.asarray((values > 0).sum(axis=0)).ravel()[order]
    return Fitted(
        vocabulary=vocabulary,
        documents=len(documents),
        document_frequency=frequency.astype(np.int32),
        steps=np.round(weights.T[order] / STEP).astype(np.int16),
    )


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
