"""More work than can be done: what is let in is done, the rest is turned away at once, probes get through."""

from __future__ import annotations

import json
import signal
import socket
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ExpectProblem = Callable[..., dict[str, Any]]

PROGRAM = (sys.executable, str(Path(__file__).parent.parent / "support" / "held_service.py"))


@contextmanager
def held(tmp_path: Path, *flags: str) -> Iterator[Server]:
    """Start a service that judges nothing until it gets SIGUSR1."""
    with serving(tmp_path / "log", *flags, program=PROGRAM) as server:
        yield server


def ask(server: Server) -> httpx.Response:
    return httpx.post(server.url + "/classify", json={"text": "The army drilled."}, trust_env=False, timeout=30)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_one_too_many_is_turned_away_while_the_others_wait(
    tmp_path: Path, pool: ThreadPoolExecutor, expect_problem: ExpectProblem
) -> None:
    with held(tmp_path, "--requests", "2") as server:
        asked = {pool.submit(ask, server) for _ in range(3)}
        first, waiting = wait(asked, timeout=20, return_when=FIRST_COMPLETED)
        answer = next(iter(first)).result()
        expect_problem(answer, 429, "overloaded")
        assert answer.headers["retry-after"] == "1"
        assert len(waiting) == 2
        server.process.send_signal(signal.SIGUSR1)
        assert [one.result(20).status_code for one in waiting] == [200, 200]


def test_who_is_turned_away_is_told_before_what_others_ask_later(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    probe = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with held(tmp_path, "--requests", "1") as server:
        asked = {pool.submit(ask, server) for _ in range(2)}
        wait(asked, timeout=20, return_when=FIRST_COMPLETED)
        with server.connect() as refused, server.connect() as later:
            later.sendall(probe)
            later.recv(65536)  # so both have been let in
            refused.sendall(
                b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\na"
            )
            for _ in range(5):
                later.sendall(probe)
                assert later.recv(65536).startswith(b"HTTP/1.1 200 ")
            refused.settimeout(0)  # it is here by now
            assert refused.recv(65536).startswith(b"HTTP/1.1 429 ")
        server.process.send_signal(signal.SIGUSR1)


def test_full_service_answers_without_reading_the_body(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    with held(tmp_path, "--requests", "1") as server:
        asked = {pool.submit(ask, server) for _ in range(2)}
        wait(asked, timeout=20, return_when=FIRST_COMPLETED)
        with server.connect() as connection:
            connection.sendall(
                b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\n"
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 429 ")
        server.process.send_signal(signal.SIGUSR1)


def test_answers_that_nobody_reads_are_held_to_a_number_of_bytes(
    start: Callable[..., Server], expect_problem: ExpectProblem
) -> None:
    """Who comes is turned away, and who reads nothing is cut long before its time."""
    server = start("--unread-bytes", str(2**20), "--answer-timeout", "600")
    body = json.dumps({"articles": [{"paragraphs": ["a"] * 1000}] * 10}).encode()
    head = f"POST /v1/classify/batch HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((server.host, server.port))
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
        until(lambda: ask(server).status_code == 429)
        expect_problem(ask(server), 429, "overloaded")
        assert httpx.get(server.url + "/readyz", trust_env=False).status_code == 200
        until(lambda: ask(server).status_code == 200)
        connection.settimeout(20)
        answer = b"".join(iter(lambda: connection.recv(2**20), b""))
        head_of_it, _, content = answer.partition(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % len(content) not in head_of_it + b"\r\n"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
def test_probes_are_never_turned_away(tmp_path: Path, pool: ThreadPoolExecutor, path: str) -> None:
    with held(tmp_path, "--requests", "1") as server:
        asked = {pool.submit(ask, server) for _ in range(2)}
        wait(asked, timeout=20, return_when=FIRST_COMPLETED)
        assert httpx.get(server.url + path, trust_env=False).status_code == 200
        server.process.send_signal(signal.SIGUSR1)


def test_places_are_given_back(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    with held(tmp_path, "--requests", "1") as server:
        asked = {pool.submit(ask, server) for _ in range(2)}
        wait(asked, timeout=20, return_when=FIRST_COMPLETED)
        server.process.send_signal(signal.SIGUSR1)
        assert sorted(one.result(20).status_code for one in asked) == [200, 429]
        assert [ask(server).status_code for _ in range(3)] == [200, 200, 200]


def test_refused_request_gives_its_place_back(start: Callable[..., Server]) -> None:
    server = start("--requests", "1")
    for _ in range(3):
        assert httpx.post(server.url + "/classify", json={}, trust_env=False).status_code == 422
    assert ask(server).status_code == 200


def test_answer_that_is_late_is_a_problem(tmp_path: Path, expect_problem: ExpectProblem) -> None:
    with held(tmp_path, "--deadline", "0.2") as server:
        expect_problem(ask(server), 504, "deadline-passed")


def test_line_of_a_stream_that_is_late_is_a_problem_in_its_place(tmp_path: Path) -> None:
    with held(tmp_path, "--deadline", "0.2") as server:
        sent = {"content": b'{"text":"a"}\n', "headers": {"Content-Type": "application/x-ndjson"}}
        answer = httpx.post(server.url + "/v1/classify/stream", trust_env=False, timeout=30, **sent)
    first = json.loads(answer.text.splitlines()[0])
    assert (first["problem"]["status"], first["problem"]["type"]) == (504, "urn:pressmark:problem:deadline-passed")


def test_line_that_finds_no_place_in_time_is_a_problem(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    with held(tmp_path, "--deadline", "1", "--requests", "1") as server:
        began = Event()
        full = Event()

        def lines() -> Iterator[bytes]:
            yield b"\n"
            began.set()
            assert full.wait(20)
            yield b'{"text":"a"}\n'

        sent = {"content": lines(), "headers": {"Content-Type": "application/x-ndjson"}}
        stream = pool.submit(httpx.post, server.url + "/v1/classify/stream", trust_env=False, timeout=30, **sent)
        assert began.wait(20)
        until(lambda: active(server) == 2)
        pool.submit(ask, server)
        until(lambda: active(server) == 3)
        full.set()
        first = json.loads(stream.result(30).text.splitlines()[0])
        server.process.send_signal(signal.SIGUSR1)
    assert first["problem"]["type"] == "urn:pressmark:problem:deadline-passed"


def test_late_work_keeps_its_place_until_it_ends(tmp_path: Path, expect_problem: ExpectProblem) -> None:
    with held(tmp_path, "--deadline", "0.2", "--requests", "1") as server:
        assert ask(server).status_code == 504
        expect_problem(ask(server), 429, "overloaded")
        server.process.send_signal(signal.SIGUSR1)
        while (answer := ask(server)).status_code == 429:
            pass
        assert answer.status_code == 200


def test_probes_do_not_wait_for_evidence(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    """It takes eight times as long as the marks, so from half the size on it is looked for in a thread."""
    body = {"text": "The army drilled. " * 500, "evidence": 1}
    with held(tmp_path, "--inline-bytes", "16384") as server:
        asked = pool.submit(httpx.post, server.url + "/classify", json=body, trust_env=False, timeout=30)
        until(lambda: active(server) == 2)  # this one and the one that asks
        server.process.send_signal(signal.SIGUSR1)
        assert asked.result(30).status_code == 200


def test_small_request_does_not_wait_for_a_large_one_to_end(
    start: Callable[..., Server], pool: ThreadPoolExecutor
) -> None:
    server = start()
    body = {"articles": [{"text": "The army drilled with rice and coal.\n" * 40}] * 100, "evidence": 50}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        large = pool.submit(httpx.post, server.url + "/v1/classify/batch", json=body, trust_env=False, timeout=30)
        until(lambda: active(server) == 2)  # this one and the one that asks
        assert [client.post("/classify", json={"text": "Rice."}).status_code for _ in range(3)] == [200] * 3
        assert not large.done()
        assert large.result(30).status_code == 200


def test_small_request_that_waited_too_long_for_its_turn_is_a_problem(
    tmp_path: Path, pool: ThreadPoolExecutor, expect_problem: ExpectProblem
) -> None:
    """Small bodies are judged in turns of the loop; here each turn takes longer than the deadline."""
    body = {"text": "The army drilled. " * 400, "evidence": 50, "split": "none"}
    with held(tmp_path, "--inline-bytes", "16384", "--deadline", "0.001") as server:
        asked = [pool.submit(httpx.post, server.url + "/classify", json=body, trust_env=False) for _ in range(8)]
        until(lambda: connections(server) == len(asked))
        server.process.send_signal(signal.SIGUSR1)
        answers = [one.result(30) for one in asked]
    assert {answer.status_code for answer in answers} == {200, 504}
    late = next(answer for answer in answers if answer.status_code == 504)
    expect_problem(late, 504, "deadline-passed")


def active(server: Server) -> float:
    """Return how many requests are being answered."""
    lines = httpx.get(server.url + "/metrics", trust_env=False, timeout=5).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("http_server_active_requests")))


def connections(server: Server) -> int:
    """Return how many clients are connected, whether the server has looked at them or not."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{server.port:04X}") and row[3] == "01" for row in rows)
