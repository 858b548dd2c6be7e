"""FastText supervised: the mean of word and subword vectors, learnt with the classifier (Joulin et al. 2017)."""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fasttext
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from accuracy.peers.face import Setting

LIBRARIES = ("fasttext-numpy2",)
RUNS = 5

_LABEL = "__label__"
# FastText splits at blanks only; its tutorial lower-cases and sets punctuation apart first.
_PUNCTUATION = re.compile(r"([^\w\s])")
# The default of two million buckets holds a thousand times what a corpus of this size has, and takes 800 MB.
_BUCKETS = 200_000
# The library fills its starting vectors by tenths, one tenth a thread: with fewer than ten threads the rest
# is whatever the memory held, which costs many points of macro-F1 or ends in NaN. Ten threads race, so that no
# two runs agree: hence `RUNS`.
_THREADS = 10
_LEAST = 1e-9


def settings(language: str) -> list[Setting]:
    """Vary what the library's tutorial and its autotuning vary; a Hangul syllable says as much as several letters."""
    subwords = ((0, 0), (3, 6)) if language == "en" else ((0, 0), (1, 3), (2, 4))
    return [
        {"lr": rate, "epoch": epochs, "wordNgrams": ngrams, "minn": shortest, "maxn": longest}
        for shortest, longest in subwords
        for ngrams in (1, 2)
        for rate, epochs in ((0.5, 25), (1.0, 50))
    ]


def make(_language: str, classes: Sequence[str], setting: Setting) -> FastText:
    """Make it; the language has no part in it beyond its settings."""
    return FastText(classes, setting)


class FastText:
    """The library's supervised mode with a softmax over the classes."""

    def __init__(self, classes: Sequence[str], setting: Setting) -> None:
        self._classes = list(classes)
        self._setting = setting

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train on labelled texts, which the library wants in a file."""
        lines = "".join(f"{_LABEL}{label} {_line(text)}\n" for text, label in zip(texts, labels, strict=True))
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "train.txt"
            path.write_text(lines, encoding="utf-8")
            self._model = fasttext.train_supervised(
                str(path), thread=_THREADS, verbose=0, bucket=_BUCKETS, loss="softmax", **self._setting
            )

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return log-probabilities, which are the logits less a constant per text."""
        return np.array([self._log_probabilities(_line(text)) for text in texts], np.float64)

    def _log_probabilities(self, line: str) -> list[float]:
        labels, probabilities = self._model.predict(line, k=-1)
        found = dict(zip(labels, probabilities, strict=True))
        return [math.log(max(found[_LABEL + name], _LEAST)) for name in self._classes]


def _line(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(r" \1 ", text).lower().split())
