"""What holds on every route: paths, methods, request ids, probes, and HTTP itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from service import Server

    ExpectProblem = Callable[..., dict[str, Any]]

POSTED = ["/classify", "/v1/classify", "/v1/classify/batch"]
GOT = ["/v1/model", "/healthz", "/readyz", "/health", "/openapi.json", "/docs", "/", "/page/main.js"]


@pytest.mark.parametrize(
    "path",
    [
        "/page",
        "/page/",
        "/page/index.html",
        "/page/../app.py",
        "/v1",
        "/v3/models",
        "/classify/",
        "/v1/classify/x",
        "/%00",
        "/CLASSIFY",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_paths_are_not_found(
    client: httpx.Client, expect_problem: ExpectProblem, method: str, path: str
) -> None:
    expect_problem(client.request(method, path), 404, "not-found")


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_on_posted_paths_are_told_post(
    client: httpx.Client, expect_problem: ExpectProblem, method: str, path: str
) -> None:
    answer = client.request(method, path)
    expect_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", GOT)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_on_got_paths_are_told_get_and_head(
    client: httpx.Client, expect_problem: ExpectProblem, method: str, path: str
) -> None:
    answer = client.request(method, path)
    expect_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", GOT)
def test_head_answers_like_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, got = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


ANSWERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "200": ("POST", "/classify", {"json": {"text": "a"}}),
    "200 through the framework": ("GET", "/v1/model", {}),
    "200 of a page": ("GET", "/docs", {}),
    "400": ("POST", "/classify", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "404": ("GET", "/nothing", {}),
    "405": ("DELETE", "/classify", {}),
    "413": (
        "POST",
        "/classify",
        {"content": b" " * 3_000_000, "headers": {"Content-Type": "application/json"}},
    ),
    "415": ("POST", "/classify", {"content": b"a"}),
    "422": ("POST", "/classify", {"json": {}}),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_request_id_comes_back_on_every_answer(client: httpx.Client, case: str) -> None:
    method, path, sent = ANSWERS[case]
    headers = sent.get("headers", {}) | {"X-Request-ID": "desk-7:2026.11"}
    answer = client.request(method, path, **{**sent, "headers": headers})
    assert answer.headers.get_list("x-request-id") == ["desk-7:2026.11"]


@pytest.mark.parametrize("case", ANSWERS)
def test_request_id_is_made_where_none_came(client: httpx.Client, case: str) -> None:
    method, path, sent = ANSWERS[case]
    assert re.fullmatch("[0-9a-f]{32}", client.request(method, path, **sent).headers["x-request-id"])


def test_made_request_ids_differ(client: httpx.Client) -> None:
    made = {client.get("/healthz").headers["x-request-id"] for _ in range(20)}
    assert len(made) == 20


@pytest.mark.parametrize("given", ["", "a" * 129, "a b", "a/b", "ä", "<script>", "a\tb"])
def test_request_id_of_another_form_is_replaced(client: httpx.Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_longest_request_id_is_taken(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "a" * 128}).headers["x-request-id"] == "a" * 128


@pytest.mark.parametrize(("path", "schema"), [("/healthz", "LiveAnswer"), ("/readyz", "ReadyAnswer")])
def test_probes_answer_as_documented(
    client: httpx.Client, conforms: Callable[[Any, str], None], path: str, schema: str
) -> None:
    conforms(client.get(path).json(), schema)


def test_health_tells_people_what_runs(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    told = client.get("/health").json()
    conforms(told, "HealthAnswer")
    assert told["model"]["version"] == client.get("/v1/model").json()["version"]


def test_model_is_described(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    told = client.get("/v1/model").json()
    conforms(told, "ModelAnswer")
    assert {one["name"] for one in told["categories"]} == {"military", "economy", "ideology", "industry"}
    assert all(one["definition"] for one in told["categories"])
    assert told["metrics"]
    assert told["calibration"]


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"HELLO\r\n\r\n", b"GET / HTTP/1.1\r\nHost x\r\n\r\n"],
    ids=["TLS", "no HTTP", "broken header"],
)
def test_what_is_no_http_gets_a_problem(server: Server, expect_problem: ExpectProblem, sent: bytes) -> None:
    raw = server.send(sent)
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    answer = httpx.Response(int(status.split()[1]), headers=headers, content=body)
    expect_problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_two_ways_to_read_the_length_are_refused(server: Server, framing: bytes) -> None:
    sent = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + framing + b"\r\n0\r\n\r\n"
    assert server.send(sent).startswith(b"HTTP/1.1 400 ")


def test_answers_do_not_name_the_server_software(client: httpx.Client) -> None:
    assert "server" not in client.get("/healthz").headers
