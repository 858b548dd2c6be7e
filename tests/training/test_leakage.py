"""Nothing that the judge is measured on has found its way into what it learns from."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pressmark.training.corpus import Example, read_corpus, read_judged

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "PRESSMARK_EVALUATION"
WORDS = 8
CHARACTERS = 20


@pytest.fixture(scope="module")
def measured_on() -> list[str]:
    """The texts of the evaluation file, neighbours included."""
    if VARIABLE not in os.environ:
        pytest.skip(f"set {VARIABLE} to a file of evaluation paragraphs to look for shared runs")
    judged = read_judged([Path(os.environ[VARIABLE])])
    return [text for one in judged for text in (*one.before, one.text, *one.after)]


@pytest.fixture(scope="module")
def formulas(root: Path) -> list[str]:
    """The stock formulas that may be shared, as they read once punctuation is gone."""
    lines = (root / "models" / "corpus" / "formulas.txt").read_text(encoding="utf-8").splitlines()
    return sorted((plain(line) for line in lines if line and not line.startswith("#")), key=len, reverse=True)


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def runs(text: str, language: str, formulas: list[str]) -> Iterator[str]:
    """Yield every long run of `text`; none reaches across a stock formula."""
    read = plain(text)
    for formula in formulas:
        read = read.replace(formula, "\n")
    for part in read.split("\n"):
        if language == "ko":
            yield from (part[at : at + CHARACTERS] for at in range(len(part) - CHARACTERS + 1))
        else:
            words = part.split()
            yield from (" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def shared_runs(examples: list[Example], texts: list[str], language: str, formulas: list[str]) -> dict[str, str]:
    """Return each run that the corpus shares with `texts`, and where in the corpus it stands."""
    known = {run for text in texts for run in runs(text, language, [])}
    return {
        run: example.source
        for example in examples
        if example.language == language
        for run in runs(example.text, language, formulas)
        if run in known
    }


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_corpus_shares_no_long_run_with_what_it_is_measured_on(
    root: Path, measured_on: list[str], formulas: list[str], language: str
) -> None:
    examples = read_corpus([root / "models" / "corpus"])
    stock = len(shared_runs(examples, measured_on, language, []))
    print(f"{language}: {stock} shared runs hold stock formulas")
    assert shared_runs(examples, measured_on, language, formulas) == {}


def test_a_shared_run_is_found() -> None:
    """The search can fail: a paragraph lifted whole is caught."""
    lifted = "one two three four five six seven eight nine"
    example = Example("a", 0, "en", "", "", "", "other", (), lifted, "corpus.jsonl:1")
    assert shared_runs([example], [f"zero {lifted} ten"], "en", [])
