"""The guides say what happens: every example in them runs, and prints what stands under it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from service import environment

if TYPE_CHECKING:
    from service import Server

GUIDES = Path(__file__).parent.parent.parent / "docs" / "guides"
NAMES = ("client", "streaming", "kserve", "scores")
_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str, str, str]]:
    return [
        (f"{name}-{at}", *block.groups(default=""))
        for name in NAMES
        for at, block in enumerate(_BLOCK.finditer((GUIDES / f"{name}.md").read_text("utf-8")))
    ]


EXAMPLES = examples()


def test_examples_are_found() -> None:
    assert {name.split("-")[0] for name, *_ in EXAMPLES} == set(NAMES)


@pytest.mark.parametrize(("kind", "code", "printed"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_example_runs_as_told(server: Server, kind: str, code: str, printed: str) -> None:
    code = code.replace("127.0.0.1:8000", f"{server.host}:{server.port}")
    command = [sys.executable, "-c", code] if kind == "python" else ["bash", "-euo", "pipefail", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    if kind == "python":
        assert ran.stdout == printed
    else:  # what curl shows is whole JSON with figures of the model; that it succeeded is told by --fail
        assert ran.stdout
