"""Evidence adds up and can be laid over the text as sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import holds, texts

if TYPE_CHECKING:
    import pressmark

most = st.sampled_from([1, 3, 1000])


@given(paragraphs=st.lists(texts, min_size=1, max_size=5), most=most, context=st.booleans())
def test_evidence_remainder_context_and_intercept_are_the_margin(
    judge: pressmark.Judge, paragraphs: list[str], most: int, *, context: bool
) -> None:
    for paragraph in judge.classify(paragraphs, evidence=most, context=context).paragraphs:
        evidence = paragraph.evidence
        if evidence is None:
            continue
        parts = [term.weight for term in evidence.terms]
        total = sum(parts) + evidence.remainder + evidence.context + evidence.intercept
        assert total == pytest.approx(evidence.margin, abs=1e-9)
        assert len(parts) <= most


@given(paragraphs=st.lists(texts, min_size=1, max_size=4))
def test_margins_are_the_logits_of_the_scores(judge: pressmark.Judge, paragraphs: list[str]) -> None:
    for paragraph in judge.classify(paragraphs, evidence=1).paragraphs:
        if paragraph.evidence is None:
            continue
        alone = judge.scores([paragraphs[paragraph.index]])
        calibration = judge.card["calibration"]
        of = judge.classes.index(paragraph.evidence.of)
        margins = [
            alone[0, of] / figures["temperature"] + figures["offsets"][of] + paragraph.evidence.context
            for figures in calibration.values()
        ]
        assert min(abs(margin - paragraph.evidence.margin) for margin in margins) < 1e-9


@given(text=texts, split=st.sampled_from(["auto", "none"]))
def test_spans_of_terms_are_exact_in_the_text_as_sent(judge: pressmark.Judge, text: str, split: str) -> None:
    for paragraph in judge.classify(text, split=split, evidence=1000).paragraphs:
        for term in paragraph.evidence.terms if paragraph.evidence else ():
            assert term.spans
            for start, end in term.spans:
                assert paragraph.start <= start < end <= paragraph.end
                assert holds(text[start:end], term.term)


def test_a_class_that_leads_does_so_by_its_margin(judge: pressmark.Judge) -> None:
    paragraph = judge.classify("The missile was test-fired by the artillery unit.", evidence=2).paragraphs[0]
    assert paragraph.evidence is not None
    assert paragraph.evidence.of == "military"
    assert math.isfinite(paragraph.evidence.margin)
    assert next(term.term for term in paragraph.evidence.terms).startswith(("missi", "artil", "fired", "test"))
