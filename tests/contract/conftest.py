"""What the contract tests share.

They speak to the real server with the bundled model: the process that ``pressmark serve`` starts, over a
socket on the loopback. One server serves the whole session; tests of limits and of starting and stopping
start others. Nothing is patched, and nothing waits for a fixed time: a started server says where it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
from service import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    adapters = ("--text-embeddings", "on", "--label-studio", "on")
    with serving(tmp_path_factory.mktemp("server") / "log", "--drain-delay", "0", *adapters) as started:
        yield started


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server whose limits are low enough to pass."""
    limits = {
        "--body-bytes": "4096",
        "--paragraphs": "3",
        "--paragraph-characters": "100",
        "--articles": "2",
        "--evidence-terms": "1",
        "--inline-bytes": "0",
    }
    flags = [text for pair in limits.items() for text in pair]
    with serving(tmp_path_factory.mktemp("small") / "log", *flags) as started:
        yield started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start further servers, with flags of the test's own."""
    running: list[Any] = []

    def start_one(*flags: str) -> Server:
        one = serving(tmp_path / f"log-{len(running)}", *flags)
        running.append(one)
        return one.__enter__()

    yield start_one
    for one in running:
        one.__exit__(None, None, None)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=10) as one:
        yield one


@pytest.fixture
def small_client(small_server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=small_server.url, trust_env=False, timeout=10) as one:
        yield one


@pytest.fixture(scope="session")
def document(server: Server) -> dict[str, Any]:
    """Return the OpenAPI document, as served."""
    got: dict[str, Any] = httpx.get(server.url + "/openapi.json", trust_env=False).json()
    return got


@pytest.fixture(scope="session")
def conforms(document: dict[str, Any]) -> Callable[[Any, str], None]:
    """Hold a value to a schema of the document, and refuse members that it does not tell of."""
    schemas = json.loads(json.dumps(document["components"]["schemas"]))
    for name, schema in schemas.items():
        if "properties" in schema and name != "Problem":
            schema["additionalProperties"] = False

    def check(value: Any, name: str) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema.Draft202012Validator(schema).validate(value)

    return check


@pytest.fixture(scope="session")
def expect_problem(conforms: Callable[[Any, str], None]) -> Callable[..., dict[str, Any]]:
    """Hold an answer to the one shape that every problem has, and return it."""

    def check(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        conforms(problem, "Problem")
        assert problem["type"] == f"urn:pressmark:problem:{slug}"
        assert problem["status"] == status
        assert problem["instance"] == f"urn:pressmark:request:{answer.headers['x-request-id']}"
        return problem

    return check


@pytest.fixture
def pointers() -> Callable[[dict[str, Any]], list[str]]:
    """Return the places that a problem points at."""
    return lambda problem: [error["pointer"] for error in problem["errors"]]
