"""What `pressmark corpus check` finds, by file and line."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Records = list[dict[str, Any]]


@pytest.fixture
def corpus(root: Path, tmp_path: Path) -> Path:
    """A copy of the corpus, to be spoilt."""
    return shutil.copytree(root / "models" / "corpus", tmp_path / "corpus")


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["pressmark", "corpus", "check", folder], capture_output=True, text=True, check=False)


def spoil(folder: Path, change: Callable[[Records], object]) -> None:
    """Change the records of one file."""
    path = folder / "en-07.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(records)
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def test_the_corpus_passes_and_its_census_is_told(corpus: Path) -> None:
    done = check(corpus)
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for file in corpus.glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    articles = {record["article"] for record in records}
    assert done.stdout.startswith(f"{len(records)} paragraphs in {len(articles)} articles\n")


SAME = "the workers of the plant carried out their plan for the month ahead of time again"


def with_run(records: Records) -> None:
    for record in records[::40]:
        record["text"] += f" So {SAME}."


def with_opening(records: Records) -> None:
    for record in records[:200]:
        record["text"] = f"It was reported {record['text']}"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda records: records[4].pop("era"), "en-07.jsonl:5: must be an object with exactly these members"),
        (lambda records: records[4].update(label="sport"), "en-07.jsonl:5: \"label\" is 'sport'"),
        (lambda records: records[4].update(language="fr"), "en-07.jsonl:5: \"language\" is 'fr'"),
        (
            lambda records: records[4].update(also=[records[4]["label"]]),
            'en-07.jsonl:5: "also" must not repeat a label',
        ),
        (lambda records: records[4].update(text=" two\nlines"), 'en-07.jsonl:5: "text" must be one line'),
        (lambda records: records[4].update(text="e\u0301clair of the farm"), "normal form C"),
        (lambda records: records[4].update(position=7), "en-07.jsonl:5: position 7 of"),
        (lambda records: records.append(records[0]), "position 0 of en-07-001, expected"),
        (
            lambda records: records[9].update(text=records[0]["text"].replace("Pyongyang", "Wonsan")),
            "en-07.jsonl:10: says nearly what",
        ),
        (with_run, "articles share the run"),
        (with_opening, "paragraphs begin with 'it was reported'"),
        (
            lambda records: [record.update(subject="rice") for record in records[:200]],
            "200 paragraphs are about 'rice'",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(corpus: Path, change: Callable[[Records], object], fault: str) -> None:
    spoil(corpus, change)
    done = check(corpus)
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_a_corpus_out_of_balance_is_told(corpus: Path) -> None:
    for path in corpus.glob("ko-*.jsonl"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace('"label": "other"', '"label": "ideology"').replace('["ideology"]', "[]"), encoding="utf-8"
        )
    done = check(corpus)
    assert done.returncode == 2
    assert "ko: 0.0% of the paragraphs are 'other'" in done.stderr


def test_a_folder_without_a_corpus_is_told(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 2
    assert "categories.json" in done.stderr
