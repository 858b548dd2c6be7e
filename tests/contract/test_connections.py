"""Several requests on one connection, before their answers or after; targets in full; a client that ends its side."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from hostile import STATUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from service import Server

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


def test_connection_is_kept_for_as_long_as_is_set(start: Callable[..., Server]) -> None:
    server = start("--keep-alive", "0.3")
    with server.connect() as connection:
        connection.sendall(GET)
        assert STATUS.findall(all_from(connection)) == [b"200"]


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
