"""Paragraphs with a wrong label come out as suspects, told by file and line."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MISLABELLED = 7


def line(at: int, subject: str, text: str, label: str) -> dict[str, Any]:
    return {"article": f"{subject}-{at // 2}", "position": at % 2, "language": "en", "label": label, "text": text}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of two subjects, in which one paragraph on sport is labelled as weather."""
    sport = [f"The team won match {word} and the players of the club cheered the goal." for word in WORDS]
    weather = [f"Rain and wind reached coast {word} and the forecast says snow and frost." for word in WORDS]
    lines = [line(at, "sport", text, "sport") for at, text in enumerate(sport)]
    lines += [line(at, "weather", text, "weather") for at, text in enumerate(weather)]
    lines[MISLABELLED]["label"] = "weather"
    folder = tmp_path / "corpus"
    folder.mkdir()
    write(folder, lines)
    return folder


def write(folder: Path, lines: list[dict[str, Any]]) -> None:
    (folder / "all.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(one) for one in (folder / "all.jsonl").read_text(encoding="utf-8").splitlines()]


def suspects(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["pressmark", "corpus", "suspects", *arguments], capture_output=True, text=True, check=False)


def test_a_wrong_label_is_the_first_suspect_with_file_line_and_the_likeliest_label(corpus: Path) -> None:
    done = suspects(corpus)
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"{corpus / 'all.jsonl'}:{MISLABELLED + 1}: sport-3/1  weather 0.")
    assert first.endswith("likeliest sport")


def test_an_article_does_not_speak_for_its_own_labels(corpus: Path) -> None:
    """Words that only this article has would teach its wrong labels to a model that had seen it."""
    lines = read(corpus)
    for one in lines[MISLABELLED - 1 : MISLABELLED + 1]:
        one["label"] = "weather"
        one["text"] += " Quokkas, numbats, wombats, bandicoots, dugongs, bilbies and potoroos watched." * 2
    write(corpus, lines)
    listed = {one.split(": ")[0].rsplit(":", 1)[1] for one in suspects(corpus).stdout.splitlines()}
    assert {str(MISLABELLED), str(MISLABELLED + 1)} <= listed


def test_no_more_are_listed_than_asked_for(corpus: Path) -> None:
    assert suspects(corpus, "--most", "0").stdout == ""


def test_a_label_that_a_reader_could_defend_is_listed_only_when_asked_for(corpus: Path) -> None:
    lines = read(corpus)
    lines[MISLABELLED]["also"] = ["sport"]
    write(corpus, lines)
    where = f"all.jsonl:{MISLABELLED + 1}:"
    assert where not in suspects(corpus).stdout
    assert where in suspects(corpus, "--defended").stdout


def test_a_corpus_that_is_too_small_is_told_in_a_line(corpus: Path) -> None:
    write(corpus, read(corpus)[:8])
    done = suspects(corpus)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"pressmark: {corpus}: ")
