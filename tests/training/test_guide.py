"""The guide to retraining can be followed: every block of it, in order, on an export of Label Studio's shape."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from service import environment

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
LABELS = {"military": "arms", "economy": "harvest", "other": "other"}
OF_EACH = 40


def annotation(*labels: str, cancelled: bool = False) -> dict[str, Any]:
    results = [{"from_name": "subject", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}]
    return {"id": 1, "was_cancelled": cancelled, "result": results}


def export(corpus: Path) -> list[dict[str, Any]]:
    """Return tasks as Label Studio exports them, some of them in dispute, skipped or not annotated."""
    found: dict[str, list[str]] = {label: [] for label in LABELS}
    for file in sorted(corpus.glob("en-*.jsonl")):
        for line in map(json.loads, file.read_text("utf-8").splitlines()):
            if line["label"] in found and len(found[line["label"]]) < OF_EACH:
                found[line["label"]].append(line["text"])
    tasks = [
        {"id": at, "data": {"text": text}, "annotations": [annotation(LABELS[label])]}
        for texts in zip(*found.values(), strict=True)
        for at, (label, text) in enumerate(zip(found, texts, strict=True))
    ]
    in_dispute = {"id": 1, "data": {"text": "?"}, "annotations": [annotation("arms"), annotation("harvest")]}
    skipped = {"id": 2, "data": {"text": "?"}, "annotations": [annotation("arms", cancelled=True)]}
    return [*tasks, in_dispute, skipped, {"id": 3, "data": {"text": "?"}, "annotations": []}]


@pytest.mark.slow
def test_guide_can_be_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(export(root / "models" / "corpus")), "utf-8")
    blocks = _BLOCK.findall((root / "docs" / "guides" / "retrain.md").read_text("utf-8"))
    assert [kind for kind, *_ in blocks] == ["python", "console", "python"]
    for kind, code, printed in blocks:
        command = [sys.executable, "-c", code] if kind == "python" else ["bash", "-euo", "pipefail", "-c", code]
        ran = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False, timeout=300
        )
        assert ran.returncode == 0, ran.stderr
        if kind == "python":
            assert ran.stdout == printed
    assert len((tmp_path / "mine.jsonl").read_text("utf-8").splitlines()) == OF_EACH * len(LABELS) * 4 // 5
