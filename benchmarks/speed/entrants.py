"""Who takes part in the scoring benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entrant:
    """A way to score: where it lives, and in which environment."""

    name: str
    title: str
    lock: str
    module: str
    maker: str
    languages: tuple[str, ...] = ("en", "ko")


OURS = "judge"
ENTRANTS = (
    Entrant(OURS, "Pressmark, scores", "serve", "judge", "scores"),
    Entrant("classify", "Pressmark, classify (all of it)", "serve", "judge", "classify"),
    Entrant("first-sight", "Pressmark, scores, no word seen before", "serve", "judge", "first_sight"),
    Entrant("pipeline", "scikit-learn, the released pipeline", "sklearn", "tfidf", "released"),
    Entrant("sklearn", "scikit-learn, words and pairs", "sklearn", "tfidf", "plain"),
    Entrant("fasttext", "fastText, same preparation", "fasttext", "fast_text", "prepared"),
    Entrant("fasttext-raw", "fastText, no preparation", "fasttext", "fast_text", "raw"),
    Entrant("spacy", "spaCy TextCatBOW", "spacy", "spacy_bow", "bow"),
    Entrant("onnx", "onnxruntime, words and pairs", "onnx", "onnx", "converted"),
    Entrant("minilm", "MiniLM + logistic regression", "minilm", "minilm", "embedded", ("en",)),
)
