"""The access log: one JSON line for each request, probes left out, and never any text."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from service import serving, until

from pressmark_service.logs import Lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service import Server

MARKER = "Hoeryong-sentence-that-nobody-may-keep"


def logged(server: Server, method: str, path: str, **sent: Any) -> dict[str, Any]:
    """Send a request, and return the line of it."""
    mine = uuid4().hex
    headers = {"X-Request-ID": mine} | sent.pop("headers", {})
    httpx.request(method, server.url + path, headers=headers, trust_env=False, **sent)
    # The line is written before the next request is looked at.
    httpx.get(server.url + "/healthz", trust_env=False)
    lines = [line for line in server.lines() if line.get("request_id") == mine]
    assert len(lines) == 1
    return lines[0]


def test_line_tells_what_was_done(server: Server) -> None:
    line = logged(server, "POST", "/v1/classify", json={"paragraphs": ["The army drilled.", "가을걷이"]})
    measured = {"time", "duration_ms", "request_id", "model"}
    assert {name: value for name, value in line.items() if name not in measured} == {
        "level": "info",
        "event": "request",
        "client": "127.0.0.1",
        "method": "POST",
        "route": "/v1/classify",
        "status": 200,
        "articles": 1,
        "paragraphs": 2,
        "characters": len("The army drilled.가을걷이"),
    }
    assert line["model"] == httpx.get(server.url + "/v1/model", trust_env=False).json()["version"]
    assert line["duration_ms"] > 0


def test_line_of_a_problem_tells_the_status(server: Server) -> None:
    assert logged(server, "POST", "/classify", json={})["status"] == 422


REFUSED = {
    400: b"no request\r\n\r\n",
    408: b"GET / HTTP/1.1\r\n",
    431: b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("status", REFUSED)
def test_what_is_refused_before_it_is_a_request_has_a_line_and_is_counted(
    start: Callable[..., Server], status: int
) -> None:
    server = start("--head-timeout", "1")
    answer = server.send(REFUSED[status])
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    (line,) = [line for line in server.lines() if line.get("event") == "request"]
    assert (line["status"], line["method"], line["route"], line["client"]) == (status, None, None, "127.0.0.1")
    assert line["request_id"].encode() in answer
    text = httpx.get(server.url + "/metrics", trust_env=False).text
    assert sum(row.startswith("pressmark_problems_total{") and row.endswith(" 1.0") for row in text.splitlines()) == 1


def test_line_of_an_unknown_path_does_not_tell_it(server: Server) -> None:
    line = logged(server, "GET", f"/{MARKER}?text={MARKER}")
    assert (line["status"], line["route"]) == (404, None)


def test_line_of_head_says_head(server: Server) -> None:
    assert logged(server, "HEAD", "/v1/model")["method"] == "HEAD"


@pytest.mark.parametrize(
    "path",
    [
        *("/healthz", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"),
        *("/text-embeddings/health", "/label-studio/health"),
    ],
)
def test_probes_are_left_out(server: Server, path: str) -> None:
    mine = uuid4().hex
    httpx.get(server.url + path, headers={"X-Request-ID": mine}, trust_env=False)
    httpx.get(server.url + "/healthz", trust_env=False)
    assert mine not in server.log.read_text("utf-8")


def test_client_that_leaves_is_told_from_an_answer(server: Server) -> None:
    mine = uuid4().hex
    head = f"POST /classify HTTP/1.1\r\nHost: x\r\nX-Request-ID: {mine}\r\nContent-Type: text/plain\r\n"
    with server.connect() as connection:
        connection.sendall(head.encode() + b"Content-Length: 9\r\n\r\nhalf")
    while mine not in server.log.read_text("utf-8"):
        httpx.get(server.url + "/healthz", trust_env=False)
    assert [line["status"] for line in server.lines() if line.get("request_id") == mine] == [499]


def test_log_can_be_turned_off(start: Callable[..., Server]) -> None:
    server = start("--access-log", "off")
    httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False)
    httpx.get(server.url + "/healthz", trust_env=False)
    assert server.lines() == []


SENT: list[dict[str, Any]] = [
    {"json": {"text": MARKER}},
    {"json": {"text": MARKER, "evidence": 5}},
    {"json": {"text": [MARKER]}},
    {"json": {MARKER + " as a name": 1}},
    {"json": {"paragraphs": [{"id": MARKER, "text": MARKER}]}},
    {"content": MARKER.encode(), "headers": {"Content-Type": "text/plain"}},
    {"content": MARKER.encode(), "headers": {"Content-Type": MARKER}},
    {
        "content": b'{"text": "' + MARKER.encode() + rb'\ud800"}',
        "headers": {"Content-Type": "application/json"},
    },
    {"content": MARKER.encode() * 100_000, "headers": {"Content-Type": "application/json"}},
    {"json": {"text": MARKER}, "params": {"q": MARKER}, "headers": {"Cookie": MARKER, "User-Agent": MARKER}},
]


@pytest.mark.parametrize("path", ["/classify", "/v1/classify/batch", f"/{MARKER}"])
@pytest.mark.parametrize("at", range(len(SENT)))
def test_log_never_holds_what_was_sent(server: Server, path: str, at: int) -> None:
    httpx.post(server.url + path, trust_env=False, **SENT[at])
    httpx.get(server.url + "/healthz", trust_env=False)
    assert MARKER not in server.log.read_text("utf-8")


LOGS_BADLY = """
import logging
from pressmark_service.logs import configure_logs
configure_logs()
logging.getLogger("somebody").warning("%d", "a sentence that nobody may keep")
"""


def test_record_that_cannot_be_formatted_harms_nobody_and_is_not_quoted() -> None:
    ended = subprocess.run([sys.executable, "-c", LOGS_BADLY], capture_output=True, check=True)
    line = json.loads(ended.stderr)
    assert (line["event"], line["logger"]) == ("record cannot be told", "somebody")


def fill(pipe: Path) -> None:
    """Leave no room in a pipe."""
    end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(end, b" " * 4095 + b"\n")
    os.close(end)


def read(end: int) -> list[dict[str, Any]]:
    """Return the lines that are there to be read."""
    text = b""
    with suppress(BlockingIOError):
        while True:
            text += os.read(end, 2**20)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def dropped(server: Server) -> float:
    figures = httpx.get(server.url + "/metrics", trust_env=False).text
    (told,) = re.findall(r"^pressmark_log_lines_dropped_total (.*)$", figures, re.MULTILINE)
    return float(told)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_log_that_nobody_reads_keeps_nobody_from_an_answer_or_a_stop(tmp_path: Path, workers: str) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with serving(pipe, "--workers", workers, "--drain-delay", "0") as server:
        fill(pipe)
        asked = 10
        for _ in range(asked):
            assert httpx.get(server.url + "/v1/model", trust_env=False).status_code == 200
            assert httpx.get(server.url + "/healthz", trust_env=False).status_code == 200

        def are_dropped() -> bool:
            nonlocal asked
            asked += 1  # by looking
            return dropped(server) >= 10

        until(are_dropped)
        told = read(end)

        def is_told() -> bool:
            nonlocal asked
            asked += 1
            httpx.get(server.url + "/v1/model", trust_env=False)
            httpx.get(server.url + "/healthz", trust_env=False)  # mostly after the line of the one before
            told.extend(read(end))
            return sum(line.get("lines", 1) for line in told) == asked

        until(is_told)
        assert sum(line.get("lines", 0) for line in told) >= 10
        assert {line["event"] for line in told} == {"log lines dropped", "request"}
        fill(pipe)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    os.close(end)


def a_pipe() -> tuple[int, int]:
    return os.pipe()


def a_socket() -> tuple[int, int]:
    reading, writing = socket.socketpair()
    return reading.detach(), writing.detach()


def a_terminal() -> tuple[int, int]:
    reading, writing = pty.openpty()
    tty.setraw(writing)
    return reading, writing


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_terminal])
@pytest.mark.parametrize("length", [100, 10_000])
def test_lines_are_whole_and_the_missing_ones_told_whatever_they_are_written_to(
    make: Callable[[], tuple[int, int]], length: int
) -> None:
    reading, writing = make()
    os.set_blocking(reading, False)
    lines, numbers = Lines(writing), memoryview(bytearray(8)).cast("d")
    lines.count_into(numbers)
    line = json.dumps({"lines": 0, "text": "a" * length}).encode()
    written = 0
    while numbers[0] < 5:
        lines.write(line)
        written += 1
    there = read_until_dry(reading, lines)
    assert os.get_blocking(writing), "others write to it, too"
    assert sum(json.loads(one)["lines"] for one in there) == 5
    assert [one for one in there if b"dropped" not in one] == [line] * (written - 5)
    os.close(reading)


def test_process_that_was_forked_tells_nothing_that_another_owes() -> None:
    reading, writing = a_pipe()
    os.set_blocking(reading, False)
    lines, numbers = Lines(writing), memoryview(bytearray(8)).cast("d")
    lines.count_into(numbers)
    while not numbers[0]:
        lines.write(b"a" * 10_000)
    lines.owe_nothing()
    with suppress(BlockingIOError):
        while os.read(reading, 2**20):
            pass
    lines.write(b"mine")
    assert os.read(reading, 2**20) == b"mine\n"
    os.close(reading)
    os.close(writing)


def read_until_dry(reading: int, lines: Lines) -> list[bytes]:
    text = b""
    with suppress(BlockingIOError):
        while True:
            text += os.read(reading, 2**20)
            lines.catch_up()
    return text.splitlines()
