"""The promises to operators: each names what proves it, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOLD = (ROOT / "docs" / "operations.md").read_text("utf-8")
ROWS = [row.strip("| ").split(" | ") for row in TOLD.splitlines() if row.startswith("| ")]
PROOFS = [row[-1] for row in ROWS if len(row) > 1 and row[-1] not in {"proved by", "---"}]
NAMED = re.compile(r"`([^`]+)`")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def missing(proof: str) -> list[str]:
    """Return what a proof names that is not there; a name may leave out the folder, or the file of the one before."""
    gone: list[str] = []
    files: list[Path] = []
    for one in NAMED.findall(proof):
        if one.startswith("make "):
            gone += [] if one.split()[1] in TARGETS else [one]
            continue
        place, _, test = one.partition("::")
        files = _files(place) if place else files
        is_there = any(f"def {test}(" in file.read_text("utf-8") for file in files) if test else bool(files)
        gone += [] if is_there else [one]
    return gone


def _files(place: str) -> list[Path]:
    if "/" in place:
        return [path for path in [ROOT / place] if path.exists()]
    return list((ROOT / "tests").rglob(place))


@pytest.mark.parametrize("proof", PROOFS)
def test_what_a_promise_names_is_there(proof: str) -> None:
    assert NAMED.findall(proof), "it names nothing"
    assert missing(proof) == []


def test_there_are_promises() -> None:
    assert len(PROOFS) > 30


@pytest.mark.parametrize(
    "proof",
    [
        "`tests/contract/test_nothing.py`",
        "`test_overload.py::test_nothing`",
        "`make nothing`",
        "`test_workers.py`, `::test_nothing`",
    ],
)
def test_what_is_not_there_is_found_out(proof: str) -> None:
    assert missing(proof)
