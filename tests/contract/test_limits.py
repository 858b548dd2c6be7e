"""How much is taken at once: told by /v1/model, held while reading, and named when passed."""

from __future__ import annotations

import json
import select
import signal
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ExpectProblem = Callable[..., dict[str, Any]]

PATH = "/v1/classify"
HELD = (sys.executable, str(Path(__file__).parent.parent / "support" / "held_service.py"))
HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
JSON = {"Content-Type": "application/json"}


def test_limits_are_told(small_client: httpx.Client) -> None:
    assert small_client.get("/v1/model").json()["limits"] == {
        "body_bytes": 4096,
        "paragraphs": 3,
        "paragraph_characters": 100,
        "articles": 2,
        "batch_paragraphs": 20_000,
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


def test_more_values_than_any_batch_needs_are_refused(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    body = b'{"text": "a", "x": [' + b"[]," * 100_000 + b"0]}"
    answer = client.post(PATH, content=body, headers=JSON)
    assert expect_problem(answer, 413, "too-many-values")["limit"] == 100_000


def test_what_looks_like_many_values_inside_a_text_is_text(client: httpx.Client) -> None:
    body = json.dumps({"paragraphs": ['}],\\",' * 2_500] * 20})
    assert client.post(PATH, content=body.encode(), headers=JSON).status_code == 200


def test_articles_that_no_longer_fit_into_a_batch_have_a_problem_in_their_place(
    start: Callable[..., Server], conforms: Callable[[Any, str], None]
) -> None:
    server = start("--batch-paragraphs", "100")
    articles = [{"text": "rice\n" * 60}, {"paragraphs": ["coal"] * 60}, {"id": "c", "text": "ore\n" * 40}]
    answer = httpx.post(server.url + "/v1/classify/batch", json={"articles": articles}, trust_env=False)
    fitting, refused, last = answer.json()["articles"]
    assert (len(fitting["paragraphs"]), len(last["paragraphs"])) == (60, 40)
    conforms(refused["problem"], "Problem")
    assert (refused["problem"]["type"], refused["problem"]["limit"], refused["problem"]["pointer"]) == (
        "urn:pressmark:problem:too-many-paragraphs",
        100,
        "#/articles/1",
    )


def test_batch_is_given_no_more_evidence_than_an_article(client: httpx.Client) -> None:
    asked = {"articles": [{"text": "rice\n" * 1500}, {"text": "coal\n" * 1500}], "evidence": 50}
    answer = client.post("/v1/classify/batch", json=asked).json()
    assert answer["failed"] == 1
    assert answer["articles"][1]["problem"]["limit"] == 2000


def test_bodies_that_wait_are_counted_until_they_are_answered(tmp_path: Path, expect_problem: ExpectProblem) -> None:
    body = {"text": "rice " * 100_000, "split": "none"}
    flags = ("--paragraph-characters", "900000", "--reading-bytes", str(2**20))
    with serving(tmp_path / "log", *flags, program=HELD) as server, ThreadPoolExecutor(3) as callers:
        asked = {
            callers.submit(httpx.post, server.url + PATH, json=body, trust_env=False, timeout=60) for _ in range(3)
        }
        refused, waiting = wait(asked, timeout=30, return_when=FIRST_COMPLETED)
        expect_problem(next(iter(refused)).result(), 429, "overloaded")
        assert len(waiting) == 2
        server.process.send_signal(signal.SIGUSR1)
        assert [one.result(30).status_code for one in waiting] == [200, 200]


def test_bodies_on_their_way_are_held_to_a_number_of_bytes(start: Callable[..., Server]) -> None:
    server = start("--reading-bytes", str(2**20))
    body = b'{"text": "' + b"rice " * 180_000 + b'"}'
    begun, rest = body[:700_000], body[700_000:]
    with server.connect() as one, server.connect() as other:
        for connection in (one, other):
            connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + begun)
        answered, _, _ = select.select([one, other], [], [], 20)
        (refused,) = answered
        assert refused.recv(65536).startswith(b"HTTP/1.1 429 ")
        served = other if refused is one else one
        served.sendall(rest)
        assert served.recv(65536).startswith(b"HTTP/1.1 413 ")  # as one paragraph it is too long, and was read
