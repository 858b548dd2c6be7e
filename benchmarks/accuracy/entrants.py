"""Who takes part: the peers by name, and how each comes to score texts after training on the corpus."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from accuracy.worker import Choice, Task
from environments import lock_file, prepare, run
from pressmark.training.corpus import digest
from pressmark.training.train import fold_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pressmark.training.corpus import Example

    Floats = NDArray[np.float64]

_FOLDS = 5
_MODULES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PeerName:
    """A peer: what the table calls it, the module that is it, its lock, and the languages it can read.

    `tried` tells in words what its `settings` vary.
    """

    name: str
    title: str
    module: str
    lock: str
    languages: tuple[str, ...]
    tried: str


PEERS = (
    PeerName(
        "fasttext",
        "fastText supervised",
        "fasttext_supervised",
        "fasttext",
        ("en", "ko"),
        "learning rate and epochs, word pairs or none, subwords of several lengths or none; its threads race, so no"
        " two trainings agree, and the mean logits of five are taken",
    ),
    PeerName(
        "spacy",
        "spaCy TextCatBOW",
        "spacy_bow",
        "spacy",
        ("en", "ko"),
        "epochs, token pairs or none; blank pipelines, for Korean with the plain tokenizer",
    ),
    PeerName(
        "tfidf",
        "TF-IDF + logistic regression",
        "tfidf",
        "sklearn",
        ("en", "ko"),
        "regularisation, sublinear counts, class weights; words and word pairs",
    ),
    PeerName(
        "minilm",
        "MiniLM + logistic regression",
        "minilm",
        "minilm",
        ("en",),
        "regularisation, class weights; the embeddings are frozen",
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a trained peer gave: logits (classes,) by text, the setting it was trained with, library versions."""

    logits: dict[str, Floats]
    choice: Choice
    versions: dict[str, str]


def score(
    peer: PeerName,
    language: str,
    classes: Sequence[str],
    examples: Sequence[Example],
    *,
    queries: Sequence[str],
    cache: Path,
) -> Scores:
    """Train `peer` on the `examples` of one language and let it score `queries`.

    The choice of its setting needs only the corpus, and takes most of the time; so it is kept in `cache`.
    """
    python = prepare("accuracy", peer.lock, cache)
    kept = cache / f"{peer.name}-{language}-{_digest(peer, examples)}.json"
    choice = Choice(**json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else None
    task = Task(
        language=language,
        classes=list(classes),
        texts=[example.text for example in examples],
        labels=[example.label for example in examples],
        folds=[fold_of(example.article, _FOLDS) for example in examples],
        queries=list(queries),
        choice=choice,
    )
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.json"
        run(python, ["accuracy.worker", peer.module, str(answer)], json.dumps(asdict(task)))
        result = json.loads(answer.read_text(encoding="utf-8"))
    kept.write_text(json.dumps(result["choice"]), encoding="utf-8")
    logits = dict(zip(queries, np.array(result["logits"]), strict=True))
    return Scores(logits, Choice(**result["choice"]), result["versions"])


def _digest(peer: PeerName, examples: Sequence[Example]) -> str:
    """Name everything that a choice of setting hangs on."""
    sources = [(_MODULES / name).read_text(encoding="utf-8") for name in ("worker.py", f"peers/{peer.module}.py")]
    articles = "\n".join(example.article for example in examples)
    parts = [digest(examples), articles, lock_file("accuracy", peer.lock).read_text(encoding="utf-8"), *sources]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
