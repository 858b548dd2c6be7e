"""The invariants that `make fuzz` tries a million times, here some hundred times each; and all that it ever found."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import campaign
import invariants
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from material import TEXT_TABLE

from pressmark.article import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
FOUND = sorted(path for path in campaign.FOUND.iterdir() if path.suffix != ".md")


@pytest.mark.parametrize("check", invariants.CHECKS, ids=lambda check: check.__name__)
@settings(max_examples=EXAMPLES)
@example(source=b"")
@given(source=st.binary(max_size=120))
def test_holds_whatever_the_input(check: Callable[[bytes], None], source: bytes) -> None:
    check(source)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_once_found_holds(path: Path) -> None:
    invariants.check(path.read_bytes())


def test_every_byte_stands_for_a_piece_of_text() -> None:
    assert len(TEXT_TABLE) == 256


def test_broken_judge_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show that the checks can fail: a cut that loses the last paragraph does not pass."""
    monkeypatch.setattr(invariants, "locate_paragraphs", lambda _text, _split: [])
    with pytest.raises(AssertionError):
        invariants.check_splitting(bytes([SPLITS.index("auto"), 2]) + b"rice")


PLANTED = """
import sys, atheris
def check(source):
    if source[:1] == b"F" and source[1:2] == b"U":
        raise ValueError("planted")
atheris.instrument_func(check)
atheris.Setup(sys.argv, atheris.instrument_func(check))
atheris.Fuzz()
"""


def test_campaign_counts_and_keeps_what_fails(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="coverage-guided fuzzing: `make fuzz` installs atheris where it has a wheel")
    (tmp_path / "planted.py").write_text(PLANTED)
    outcome = campaign.run(2_000_000, tmp_path / "found", (str(tmp_path / "planted.py"),))
    assert 0 < outcome.inputs < 2_000_000
    (kept,) = outcome.failures
    assert kept.read_bytes()[:2] == b"FU"


def test_campaign_command_prints_its_figure(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="coverage-guided fuzzing: `make fuzz` installs atheris where it has a wheel")
    asked = [sys.executable, campaign.__file__, "--inputs", "300", "--found", str(tmp_path)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("fuzz: 300 inputs in ")
    assert done.stdout.endswith("failures: 0\n")
