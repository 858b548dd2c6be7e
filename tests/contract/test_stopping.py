"""A service that is told to stop: not ready at once, nothing lost, exit code 0."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from service import Server

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
HALF = HEAD + b'{"text"'
REST = b': "a"}'
STOPS = [signal.SIGTERM, signal.SIGINT]


def status(server: Server, path: str) -> int:
    return httpx.get(server.url + path, trust_env=False).status_code


@pytest.mark.parametrize("stop", STOPS)
def test_idle_service_ends_with_0(start: Callable[..., Server], stop: signal.Signals) -> None:
    server = start("--drain-delay", "0")
    server.process.send_signal(stop)
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("stop", STOPS)
def test_draining_service_is_not_ready_and_still_serves(
    start: Callable[..., Server], expect_problem: Callable[..., dict[str, Any]], stop: signal.Signals
) -> None:
    server = start("--drain-delay", "600")
    server.process.send_signal(stop)
    until(lambda: status(server, "/readyz") == 503)
    answer = httpx.get(server.url + "/readyz", trust_env=False)
    assert expect_problem(answer, 503, "not-ready")["reason"] == "draining"
    assert int(answer.headers["retry-after"]) > 0
    assert status(server, "/health") == 503
    assert status(server, "/healthz") == 200
    assert httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).status_code == 200


@pytest.mark.parametrize("stop", STOPS)
def test_service_that_is_told_to_stop_is_not_ready_from_the_next_answers_on(
    start: Callable[..., Server], stop: signal.Signals
) -> None:
    server = start("--drain-delay", "600")
    probe = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    server.process.send_signal(stop)
    statuses = [int(server.send(probe).split()[1]) for _ in range(5)]
    assert statuses[-1] == 503, statuses


def test_draining_service_asks_clients_to_reconnect(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "600")
    server.process.terminate()
    until(lambda: status(server, "/readyz") == 503)
    answer = httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False)
    assert answer.headers["connection"] == "close"


def test_request_in_work_is_finished(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    with server.connect() as connection:
        connection.sendall(HALF)
        assert status(server, "/healthz") == 200  # so the half request has been seen
        server.process.terminate()
        until(server.refuses)
        assert server.process.poll() is None
        connection.sendall(REST)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"paragraphs":[{' in answer
    assert server.process.wait(20) == 0


def test_request_that_nobody_has_looked_at_is_answered(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    server.process.send_signal(signal.SIGSTOP)
    with server.connect() as connection:
        connection.sendall(HALF + REST)
        server.process.terminate()
        server.process.send_signal(signal.SIGCONT)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(20) == 0


def test_request_that_is_on_its_way_on_a_new_connection_is_answered(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    with server.connect() as connection:
        assert status(server, "/healthz") == 200  # so it has been let in
        server.process.terminate()
        until(lambda: not server.listens())
        connection.sendall(HALF + REST)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(20) == 0


def test_second_signal_ends_it_in_the_drain_delay(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "600")
    server.process.terminate()
    until(lambda: status(server, "/readyz") == 503)
    server.process.terminate()
    assert server.process.wait(20) == 1


def test_second_signal_ends_it_with_a_request_in_work(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    with server.connect() as connection:
        connection.sendall(HALF)
        assert status(server, "/healthz") == 200
        server.process.terminate()
        until(server.refuses)
        server.process.terminate()
        assert server.process.wait(20) == 1


def test_request_that_never_ends_is_told_and_cut_after_the_drain_timeout(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0", "--drain-timeout", "1", "--body-grace", "600", "--body-timeout", "600")
    with server.connect() as connection:
        connection.sendall(HALF)
        assert status(server, "/healthz") == 200
        server.process.terminate()
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert server.process.wait(20) == 0
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"urn:pressmark:problem:not-ready" in answer
    assert server.lines()[-1]["status"] == 503


def test_nothing_is_logged_of_a_clean_stop(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    server.process.terminate()
    assert server.process.wait(20) == 0
    assert server.lines() == []


def test_idle_connection_is_closed(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    with socket.create_connection((server.host, server.port), timeout=20) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b'{"status":"live"}'):
            answer += idle.recv(65536)
        server.process.terminate()
        assert idle.recv(65536) == b""
    assert server.process.wait(20) == 0
