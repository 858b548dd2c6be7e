"""The texts of both benchmarks: the project's own corpus, in one fixed order that mixes articles."""

from __future__ import annotations

import json
import random
from typing import NamedTuple

from environments import REPOSITORY

LANGUAGES = {"en": "English", "ko": "Korean"}
_SEED = 20261


class Labelled(NamedTuple):
    """A paragraph of the corpus with its class."""

    text: str
    label: str


def read(language: str) -> list[Labelled]:
    """Return all paragraphs of a language."""
    found: list[Labelled] = []
    for path in sorted((REPOSITORY / "models" / "corpus").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["language"] == language:
                found.append(Labelled(record["text"], record["label"]))
    random.Random(_SEED).shuffle(found)  # noqa: S311 - an order, no secret
    return found


def article(language: str, paragraphs: int, least: int, most: int) -> list[str]:
    """Return the first paragraphs of between `least` and `most` words: bodies of like size whatever the seed."""
    fitting = [one.text for one in read(language) if least <= len(one.text.split()) <= most]
    return [fitting[at % len(fitting)] for at in range(paragraphs)]
