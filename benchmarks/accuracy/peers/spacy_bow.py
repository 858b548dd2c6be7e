"""SpaCy's TextCatBOW: a linear model over hashed n-grams of tokens, in a blank pipeline of the language."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from spacy.language import Language

    from accuracy.peers.face import Setting

LIBRARIES = ("spacy",)
RUNS = 1

_SEED = 20261
# Of 8, 32 and 128 the best within a minute of training on this corpus.
_BATCH = 32
# Korean would by default call for MeCab, a program of its own; English keeps the tokenizer it always has.
_PLAIN_TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}}


def settings(_language: str) -> list[Setting]:
    """Vary the n-grams, of which single tokens are the default, and how long to train."""
    return [{"ngram_size": size, "epochs": epochs} for size in (1, 2) for epochs in (4, 8, 12)]


def make(language: str, classes: Sequence[str], setting: Setting) -> SpacyBow:
    """Make it."""
    return SpacyBow(language, classes, setting)


class SpacyBow:
    """``spacy.TextCatBOW.v3`` with exclusive classes and the default optimizer."""

    def __init__(self, language: str, classes: Sequence[str], setting: Setting) -> None:
        self._classes = list(classes)
        self._epochs: int = setting["epochs"]
        self._nlp = _pipeline(language, setting["ngram_size"])

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train on labelled texts, shuffled afresh each epoch."""
        fix_random_seed(_SEED)
        shuffle = random.Random(_SEED).shuffle  # noqa: S311  nothing secret
        answers = [{"cats": {name: float(name == label) for name in self._classes}} for label in labels]
        examples = [
            Example.from_dict(self._nlp.make_doc(text), answer) for text, answer in zip(texts, answers, strict=True)
        ]
        optimizer = self._nlp.initialize(lambda: examples)
        for _ in range(self._epochs):
            shuffle(examples)
            for batch in minibatch(examples, _BATCH):
                self._nlp.update(batch, sgd=optimizer, losses={})

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return log-probabilities, which are the logits less a constant per text."""
        probabilities = [[doc.cats[name] for name in self._classes] for doc in self._nlp.pipe(texts)]
        return np.log(np.maximum(np.array(probabilities, np.float64), 1e-9))


def _pipeline(language: str, ngram_size: int) -> Language:
    nlp = spacy.blank(language, config=_PLAIN_TOKENIZER if language == "ko" else {})
    model = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": ngram_size,
        "no_output_layer": False,
    }
    nlp.add_pipe("textcat", config={"model": model})
    return nlp
