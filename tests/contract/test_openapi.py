"""The OpenAPI document: committed, complete, and held to what the server does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import validate
from service import COMMAND, environment

from pressmark_service import examples
from pressmark_service.problem import Problem
from pressmark_service.problems import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

ROOT = Path(__file__).parent.parent.parent
COMMITTED = ROOT / "openapi" / "v1.json"


def openapi(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "openapi", *flags], capture_output=True, text=True, env=environment(), check=False)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def leaves(kind: type[Problem]) -> set[type[Problem]]:
    below = kind.__subclasses__()
    return set().union(*map(leaves, below)) if below else {kind}


def test_committed_document_is_the_generated_one() -> None:
    assert openapi().stdout == COMMITTED.read_text("utf-8")


def test_served_document_is_the_committed_one(document: dict[str, Any]) -> None:
    assert document == json.loads(COMMITTED.read_text("utf-8"))


def test_check_is_silent_on_the_same(tmp_path: Path) -> None:
    openapi("--output", str(tmp_path / "v1.json"))
    checked = openapi("--check", str(tmp_path / "v1.json"))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_check_refuses_another(tmp_path: Path) -> None:
    (tmp_path / "v1.json").write_text("{}")
    checked = openapi("--check", str(tmp_path / "v1.json"))
    assert checked.returncode == 1
    assert len(checked.stderr.splitlines()) == 1


def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    written = openapi("--output", str(tmp_path / "nowhere" / "v1.json"))
    assert written.returncode == 1
    assert len(written.stderr.splitlines()) == 1


def test_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_is_in_it(document: dict[str, Any]) -> None:
    told = {(method.upper(), path) for path, method, _ in operations(document)}
    assert told == {
        ("POST", "/classify"),
        ("POST", "/v1/classify"),
        ("POST", "/v1/classify/batch"),
        ("GET", "/v1/model"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("POST", "/v1/classify/stream"),
        ("GET", "/v2"),
        ("GET", "/v2/health/live"),
        ("GET", "/v2/health/ready"),
        ("GET", "/v2/models"),
        ("GET", "/v2/models/{model}"),
        ("GET", "/v2/models/{model}/ready"),
        ("POST", "/v2/models/{model}/infer"),
        ("GET", "/v2/models/{model}/versions/{version}"),
        ("GET", "/v2/models/{model}/versions/{version}/ready"),
        ("POST", "/v2/models/{model}/versions/{version}/infer"),
        ("POST", "/text-embeddings/predict"),
        ("GET", "/text-embeddings/info"),
        ("GET", "/text-embeddings/health"),
        ("GET", "/label-studio/health"),
        ("POST", "/label-studio/setup"),
        ("POST", "/label-studio/predict"),
    }


def test_framework_adds_no_failures_of_its_own(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(document)


def test_operations_have_names_tags_and_prose(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(one["summary"] and one["description"] and one["tags"] for _, _, one in operations(document))


def test_answers_have_no_defaults_anywhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    answers = {
        name: schema
        for name, schema in schemas.items()
        if name not in {"ClassifyRequest", "BatchRequest", "StreamLine"}
    }
    assert '"default"' not in json.dumps(answers)


def test_table_holds_every_class_of_problem() -> None:
    assert set(TABLE) == leaves(Problem)


def test_problems_have_different_types() -> None:
    assert len({kind.slug for kind in TABLE}) == len(TABLE)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.slug)
def test_every_problem_is_documented(document: dict[str, Any], kind: type[Problem]) -> None:
    response = document["components"]["responses"][kind.__name__]
    example = response["content"]["application/problem+json"]["examples"][kind.slug]["value"]
    assert (example["status"], example["title"]) == (kind.status, kind.title)


def test_problems_in_it_look_like_problems(document: dict[str, Any], conforms: Callable[[Any, str], None]) -> None:
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).values():
                conforms(example["value"], "Problem")
                assert str(example["value"]["status"]) == status


# Each way to make an operation fail, so that no status is answered that its documentation leaves out.
FAILURES: dict[str, dict[str, Any]] = {
    "400": {"content": b"{", "headers": {"Content-Type": "application/json"}},
    "413": {"content": b" " * 3_000_000, "headers": {"Content-Type": "application/json"}},
    "415": {"content": b"a", "headers": {"Content-Type": "image/png"}},
    "422": {"content": b"{}", "headers": {"Content-Type": "application/json"}},
}


@pytest.mark.parametrize("path", ["/classify", "/v1/classify", "/v1/classify/batch"])
@pytest.mark.parametrize("status", FAILURES)
def test_failures_are_declared_with_their_type(
    client: httpx.Client, document: dict[str, Any], path: str, status: str
) -> None:
    answer = client.post(path, **FAILURES[status])
    assert str(answer.status_code) == status
    declared = document["paths"][path]["post"]["responses"][status]["content"]["application/problem+json"]
    assert answer.json()["type"] in {example["value"]["type"] for example in declared["examples"].values()}


def requests(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, method, operation in operations(document):
        if method == "post":
            for media, content in operation["requestBody"]["content"].items():
                for example in content["examples"].values():
                    yield path, media, example["value"]


def test_examples_of_requests_work(
    client: httpx.Client, document: dict[str, Any], conforms: Callable[[Any, str], None]
) -> None:
    for path, media, example in requests(document):
        content = example if isinstance(example, str) else json.dumps(example)
        filled = path.format(model="pressmark", version=client.get("/v1/model").json()["version"])
        answer = client.post(filled, content=content.encode(), headers={"Content-Type": media})
        assert answer.status_code == 200
        told = document["paths"][path]["post"]["responses"]["200"]["content"]
        schema = told[answer.headers["content-type"]]["schema"]
        if "$ref" in schema:  # the others are lists and lines, which have tests of their own
            conforms(answer.json(), schema["$ref"].rsplit("/", 1)[1])


def test_requests_are_described_as_strictly_as_they_are_read(
    client: httpx.Client, document: dict[str, Any], conforms: Callable[[Any, str], None]
) -> None:
    for path, media, example in requests(document):
        if media == "application/json" and path == "/v1/classify":
            conforms(example, "ClassifyRequest")
            assert client.post(path, json=example).status_code == 200


def test_example_answers_are_those_of_the_bundled_model(client: httpx.Client) -> None:
    """Red after each new release of the model: scripts/examples renews them."""
    request = next(iter(examples.ARTICLE_REQUESTS.values()))
    assert client.post("/v1/classify", json=request).json() == examples.ARTICLE_ANSWER
    batch = next(iter(examples.BATCH_REQUESTS.values()))
    assert client.post("/v1/classify/batch", json=batch).json() == examples.BATCH_ANSWER


def test_document_of_a_server_tells_its_own_limits(small_client: httpx.Client) -> None:
    schemas = small_client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["ClassifyRequest"]["properties"]["evidence"]["maximum"] == 1
    assert schemas["BatchRequest"]["properties"]["articles"]["maxItems"] == 2
