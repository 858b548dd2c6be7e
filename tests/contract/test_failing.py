"""When the fault is on this side: no particulars for the client, no text in the log, and on it goes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import Server, serving

from pressmark_service.app import create_app
from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ExpectProblem = Callable[..., dict[str, Any]]

MARKER = "Kanggye-sentence-that-nobody-may-keep"
PROGRAM = (sys.executable, str(Path(__file__).parent.parent / "support" / "broken_service.py"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("broken") / "log", program=PROGRAM) as started:
        yield started


def ask(broken: Server, text: str) -> httpx.Response:
    return httpx.post(broken.url + "/classify", json={"text": text}, trust_env=False)


@pytest.mark.parametrize("size", [1, 500], ids=["on the loop", "in a thread"])
def test_fault_is_a_problem_without_particulars(broken: Server, expect_problem: ExpectProblem, size: int) -> None:
    answer = ask(broken, MARKER * size)
    problem = expect_problem(answer, 500, "internal-error")
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert MARKER not in answer.text


def test_fault_is_logged_by_type_and_place_under_the_request_id(broken: Server) -> None:
    mine = ask(broken, MARKER).headers["x-request-id"]
    httpx.get(broken.url + "/healthz", trust_env=False)  # the line is written before the next request is looked at
    failed, request = [line for line in broken.lines() if line.get("request_id") == mine]
    assert (failed["level"], failed["error"]) == ("error", "LookupError")
    assert any("broken_service.py" in frame for frame in failed["frames"])
    assert request["status"] == 500


def test_fault_does_not_put_the_text_into_the_log(broken: Server) -> None:
    ask(broken, MARKER)
    assert MARKER not in broken.log.read_text("utf-8")


def test_fault_does_not_end_the_service(broken: Server) -> None:
    ask(broken, MARKER)
    assert httpx.get(broken.url + "/readyz", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/readyz"), ("GET", "/health"), ("GET", "/v1/model"), ("POST", "/classify")]
)
def test_without_a_model_it_is_not_ready(expect_problem: ExpectProblem, method: str, path: str) -> None:
    async def ask_unstarted() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Settings(access_log=False)))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, json={"text": "a"})

    answer = asyncio.run(ask_unstarted())
    assert expect_problem(answer, 503, "not-ready")["reason"] == "starting"
    assert answer.headers["retry-after"] == "1"


def test_without_a_model_it_is_alive() -> None:
    async def ask_unstarted() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Settings(access_log=False)))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get("/healthz")

    assert asyncio.run(ask_unstarted()).status_code == 200
