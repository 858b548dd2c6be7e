"""Several requests on one connection, before their answers or after; targets in full; a client that ends its side."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hostile import STATUS
from service import Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Iterator

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
TEXT = b"The army held a live-fire drill."


def post(path: str, media: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def all_from(connection: socket.socket) -> bytes:
    answer = b""
    while part := connection.recv(65536):
        answer += part
    return answer


@pytest.mark.parametrize("number", [2, 1000, 20_000])
def test_requests_sent_before_their_answers_are_all_answered_in_order(server: Server, number: int) -> None:
    ids = [f"{at:06}" for at in range(number)]
    sent = b"".join(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: %b\r\n\r\n" % one.encode() for one in ids)
    answer = server.send(sent + LAST)
    told = [line.removeprefix(b"x-request-id: ").decode() for line in answer.split(b"\r\n") if b"x-request-id" in line]
    assert told[:-1] == ids


@pytest.mark.parametrize(
    ("first", "number"),
    [(GET * 1000, 1000), (post("/classify", "text/plain", (TEXT + b"\n") * 1000), 1)],
    ids=["many", "a long one"],
)
def test_head_that_begins_behind_others_is_not_taken_for_as_long_as_these(
    server: Server, first: bytes, number: int
) -> None:
    with server.connect() as connection:
        connection.sendall(first + GET[:10])
        answer = connection.recv(65536)
        connection.sendall(GET[10:] + LAST)
        assert STATUS.findall(answer + all_from(connection)) == [b"200"] * (number + 2)


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that keeps idle connections for half a second."""
    with serving(tmp_path_factory.mktemp("brief") / "log", "--keep-alive", "0.5") as started:
        yield started


def test_connection_is_kept_for_as_long_as_is_set(brief: Server) -> None:
    with brief.connect() as connection:
        connection.sendall(GET)
        assert STATUS.findall(all_from(connection)) == [b"200"]


# Answered before their bodies come.
EARLY = {
    "404": b"POST /nope HTTP/1.1\r\nHost: x\r\n",
    "405": b"POST /healthz HTTP/1.1\r\nHost: x\r\n",
    "415": b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\n",
    "200": b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
}


@pytest.mark.parametrize("status", EARLY)
def test_connection_whose_body_comes_after_the_answer_is_kept_no_longer(brief: Server, status: str) -> None:
    with brief.connect() as connection:
        connection.sendall(EARLY[status] + b"Content-Length: 5\r\n\r\n")
        answer = connection.recv(65536)
        connection.sendall(b"hello")
        assert STATUS.findall(answer + all_from(connection)) == [status.encode()]


def test_request_behind_a_body_that_came_after_its_answer_is_given_its_time(brief: Server) -> None:
    request = post("/classify", "text/plain", TEXT)
    with brief.connect() as connection, brief.connect() as idle:
        connection.sendall(EARLY["404"] + b"Content-Length: 5\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
        connection.sendall(b"hello" + request[:-1])
        idle.sendall(GET)
        all_from(idle)  # for as long as an idle connection is kept
        connection.sendall(request[-1:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_client_that_leaves_with_two_requests_open_is_no_fault_of_this_side(server: Server) -> None:
    given = uuid4().hex.encode()
    long = json.dumps({"paragraphs": [TEXT.decode()] * 1900, "evidence": 9}).encode()
    first = post("/classify", "application/json", long).replace(b"\r\n", b"\r\nX-Request-ID: %b\r\n" % given, 1)
    with server.connect() as connection, server.connect() as other:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset at the end
        connection.sendall(first + GET)
        other.sendall(LAST)
        all_from(other)  # so both have been seen
    until(lambda: any(line.get("request_id") == given.decode() and "route" in line for line in server.lines()))
    assert not [line for line in server.lines() if line["level"] == "error"]


def test_connection_ends_where_a_body_that_was_announced_is_not_wanted(server: Server) -> None:
    """The client may leave the body out or send it: what comes next cannot be told from it."""
    head = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: no/such\r\n"
    with server.connect() as connection:
        connection.sendall(head + b"Content-Length: 99\r\nExpect: 100-continue\r\n\r\n")
        answer = connection.recv(65536)
        connection.sendall(GET)
        answer += all_from(connection)
    assert STATUS.findall(answer) == [b"415"]
    assert b"\r\nconnection: close\r\n" in answer


def test_body_behind_a_request_in_work_is_whole(server: Server) -> None:
    long = TEXT + b" " * 200_000
    answer = server.send(post("/classify", "text/plain", TEXT * 500) + post("/classify", "text/plain", long) + LAST)
    assert STATUS.findall(answer) == [b"200"] * 3
    assert b'"end":%d' % len(TEXT) in answer


@pytest.mark.parametrize(
    ("target", "status"),
    {
        "http://x/healthz": 200,
        "http://x": 200,
        "http://x?a=b": 200,
        "*": 404,
        "http://": 400,
        "http://x:99999/": 400,
        "x:80": 400,
        "healthz": 400,
    }.items(),
)
def test_target_in_full_is_read_and_what_is_none_is_refused(server: Server, target: str, status: int) -> None:
    with server.connect() as connection:
        connection.sendall(GET)
        connection.recv(65536)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert STATUS.findall(all_from(connection)) == [str(status).encode()]
    assert not [line for line in server.lines() if line["level"] == "error"]


@pytest.mark.parametrize(
    "host",
    ["", "x", "x:80", "x:", "a-b_c.example", "%ED%95%9C", "127.0.0.1:8080", "[::1]", "[fe80::1%25eth0]:80", "x \t"],
)
def test_every_host_that_may_be_is_served(server: Server, host: str) -> None:
    assert server.send(LAST.replace(b"Host: x", b"Host: " + host.encode())).startswith(b"HTTP/1.1 200 ")


def test_stream_is_sent_to_http_1_0_without_chunks(server: Server) -> None:
    stream = post("/v1/classify/stream", "application/x-ndjson", b'{"text":"a"}\n' * 3).replace(b"1.1", b"1.0", 1)
    head, _, body = server.send(stream).partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head
    assert b"transfer-encoding" not in head
    assert [json.loads(line).get("line") for line in body.splitlines()] == [1, 2, 3, None]


@pytest.mark.parametrize("wish", [b"Expect: 100-continue", b"Connection: Upgrade\r\nUpgrade: h2c"])
def test_wish_that_http_1_0_cannot_have_is_passed_over(server: Server, wish: bytes) -> None:
    sent = post("/classify", "text/plain", TEXT).replace(b"1.1\r\nHost: x", b"1.0\r\n" + wish)
    with server.connect() as connection:
        connection.sendall(sent[: -len(TEXT)])
        connection.sendall(TEXT)
        answer = all_from(connection)
    assert STATUS.findall(answer) == [b"200"]
    assert b"\r\nconnection: close\r\n" in answer


ASKED = {
    "one": (post("/classify", "text/plain", TEXT), 1),
    "in the thread": (post("/classify", "text/plain", (TEXT + b"\n") * 1000), 1),
    "several": (post("/classify", "text/plain", (TEXT + b"\n") * 1000) * 3, 3),
    "several and half a head": (post("/classify", "text/plain", (TEXT + b"\n") * 1000) * 2 + GET[:9], 2),
    "a stream": (
        post("/v1/classify/stream", "application/x-ndjson", (json.dumps({"text": "a"}) + "\n").encode() * 50),
        1,
    ),
    "half a head": (GET[:9], 0),
    "half a body": (post("/classify", "text/plain", TEXT)[:-1], 0),
}


@pytest.mark.parametrize("case", ASKED)
def test_client_that_ends_its_side_gets_what_it_asked_whole(server: Server, case: str) -> None:
    sent, answered = ASKED[case]
    with server.connect() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = all_from(connection)
    assert STATUS.findall(answer) == [b"200"] * answered
    if case == "a stream":
        assert b'"complete":true' in answer
