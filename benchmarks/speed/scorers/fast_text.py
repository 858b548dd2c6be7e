"""FastText supervised: the mean of word and word-pair vectors and a linear layer, in C++ (Joulin et al. 2017)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fasttext

from pressmark.normal import fold
from pressmark.terms import find_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speed.corpus import Labelled

LIBRARIES = ("fasttext-numpy2",)
# The library fills its starting vectors by tenths, a thread each: with fewer the rest holds what the memory held.
_THREADS = 10
_BUCKETS = 200_000


def prepared(_language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make it with the judge's preparation: normal form, its words, in lower case."""
    model = _train([(_words(one.text), one.label) for one in corpus])
    return lambda texts: model.predict([_words(text) for text in texts], k=-1)


def raw(_language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make it without any preparation: it cuts at blanks and knows each word in each case and punctuation."""
    model = _train([(_line(one.text), one.label) for one in corpus])
    return lambda texts: model.predict([_line(text) for text in texts], k=-1)


def _words(text: str) -> str:
    return " ".join(find_words(fold(text))).lower()


def _line(text: str) -> str:
    return text.replace("\n", " ")


def _train(lines: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 - the library publishes no types
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "train.txt"
        path.write_text("".join(f"__label__{label} {line}\n" for line, label in lines), encoding="utf-8")
        return fasttext.train_supervised(
            str(path), thread=_THREADS, verbose=0, bucket=_BUCKETS, loss="softmax", wordNgrams=2, epoch=5, lr=0.5
        )
