"""How much is taken at once: told by /v1/model, held while reading, and named when passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from service import Server

    ExpectProblem = Callable[..., dict[str, Any]]

PATH = "/v1/classify"
HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
JSON = {"Content-Type": "application/json"}


def test_limits_are_told(small_client: httpx.Client) -> None:
    assert small_client.get("/v1/model").json()["limits"] == {
        "body_bytes": 4096,
        "paragraphs": 3,
        "paragraph_characters": 100,
        "articles": 2,
        "evidence_terms": 1,
    }


def test_announced_body_beyond_the_limit_is_refused(small_client: httpx.Client, expect_problem: ExpectProblem) -> None:
    answer = small_client.post(PATH, content=b" " * 4097, headers=JSON)
    assert expect_problem(answer, 413, "body-too-large")["limit"] == 4096


def test_body_at_the_limit_is_read(small_client: httpx.Client) -> None:
    body = b'{"text": "a"}'
    assert small_client.post(PATH, content=body + b" " * (4096 - len(body)), headers=JSON).status_code == 200


def test_chunked_body_is_refused_as_soon_as_it_passes_the_limit(
    small_client: httpx.Client, expect_problem: ExpectProblem
) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(5):
            yield b" " * 1000

    expect_problem(small_client.post(PATH, content=chunks(), headers=JSON), 413, "body-too-large")


def test_chunked_body_within_the_limit_is_read(small_client: httpx.Client) -> None:
    answer = small_client.post(PATH, content=iter([b'{"te', b'xt": ', b'"a"}']), headers=JSON)
    assert answer.status_code == 200


def test_gigabyte_is_refused_before_it_is_sent(small_server: Server) -> None:
    head = HEAD + b"Content-Length: 1073741824\r\n\r\n"
    with small_server.connect() as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_client_that_waits_for_leave_is_refused_without_it(small_server: Server) -> None:
    head = HEAD + b"Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n"
    with small_server.connect() as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_refused_sender_gets_to_read_the_answer(small_server: Server) -> None:
    head = HEAD + b"Content-Length: 8000000\r\n\r\n"
    answer = small_server.send(head + b" " * 8_000_000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_paragraphs_at_the_limit_are_judged(small_client: httpx.Client) -> None:
    assert small_client.post(PATH, json={"paragraphs": ["a" * 100] * 3}).status_code == 200


def test_split_text_at_the_limit_is_judged(small_client: httpx.Client) -> None:
    assert small_client.post(PATH, json={"text": "\n".join(["a" * 100] * 3)}).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"paragraphs": ["a"] * 4}, "#/paragraphs"), ({"text": "a\nb\nc\nd"}, "#/text")],
    ids=["as paragraphs", "as text"],
)
def test_too_many_paragraphs_are_refused(
    small_client: httpx.Client, expect_problem: ExpectProblem, body: dict[str, Any], pointer: str
) -> None:
    problem = expect_problem(small_client.post(PATH, json=body), 413, "too-many-paragraphs")
    assert (problem["limit"], problem["pointer"]) == (3, pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"paragraphs": ["a", "a" * 101]}, "#/paragraphs/1"), ({"text": "a\n" + "a" * 101}, "#/text")],
    ids=["as paragraphs", "as text"],
)
def test_too_long_a_paragraph_is_refused(
    small_client: httpx.Client, expect_problem: ExpectProblem, body: dict[str, Any], pointer: str
) -> None:
    problem = expect_problem(small_client.post(PATH, json=body), 413, "paragraph-too-long")
    assert (problem["limit"], problem["pointer"]) == (100, pointer)


def test_characters_are_counted_not_bytes(small_client: httpx.Client) -> None:
    assert small_client.post(PATH, json={"text": "군" * 100}).status_code == 200


def test_refused_request_leaves_the_connection_usable(small_client: httpx.Client) -> None:
    small_client.post(PATH, json={"text": "a" * 101})
    assert small_client.post(PATH, json={"text": "a"}).status_code == 200
