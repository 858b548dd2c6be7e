"""Trained weights -> a release folder: data, the pipeline, golden predictions, card, and the manifest over all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pressmark.classifier import Judge
from pressmark.context import ContextRule
from pressmark.decision import Thresholds
from pressmark.release import FORMAT, GOLDEN, MANIFEST, canonical, load_release, seal
from pressmark.terms import ANALYZER, terms
from pressmark.training.card import card
from pressmark.training.corpus import articles, digest
from pressmark.training.fit import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pressmark.training.corpus import Example
    from pressmark.training.fit import Fitted
    from pressmark.training.recipe import Recipe
    from pressmark.training.train import Trained

_LIBRARIES = ("numpy", "scikit-learn", "scipy", "joblib")


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """What a release is called, and the figures measured on real text that it quotes."""

    name: str
    version: str
    calibration: dict[str, Any]
    calibrated_on: str
    measured: dict[str, Any]


def publish(trained: Trained, examples: Sequence[Example], recipe: Recipe, edition: Edition, folder: Path) -> Judge:
    """Write the release to `folder` and return its judge; the folder appears whole or not at all.

    An older release at `folder` is replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".release-") as scratch:
        staged = Path(scratch) / folder.name
        staged.mkdir()
        manifest = _manifest(trained, examples, recipe, edition)
        _write_weights(trained.fitted, staged)
        joblib.dump(pipeline(trained.fitted, trained.labels.classes), staged / "pipeline.joblib", compress=("zlib", 6))
        (staged / GOLDEN).write_bytes(b"")
        _write_manifest(manifest, staged)
        golden = _golden(Judge(load_release(staged)), examples, recipe.golden_articles)
        (staged / GOLDEN).write_text(golden, encoding="utf-8")
        (staged / "CARD.md").write_text(card(manifest), encoding="utf-8")
        _write_manifest(manifest, staged)
        judge = Judge(load_release(staged))
        judge.replay_golden()
        if folder.exists():
            shutil.rmtree(folder)
        staged.rename(folder)
    return Judge(load_release(folder))


def pipeline(fitted: Fitted, classes: Sequence[str]) -> Pipeline:
    """Return the model as a scikit-learn pipeline: its ``decision_function`` gives the margins.

    The classifier is a `LogisticRegression` that was never fitted but given its weights, because that is the
    plainest linear classifier there is to hold them.
    """
    columns = {fitted.vocabulary.term(at): at for at in range(len(fitted.vocabulary))}
    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, vocabulary=columns)
    vectorizer.idf_ = fitted.weights.idf()
    linear = LogisticRegression()
    coefficients = np.ascontiguousarray(fitted.weights.coefficients.T)
    linear.classes_ = np.array(classes, dtype=object)
    linear.coef_ = coefficients if len(classes) > 2 else coefficients[1:] - coefficients[:1]
    linear.intercept_ = np.zeros(len(linear.coef_))
    linear.n_features_in_ = coefficients.shape[1]
    return Pipeline([("tfidf", vectorizer), ("linear", linear)])


def _manifest(trained: Trained, examples: Sequence[Example], recipe: Recipe, edition: Edition) -> dict[str, Any]:
    labels = trained.labels
    return {
        "format": FORMAT,
        "name": edition.name,
        "version": edition.version,
        "analyzer": ANALYZER,
        "classes": list(labels.classes),
        "rejected": labels.rejected,
        "definitions": labels.definitions,
        "weights": {
            "documents": trained.fitted.documents,
            "step": STEP,
            "intercepts": [0.0] * len(labels.classes),
            "terms": len(trained.fitted.vocabulary),
        },
        "context": asdict(ContextRule(recipe.context_strength, recipe.context_reach)),
        "thresholds": asdict(Thresholds(recipe.fewest_words, recipe.least_known)),
        "calibration": edition.calibration,
        "calibrated_on": edition.calibrated_on,
        "corpus": _corpus_figures(examples),
        "recipe": recipe.as_dict(),
        "libraries": {library: metadata.version(library) for library in _LIBRARIES},
        "metrics": {"held_out_folds": trained.folds, "real_text": edition.measured},
    }


def _corpus_figures(examples: Sequence[Example]) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    for example in examples:
        of_language = counts.setdefault(example.language or "undeclared", {})
        of_language[example.label] = of_language.get(example.label, 0) + 1
    return {"sha256": digest(examples), "paragraphs": len(examples), "by_language": counts}


def _write_weights(fitted: Fitted, folder: Path) -> None:
    (folder / "pieces.txt").write_text(_joined(fitted.vocabulary.pieces), encoding="utf-8", newline="\n")
    (folder / "stems.txt").write_text(_joined(fitted.vocabulary.stems), encoding="utf-8", newline="\n")
    _write_array(folder / "pairs.npy", fitted.vocabulary.pairs)
    _write_array(folder / "frequencies.npy", fitted.document_frequency)
    _write_array(folder / "coefficients.npy", fitted.steps)


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _write_array(path: Path, array: NDArray[Any]) -> None:
    content = io.BytesIO()
    np.save(content, np.ascontiguousarray(array), allow_pickle=False)
    path.write_bytes(content.getvalue())


def _write_manifest(manifest: dict[str, Any], folder: Path) -> None:
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    (folder / MANIFEST).write_bytes(canonical(seal(manifest | {"files": files})))


def _golden(judge: Judge, examples: Sequence[Example], wanted: int) -> str:
    """Mark articles spread evenly over the corpus; their answers hold this release to its code."""
    grouped = list(articles(examples).values())
    lines = []
    for group in grouped[:: max(1, len(grouped) // wanted)][:wanted]:
        paragraphs = [example.text for example in group]
        marked = judge.classify(paragraphs)
        answer = {
            "paragraphs": paragraphs,
            "categories": [paragraph.category for paragraph in marked.paragraphs],
            "scores": [
                {name: round(score, 6) for name, score in paragraph.scores.items()} for paragraph in marked.paragraphs
            ],
        }
        lines.append(json.dumps(answer, ensure_ascii=False, sort_keys=True))
    return _joined(lines)
