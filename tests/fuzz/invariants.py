"""What holds for every input whatever: each function takes bytes, and raises if something does not hold."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from material import Material

import pressmark
from pressmark.article import SPLITS, each_paragraph, locate_paragraphs
from pressmark.decision import Calibration, candidates, decide, logits, softmax
from pressmark.normal import fold, normalise
from pressmark.terms import locate_terms, terms
from pressmark_service.api.batch import classify_batch
from pressmark_service.api.classify import classify
from pressmark_service.api.label_studio import predict_tasks, setup
from pressmark_service.api.open_inference import infer
from pressmark_service.api.stream import classify_line
from pressmark_service.api.text_embeddings import predict
from pressmark_service.problems import Problem
from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pressmark import Article, Paragraph

_CLOSE = 1e-9
# Low, so that a fuzzer reaches them with inputs that are quick.
_SETTINGS = Settings(paragraphs=4, paragraph_characters=200, articles=3, evidence_terms=5)
_WORKS = (classify, classify_batch, classify_line, infer, predict, predict_tasks, setup)


@lru_cache(maxsize=1)
def the_judge() -> pressmark.Judge:
    """Return the bundled judge, loaded once."""
    return pressmark.load()


def check_splitting(source: bytes) -> None:
    """Paragraphs lie in order, are not blank, and what is left out is white space."""
    material = Material(source)
    split = material.one_of(SPLITS)
    text = material.text()
    spans = locate_paragraphs(text, split)
    assert spans == list(each_paragraph(text, split)), "two ways to cut differ"
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text), "a paragraph lies outside its place"
        assert not text[at:start].strip(), "something was left out"
        assert text[start:end] == text[start:end].strip(), "a paragraph has white space around it"
        at = end
    assert not text[at:].strip(), "the end was left out"


def check_terms(source: bytes) -> None:
    """Terms with spans are the terms without, and every span is a piece of the text."""
    text = Material(source).text()
    normal = normalise(text)
    assert normal.text == fold(text), "two normal forms differ"
    places = [normal.source(at, at + 1) for at in range(len(normal.text))]
    assert all(0 <= start < end <= len(text) for start, end in places), "a place lies outside the text"
    assert all(one <= other for one, other in pairwise(places)), "places are not in order"
    located = list(locate_terms(text))
    assert Counter(term for term, _ in located) == Counter(terms(text)), "terms with and without spans differ"
    assert all(0 <= start < end <= len(text) for _, (start, end) in located), "a term lies outside the text"


def check_marks(source: bytes) -> None:
    """An article's marks are whole, consistent, and the same the second time."""
    material = Material(source)
    options = material.byte()
    split = material.one_of(SPLITS)
    most = options >> 4
    judge, text = the_judge(), material.text()
    asked = {"split": split, "context": bool(options & 1), "abstain": bool(options & 2), "evidence": most}
    article = judge.classify(text, **asked)
    assert [(one.start, one.end) for one in article.paragraphs] == locate_paragraphs(text, split)
    for at, paragraph in enumerate(article.paragraphs):
        assert paragraph.index == at
        _check_paragraph(paragraph, judge, forced=not options & 2)
        _check_evidence(paragraph, most)
    _check_summary(article, judge)
    if options & 4:
        assert article == judge.classify(text, **asked), "the same text was marked in two ways"
    if options & 8:
        _check_in_batch(article, text, asked)


def check_paragraphs(source: bytes) -> None:
    """Paragraphs that come as a list keep their places, blank ones too."""
    material = Material(source)
    count, most = material.byte() % 12, material.byte() % 8
    pieces = (material.text() * (1 + count // 6)).split(" ", count)
    judge = the_judge()
    article = judge.classify(pieces, evidence=most)
    assert len(article.paragraphs) == len(pieces)
    for text, paragraph in zip(pieces, article.paragraphs, strict=True):
        assert text[paragraph.start : paragraph.end] == text.strip()
        assert (paragraph.reason == "empty") == (not text.strip())
        _check_paragraph(paragraph, judge, forced=False)
        _check_evidence(paragraph, most)
    _check_summary(article, judge)


def check_decision(source: bytes) -> None:
    """Any finite margins give probabilities, a leading category and candidates."""
    material = Material(source)
    classes = ("a", "b", "c", "other")
    temperature = 0.01 + abs(math.remainder(material.number(), 10))
    # Far beyond what margins of unit vectors can be.
    offsets = tuple(math.remainder(material.number(), 1e6) for _ in classes)
    shares = [abs(math.remainder(material.number(), 2)) for _ in range(3)]
    calibration = Calibration(temperature, offsets, *shares)
    margins = [math.remainder(material.number(), 1e6) for _ in classes]
    probabilities = softmax(logits(margins, calibration))
    assert abs(sum(probabilities) - 1) < _CLOSE
    assert all(0 <= one <= 1 for one in probabilities)
    leading, reason = decide(probabilities, 3, calibration, abstain=True)
    assert probabilities[leading] == max(probabilities[:3])
    assert reason in {None, "off_topic", "low_confidence"}
    assert decide(probabilities, 3, calibration, abstain=False) == (leading, None)
    chosen = candidates(probabilities, classes, calibration)
    assert chosen
    assert len(set(chosen)) == len(chosen)
    assert classes[probabilities.index(max(probabilities))] in chosen


def check_request(source: bytes) -> None:
    """A body is answered in JSON or refused with a problem: nothing else comes of it."""
    material = Material(source)
    work = material.one_of(_WORKS)
    text = work is classify and material.byte() % 4 == 0
    body = material.text().encode("utf-8", "surrogatepass") if text else material.request()
    try:
        answer = work("text" if text else "json", body, the_judge(), _SETTINGS)
    except Problem as problem:
        refused = problem
    else:
        json.loads(answer.body)
        assert answer.tally.articles <= _SETTINGS.articles or work is predict_tasks
        return
    assert 400 <= refused.status < 500
    json.loads(refused.as_json("x"))


CHECKS: tuple[Callable[[bytes], None], ...] = (
    check_splitting,
    check_terms,
    check_marks,
    check_paragraphs,
    check_decision,
    check_request,
)


def check(source: bytes) -> None:
    """Let the first byte choose what is checked with the rest."""
    if source:
        CHECKS[source[0] % len(CHECKS)](source[1:])


def _check_paragraph(paragraph: Paragraph, judge: pressmark.Judge, *, forced: bool) -> None:
    assert (paragraph.category is None) == (paragraph.reason is not None)
    assert paragraph.category is None or paragraph.category in judge.categories
    assert tuple(paragraph.scores) == judge.classes
    assert abs(sum(paragraph.scores.values()) - 1) < _CLOSE
    assert all(0 <= score <= 1 for score in paragraph.scores.values())
    assert paragraph.confidence == max(paragraph.scores[name] for name in judge.categories)
    assert paragraph.category is None or paragraph.scores[paragraph.category] == paragraph.confidence
    assert 0 <= paragraph.known_terms <= 1
    assert paragraph.candidates
    assert set(paragraph.candidates) <= set(judge.classes)
    assert not forced or paragraph.reason in {None, "empty", "too_short", "unfamiliar"}


def _check_evidence(paragraph: Paragraph, most: int) -> None:
    evidence = paragraph.evidence
    if evidence is None:
        return
    weights = [term.weight for term in evidence.terms]
    total = sum(weights) + evidence.remainder + evidence.context + evidence.intercept
    assert abs(total - evidence.margin) < _CLOSE, "evidence does not add up"
    assert len(weights) <= most
    assert weights == sorted(weights, key=abs, reverse=True)
    for term in evidence.terms:
        assert term.spans, "a term stands nowhere"
        assert all(paragraph.start <= start < end <= paragraph.end for start, end in term.spans)


def _check_summary(article: Article, judge: pressmark.Judge) -> None:
    summary = article.summary
    assert summary.paragraphs == len(article.paragraphs)
    assert summary.abstained == sum(one.category is None for one in article.paragraphs)
    assert tuple(summary.shares) == judge.categories
    assert sum(summary.shares.values()) <= 1 + _CLOSE
    assert summary.dominant is None or summary.shares[summary.dominant] == max(summary.shares.values())


def _check_in_batch(article: Article, text: str, asked: dict[str, object]) -> None:
    """Judged beside others, in arrays and not one by one, an article has the same scores."""
    others = ["The army drilled.", text, "Rice.\nCoal.\nSteel.\nOre.\nMissiles."]
    marked = the_judge().classify_batch(others, **asked)[1]
    for alone, beside in zip(article.paragraphs, marked.paragraphs, strict=True):
        assert (alone.start, alone.end) == (beside.start, beside.end)
        assert all(abs(alone.scores[name] - beside.scores[name]) < _CLOSE for name in alone.scores)
