"""The folded scorer is the released scikit-learn pipeline, only faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import repetitive, texts

from pressmark.release import BUNDLED

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    import pressmark


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return joblib.load(BUNDLED / "pipeline.joblib")


@given(paragraphs=st.lists(texts | repetitive, min_size=1, max_size=12))
def test_scores_equal_the_pipeline(judge: pressmark.Judge, pipeline: Pipeline, paragraphs: list[str]) -> None:
    assert judge.scores(paragraphs) == pytest.approx(pipeline.decision_function(paragraphs), abs=1e-9)


@given(paragraphs=st.lists(texts | repetitive, min_size=2, max_size=8))
def test_a_paragraph_scores_the_same_alone_and_among_others(judge: pressmark.Judge, paragraphs: list[str]) -> None:
    alone = np.vstack([judge.scores([paragraph]) for paragraph in paragraphs])
    assert judge.scores(paragraphs) == pytest.approx(alone, abs=1e-12)


def test_very_long_paragraphs_score_like_the_pipeline(judge: pressmark.Judge, pipeline: Pipeline) -> None:
    long = [
        "missile " * 1_000_000,
        "전력공업부문에서 석탄을 " * 200_000,
        " ".join(f"word{chr(97 + at % 26)}{'x' * (at % 7)} farm" for at in range(100_000)),
        "가" * 1_000_000,
    ]
    assert judge.scores(long) == pytest.approx(pipeline.decision_function(long), abs=1e-9)


def test_no_paragraphs_have_no_scores(judge: pressmark.Judge) -> None:
    assert judge.scores([]).shape == (0, len(judge.classes))


def test_the_word_cache_stays_bounded(judge: pressmark.Judge) -> None:
    scorer = judge._scorer
    before = judge.scores(["The farm harvested rice."])
    judge.scores([" ".join(f"w{_letters(at)}" for at in range(200_000))])
    assert len(scorer._tokens) <= 80_000
    assert judge.scores(["The farm harvested rice."]).tolist() == before.tolist()


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))
