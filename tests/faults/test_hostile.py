"""Requests made to do harm: the right refusal, the next request answered, and memory near that of an idle service."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import memory
import pytest
from hostile import FLOODS, GROWING, SMUGGLED, SPOILT, STATUS, WITHIN_MEGABYTES, request, statuses_at
from service import Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Iterator

# Short, so that slow senders are found out soon; nothing may be cut because this machine is busy.
PATIENCE = ("--head-timeout", "1", "--body-grace", "1", "--body-timeout", "2", "--deadline", "300")
ORDINARY = {"text": "The army held a drill.\nFarmers brought in the rice.", "evidence": 3}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    adapters = ("--text-embeddings", "on", "--label-studio", "on")
    with serving(tmp_path_factory.mktemp("attacked") / "log", *PATIENCE, *adapters) as server:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            for _ in range(200):
                client.post("/classify", json=ORDINARY)
        yield server


@pytest.fixture(scope="module")
def idle(attacked: Server) -> float:
    """What it takes when warm, before anybody does it harm."""
    return memory.resident(attacked.process.pid)


@pytest.fixture(autouse=True)
def unharmed(attacked: Server, idle: float) -> Iterator[None]:
    """Let no case leave the service away, or have taken more memory than is promised."""
    pid = attacked.process.pid
    memory.forget_most(pid)
    yield
    assert httpx.post(attacked.url + "/classify", json=ORDINARY, trust_env=False, timeout=60).status_code == 200
    assert memory.most_resident(pid) < idle + WITHIN_MEGABYTES


def statuses(server: Server, sent: bytes) -> list[int]:
    """Send all that the server takes; return the statuses of all answers until it hangs up."""
    return statuses_at((server.host, server.port), sent)


@pytest.mark.parametrize("case", GROWING)
def test_body_that_grows_when_it_is_read_gets_its_answer(attacked: Server, case: str) -> None:
    status, sent = GROWING[case]
    assert statuses(attacked, sent) == [status]


def test_twelve_of_the_largest_at_once_get_their_answers(attacked: Server) -> None:
    cases = sorted(GROWING, key=lambda case: len(GROWING[case][1]), reverse=True)[:12]
    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda case: statuses(attacked, GROWING[case][1]), cases))
    assert answers == [[GROWING[case][0]] for case in cases]


@pytest.mark.parametrize("case", SPOILT)
def test_body_that_is_no_plain_text_or_json_gets_its_answer(attacked: Server, case: str) -> None:
    status, sent = SPOILT[case]
    assert statuses(attacked, sent) == [status]


@pytest.mark.parametrize("case", FLOODS)
def test_too_much_or_too_little_is_cut(attacked: Server, case: str) -> None:
    status, sent = FLOODS[case]
    assert statuses(attacked, sent) == ([status] if status else [])


def test_one_byte_a_second_is_cut(attacked: Server) -> None:
    with attacked.connect() as connection:
        connection.sendall(
            b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 999\r\n\r\n"
        )
        connection.settimeout(1)
        answer = b""
        for _ in range(10):
            connection.sendall(b"a")
            try:
                answer = connection.recv(65536)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("case", SMUGGLED)
def test_request_that_others_may_read_otherwise_is_refused_and_hung_up_on(attacked: Server, case: str) -> None:
    assert statuses(attacked, SMUGGLED[case]) == [400]


def test_wish_for_another_protocol_takes_nothing_from_the_request(attacked: Server) -> None:
    """Java's client asks for HTTP/2 with its first request; the body must not be lost over it."""
    body = b"The army held a live-fire drill."
    head = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % len(body)
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    last = head + b"Connection: close\r\n\r\n" + body
    answer = attacked.send(head + wish + body + last)
    assert STATUS.findall(answer) == [b"200", b"200"]
    assert answer.count(b'"category":"military"') == 2


def test_requests_without_end_on_one_connection_are_taken_as_they_are_answered(attacked: Server) -> None:
    """The shortest there are, and as the parser likes them: no packet ends within one."""
    one = b"GET /healthz HTTP/1.1\r\nHost:x\r\n\r\n"
    one = one[:-2] + b"A:" + b"b" * (64 - len(one) - 4) + b"\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with attacked.connect() as connection:
        sender = Thread(target=lambda: connection.sendall(one * 60_000 + last))
        sender.start()
        answered = b"".join(iter(lambda: connection.recv(1 << 20), b""))
        sender.join()
    assert len(STATUS.findall(answered)) == 60_001


def test_refused_lines_of_many_streams_leave_nothing_behind(attacked: Server) -> None:
    """Each waits for its answer before the next is sent."""
    line = b"f4240\r\n" + b"x" * 999_999 + b"\n\r\n"
    head = b"POST /v1/classify/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"

    def converse(_: int) -> int:
        with attacked.connect() as connection, connection.makefile("rb") as answer:
            connection.settimeout(120)
            connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(10):
                connection.sendall(line)
                while b"malformed-json" not in answer.readline():
                    continue
            return 10

    with ThreadPoolExecutor(12) as callers:
        assert sum(callers.map(converse, range(12))) == 120


def test_answers_that_nobody_reads_do_not_pile_up(attacked: Server) -> None:
    sent = request("/v1/classify/batch", json.dumps({"articles": [{"paragraphs": ["a"] * 2000}] * 10}).encode())
    with ExitStack() as open_ones:
        connections = [open_ones.enter_context(socket.socket()) for _ in range(40)]
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(120)
            connection.connect((attacked.host, attacked.port))
            connection.sendall(sent)
        assert {connection.recv(12)[9:] for connection in connections} == {b"200", b"429"}
    until(lambda: httpx.post(attacked.url + "/classify", json=ORDINARY, trust_env=False).status_code == 200)


def test_tokens_that_never_come_again_do_not_pile_up(attacked: Server) -> None:
    with httpx.Client(base_url=attacked.url, trust_env=False, timeout=60) as client:
        for run in range(8):
            words = " ".join(f"인민군{run}당{at:x}석탄공업" for at in range(18_000))
            paragraphs = [words[at : at + 19_000] for at in range(0, len(words), 19_000)]
            assert client.post("/classify", json={"paragraphs": paragraphs[:16]}).status_code == 200
