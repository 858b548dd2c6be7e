"""SpaCy's TextCatBOW: a linear model over hashed n-grams of tokens, in a blank pipeline of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import spacy
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speed.corpus import Labelled

LIBRARIES = ("spacy",)
# Korean would by default call for MeCab, a program of its own.
_PLAIN_TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}}
_MODEL = {
    "@architectures": "spacy.TextCatBOW.v3",
    "exclusive_classes": True,
    "ngram_size": 1,
    "no_output_layer": False,
}
_ENOUGH = 1000
"""Trained on so many paragraphs: its tables of hashes have one size however long it learns."""


def bow(language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make it, with single tokens, its default."""
    fix_random_seed(1)
    nlp = spacy.blank(language, config=_PLAIN_TOKENIZER if language == "ko" else {})
    nlp.add_pipe("textcat", config={"model": _MODEL})
    names = sorted({one.label for one in corpus})
    examples = [
        Example.from_dict(nlp.make_doc(one.text), {"cats": {name: float(name == one.label) for name in names}})
        for one in corpus[:_ENOUGH]
    ]
    optimizer = nlp.initialize(lambda: examples)
    for batch in minibatch(examples, 32):
        nlp.update(batch, sgd=optimizer, losses={})
    return lambda texts: [doc.cats for doc in nlp.pipe(texts)]
