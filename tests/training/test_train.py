"""Training: the committed release comes out again, and own labels work end to end."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import joblib
import pytest

import pressmark
from pressmark.release import BUNDLED

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["pressmark", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def retrained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled release, trained again from the committed corpus and calibration."""
    out = tmp_path_factory.mktemp("retrained") / BUNDLED.name
    corpus = root / "models" / "corpus"
    done = run(
        "train", corpus, "--definitions", corpus / "categories.json",
        "--calibration", root / "models" / "calibration.json", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_training_gives_the_committed_release_byte_for_byte(retrained: Path) -> None:
    committed = {path.name: path.read_bytes() for path in BUNDLED.iterdir()}
    assert {path.name for path in retrained.iterdir()} == set(committed)
    different = [name for name, content in committed.items() if (retrained / name).read_bytes() != content]
    assert different == []


@pytest.mark.slow
def test_the_pipeline_holds_scikit_learn_types_and_our_analyzer_only() -> None:
    pipeline = joblib.load(BUNDLED / "pipeline.joblib")
    assert pipeline.named_steps["tfidf"].analyzer is pressmark.terms.terms
    assert {type(step).__module__.split(".")[0] for step in pipeline.named_steps.values()} == {"sklearn"}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A small corpus with labels of one's own, no language, no articles."""
    sport = [f"The team number {word} won the match and the players cheered." for word in _WORDS]
    weather = [f"Rain and wind reached the {word} coast and the forecast says snow." for word in _WORDS]
    lines = [{"text": text, "label": "sport"} for text in sport] + [
        {"text": text, "label": "weather"} for text in weather
    ]
    path = tmp_path / "my.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "north",
    "south",
    "east",
    "west",
]


def test_own_labels_train_evaluate_and_classify(own: Path, tmp_path: Path) -> None:
    model = tmp_path / "my-model"
    assert run("train", own, "--out", model, "--name", "mine", "--version", "1").returncode == 0
    judge = pressmark.load(model)
    assert judge.categories == ("sport", "weather")
    assert judge.classify("The players won the match.").paragraphs[0].category == "sport"
    assert run("evaluate", own, "--model", model).returncode == 0
    pipeline = joblib.load(model / "pipeline.joblib")
    assert pipeline.predict(["Rain and snow."])[0] == "weather"


def test_training_twice_gives_the_same_digest(own: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    run("train", own, "--out", first)
    run("train", own, "--out", second)
    assert pressmark.load(first).sha256 == pressmark.load(second).sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a b", "label": "x"}\nnot json\n', "my.jsonl:2: is not a JSON object"),
        ('{"text": "a b", "label": "x"}\n{"label": "x"}\n', 'my.jsonl:2: "text" must be a string'),
        ('{"text": "a b", "label": 3}\n', 'my.jsonl:1: "label" must be a string'),
        ('{"text": "a b", "label": "x"}\n' * 12, "1 label(s); a classifier needs at least two"),
        (
            '{"text": "a b", "label": "x"}\n' * 12 + '{"text": "c", "label": "y"}\n',
            "'y' has 1 paragraphs; it needs",
        ),
        ("", "0 label(s)"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_told_by_file_and_line(
    own: Path, tmp_path: Path, content: str, message: str
) -> None:
    own.write_text(content, encoding="utf-8")
    done = run("train", own, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_a_calibration_of_other_weights_is_refused(own: Path, root: Path, tmp_path: Path) -> None:
    done = run("train", own, "--calibration", root / "models" / "calibration.json", "--out", tmp_path / "model")
    assert done.returncode == 2
    assert "fitted to other weights" in done.stderr


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    done = run("train", tmp_path / "none.jsonl", "--out", tmp_path / "model")
    assert done.returncode == 2
    assert "none.jsonl: cannot be read" in done.stderr
