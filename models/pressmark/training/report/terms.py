"""The strongest terms of a model: what speaks for each class, by script, as a reader can take it in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pressmark.release import Release

MOST = 24
# What speaks for a class only by being everywhere is left out: terms of more than this share of the training
# paragraphs, and terms with less than this share of the strongest weight.
_EVERYWHERE = 0.07
_TELLING = 0.35
_SCRIPTS = (("Latin script", re.compile("[a-z]")), ("Hangul", re.compile("[가-힣]")))


def strongest_terms(release: Release, most: int = MOST) -> dict[str, dict[str, list[str]]]:
    """Return script -> class -> terms, each as a word that a reader knows.

    A term counts by what it adds to the margin of the class where it stands (its weight times its inverse
    document frequency) times the root of the number of training paragraphs it stands in: the weight alone
    would list rarities, the number alone the words of every page.
    """
    vocabulary, weights = release.vocabulary, release.weights
    names = [vocabulary.term(number) for number in range(len(vocabulary))]
    written = _commonest_words(dict(zip(names, weights.document_frequency.tolist(), strict=True)))
    strength = (weights.idf() * np.sqrt(weights.document_frequency))[:, None] * weights.coefficients
    strength[weights.coefficients < _TELLING * weights.coefficients.max(axis=0)] = 0
    strength[weights.document_frequency > _EVERYWHERE * weights.documents] = 0
    found: dict[str, dict[str, list[str]]] = {}
    for script, letters in _SCRIPTS:
        # What stands inside Hangul words is crumbs to a reader.
        whole = [at for at, name in enumerate(names) if name[0] != "*" and letters.search(name)]
        for number, label in enumerate(release.classes if whole else ()):
            telling = [at for at in whole if strength[at, number] > 0]
            telling.sort(key=strength[:, number].__getitem__, reverse=True)
            found.setdefault(script, {})[label] = _readable((names[at] for at in telling), written, most)
    return found


def _commonest_words(frequency: Mapping[str, int]) -> dict[str, str]:
    """Return for each Latin stem, as terms name it, the word in which it occurs most."""
    words: dict[str, str] = {}
    for name, count in frequency.items():
        stem = f"{name[:5]}*"
        if "*" not in name and stem in frequency and count > frequency.get(words.get(stem, ""), 0):
            words[stem] = name
    return words


def _readable(ordered: Iterable[str], written: Mapping[str, str], most: int) -> list[str]:
    """Return the first terms that say something new: of a word and its stems, the one that comes first."""
    chosen: list[str] = []
    bare: list[str] = []
    for term in ordered:
        stem = term.removesuffix("*")
        if len(stem) > 1 and not any(stem in one or one in stem for one in bare):
            bare.append(stem)
            chosen.append(written.get(term, term.replace("*", "…")))
        if len(chosen) == most:
            break
    return chosen
