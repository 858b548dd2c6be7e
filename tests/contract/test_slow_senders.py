"""Requests that take too long to arrive, or have too large a head: cut, told why, and nothing else suffers."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ExpectProblem = Callable[..., dict[str, Any]]

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    patience = {"--head-timeout": "0.3", "--body-grace": "0.3", "--body-rate": "100000", "--body-timeout": "1"}
    limits = patience | {"--head-bytes": "2048", "--answer-timeout": "0.5"}
    flags = [text for pair in limits.items() for text in pair]
    with serving(tmp_path_factory.mktemp("impatient") / "log", *flags) as started:
        yield started


def parsed(raw: bytes) -> httpx.Response:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return httpx.Response(int(status.split()[1]), headers=[tuple(one.split(": ", 1)) for one in lines], content=body)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 9\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"POST /classify HTTP/1.1\r\nHost:",
        b"G",
        b"\r\n",
    ],
    ids=["no body", "half a body", "half a chunked body", "half a head", "one byte", "a blank line"],
)
def test_sender_that_stops_is_told_and_cut(impatient: Server, expect_problem: ExpectProblem, sent: bytes) -> None:
    answer = parsed(impatient.send(sent))
    expect_problem(answer, 408, "request-too-slow")
    assert answer.headers["connection"] == "close"


def trickled(connection: socket.socket, piece: bytes) -> bytes:
    """Send a piece each 20 ms until there is an answer, for ten seconds at most; return it."""
    connection.settimeout(0.02)
    for _ in range(500):
        with suppress(ConnectionError):  # it has hung up since the last look, and what it said is here
            connection.sendall(piece)
        try:
            return connection.recv(65536)
        except TimeoutError:
            continue
    return b""


def test_sender_below_the_rate_is_cut(start: Callable[..., Server]) -> None:
    server = start("--body-grace", "0.3", "--body-rate", "100000", "--body-timeout", "600")
    with server.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
        assert trickled(connection, b"a" * 1000).startswith(b"HTTP/1.1 408 ")  # half of what is asked for


def test_sender_above_the_rate_is_cut_when_the_time_for_a_body_is_over(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
        assert trickled(connection, b"a" * 3000).startswith(b"HTTP/1.1 408 ")  # less than is announced, by then


@pytest.mark.parametrize("sent", [b"", b"a"], ids=["nothing", "a byte"])
def test_no_body_is_waited_for_longer_than_any_may_take(start: Callable[..., Server], sent: bytes) -> None:
    server = start("--body-grace", "600", "--body-timeout", "0.3")
    assert server.send(HEAD + b"Content-Length: 9\r\n\r\n" + sent).startswith(b"HTTP/1.1 408 ")


def test_silent_connection_is_closed_without_a_word(impatient: Server) -> None:
    assert impatient.send(b"") == b""


def test_sender_in_time_is_served(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 8\r\nConnection: close\r\n\r\nhalf")
        assert httpx.get(impatient.url + "/healthz", trust_env=False).status_code == 200
        connection.sendall(b"half")
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


FLOODS = {
    "one long header": b"X-Long: " + b"a" * 3000 + b"\r\n\r\n",
    "one endless header": b"X-Long: " + b"a" * 100_000,
    "endless headers": b"X-A: b\r\n" * 20_000,
    "many headers": b"A: b\r\n" * 101 + b"\r\n",
    "endless header name": b"a" * 100_000,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_too_large_a_head_is_refused(impatient: Server, expect_problem: ExpectProblem, flood: str) -> None:
    with impatient.connect() as connection:
        connection.sendall(HEAD + FLOODS[flood])
        answer = parsed(connection.recv(65536))
    expect_problem(answer, 431, "head-too-large")


def test_too_long_a_target_is_refused(impatient: Server, expect_problem: ExpectProblem) -> None:
    answer = parsed(impatient.send(b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"))
    expect_problem(answer, 431, "head-too-large")


def test_head_just_within_the_limit_is_read(impatient: Server) -> None:
    answer = httpx.get(impatient.url + "/healthz", headers={"X-Long": "a" * 1700}, trust_env=False)
    assert answer.status_code == 200


def test_large_body_behind_a_small_head_is_read(impatient: Server) -> None:
    answer = httpx.post(impatient.url + "/classify", json={"text": "가\n" * 1500}, trust_env=False)
    assert answer.status_code == 200


def test_what_breaks_behind_a_request_does_not_answer_it(impatient: Server) -> None:
    sound = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    raw = impatient.send(sound + b"HELLO\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert raw.count(b"HTTP/1.1") == 1


def connected(server: Server, port: int) -> bool:
    """Tell whether the server still has its end of the connection that a client has from a port."""
    table = Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()[1:]
    ends = [row.split() for row in table]
    return any(
        row[1].endswith(f":{server.port:04X}") and row[2].endswith(f":{port:04X}") and row[3] == "01" for row in ends
    )


def test_client_that_does_not_read_its_answer_is_cut(impatient: Server) -> None:
    article = b"word\n" * 1999
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(article) + article
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((impatient.host, impatient.port))
        connection.settimeout(20)
        connection.sendall(request * 12)  # answered by more than the system takes in
        assert httpx.get(impatient.url + "/healthz", trust_env=False).status_code == 200
        until(lambda: not connected(impatient, connection.getsockname()[1]))


def test_client_that_reads_its_answer_slowly_but_steadily_gets_it_whole(impatient: Server) -> None:
    """Far more than the system takes in at once, of which it tells in great pieces only if it is not told to."""
    batch = json.dumps({"articles": [{"paragraphs": ["a"] * 1999}] * 10}).encode()
    head = b"POST /v1/classify/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    with impatient.connect() as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(batch) + batch)
        answer = connection.recv(65536)
        for _ in range(30):  # 400,000 bytes a second, for six times as long as an answer may be left unread
            answer += connection.recv(40_000)
            sleep(0.1)
        answer += b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\ncontent-length: %d\r\n" % len(body) in head


def test_body_that_nobody_asked_for_does_not_break_the_connection(impatient: Server) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with impatient.connect() as connection:
        connection.sendall(head)
        answer = b""
        while b'{"status":"live"}' not in answer:
            answer += connection.recv(65536)
        connection.sendall(b"a" * 300_000 + last)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "body", [b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n"], ids=["counted", "chunked"]
)
def test_body_that_goes_on_trickling_after_its_answer_is_cut(impatient: Server, body: bytes) -> None:
    with impatient.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + body + b"a")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.settimeout(0.05)
        for _ in range(400):  # far longer than it takes to be cut, and never silent
            try:
                connection.sendall(b"a")
                if connection.recv(65536) == b"":
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
    pytest.fail("never cut")


def test_endless_trailer_after_the_answer_is_cut_and_not_answered_again(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ")
        answer = connection.recv(65536)
        with pytest.raises(ConnectionError):  # noqa: PT012 - whichever of the pieces meets the closed connection
            while True:
                connection.sendall(b"b" * 4096)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1
