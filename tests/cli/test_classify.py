"""`pressmark classify` as people and pipes use it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = "Soldiers of the artillery unit fired rockets.\n\nFarmers harvested rice and maize in the paddy fields.\n"


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["pressmark", "classify", *arguments], input=given, capture_output=True, check=False)


def on_a_terminal(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run the command with a pseudo-terminal as its standard output."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        ["pressmark", "classify", *arguments],
        stdin=subprocess.PIPE,
        stdout=terminal,
        env=os.environ | {"COLUMNS": "90"} | (environment or {}),
    )
    os.close(terminal)
    assert process.stdin is not None
    process.stdin.write(ARTICLE.encode())
    process.stdin.close()
    shown = b""
    try:
        while part := os.read(controller, 65536):
            shown += part
    except OSError:
        pass  # Linux says this way that the other end is closed
    os.close(controller)
    assert process.wait() == 0
    return shown.decode()


def test_a_pipe_gets_one_json_object_per_paragraph() -> None:
    done = run(given=ARTICLE.encode())
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["category"] for record in records] == ["military", "economy"]
    assert [ARTICLE[record["start"] : record["end"]] for record in records] == [record["text"] for record in records]
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_gets_colours_and_the_words_that_decided() -> None:
    shown = on_a_terminal()
    assert "\x1b[" in shown
    assert "for military:" in shown
    assert "2 paragraphs:" in shown


def test_colours_can_be_refused() -> None:
    assert "\x1b[" not in on_a_terminal(environment={"NO_COLOR": "1"})


def test_a_file_is_read_and_korean_kept(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text("조선인민군 포병부대들이 방사포 사격훈련을 진행하였다.", encoding="utf-8")
    (record,) = [json.loads(line) for line in run(path).stdout.splitlines()]
    assert (record["category"], record["text"]) == ("military", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"\xff\xfe\x00", "is not UTF-8 (byte 0)")],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "article.txt"
    if content is not None:
        path.write_bytes(content)
    done = run(path)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_has_enough_is_no_error() -> None:
    done = subprocess.run(
        "pressmark classify | head -c 1", shell=True, input=ARTICLE.encode() * 5000, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr


def test_an_unknown_command_is_told() -> None:
    done = subprocess.run(["pressmark", "clasify"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "'clasify'" in done.stderr


def test_a_broken_model_folder_is_told_in_one_line(tmp_path: Path) -> None:
    done = run("--model", tmp_path, given=b"text")
    assert done.returncode == 2
    assert b"holds no manifest.json" in done.stderr
    assert len(done.stderr.splitlines()) == 1
