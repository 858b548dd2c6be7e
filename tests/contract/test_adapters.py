"""Adapters are switched on and off by settings, and one that is off says which."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACES = {
    "open-inference": ("/v2", "/v2/models/pressmark/infer"),
    "text-embeddings": ("/text-embeddings/info", "/text-embeddings/predict"),
    "label-studio": ("/label-studio/health", "/label-studio/predict"),
}
OFF_BY_DEFAULT = ("text-embeddings", "label-studio")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that was told nothing of adapters."""
    with serving(tmp_path_factory.mktemp("plain") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service without any adapter."""
    flags = [text for name in PLACES for text in (f"--{name}", "off")]
    with serving(tmp_path_factory.mktemp("silent") / "log", *flags) as server:
        yield server


def get(server: Server, path: str) -> httpx.Response:
    return httpx.get(server.url + path, trust_env=False)


def test_open_inference_answers_by_default(plain: Server) -> None:
    assert get(plain, "/v2/health/ready").json() == {"live": True, "ready": True}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_route_that_is_off_names_its_setting(
    silent: Server, expect_problem: Callable[..., dict[str, Any]], name: str, method: str
) -> None:
    for path in PLACES[name]:
        answer = httpx.request(method, silent.url + path, json={} if method == "POST" else None, trust_env=False)
        told = expect_problem(answer, 404, "not-found")["detail"]
        assert f"--{name} on" in told
        assert f"PRESSMARK_{name.upper().replace('-', '_')}=on" in told


@pytest.mark.parametrize("name", OFF_BY_DEFAULT)
def test_others_are_off_by_default(plain: Server, expect_problem: Callable[..., dict[str, Any]], name: str) -> None:
    assert f"--{name} on" in expect_problem(get(plain, PLACES[name][0]), 404, "not-found")["detail"]


@pytest.mark.parametrize("name", PLACES)
def test_adapter_that_is_on_answers(client: httpx.Client, name: str) -> None:
    assert client.get(PLACES[name][0]).status_code == 200


TENSOR = {"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"]}
INTERFACE = '<View><Text name="t" value="$t"/><Labels name="l" toName="t"><Label value="military"/></Labels></View>'
SENT: dict[str, dict[str, Any]] = {
    "/v1/classify/batch": {"articles": [{"text": "a"}]},
    "/v2/models/pressmark/infer": {"inputs": [TENSOR]},
    "/text-embeddings/predict": {"inputs": "a"},
    "/label-studio/setup": {"schema": INTERFACE},
    "/label-studio/predict": {"tasks": [], "label_config": INTERFACE},
}


@pytest.mark.parametrize("path", SENT)
def test_byte_order_mark_is_read_over_everywhere(client: httpx.Client, path: str) -> None:
    body = json.dumps(SENT[path]).encode("utf-8-sig")
    assert client.post(path, content=body, headers={"Content-Type": "application/json"}).status_code == 200


@pytest.mark.parametrize("path", SENT)
def test_compressed_body_is_refused_everywhere(client: httpx.Client, document: dict[str, Any], path: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post(path, content=gzip.compress(json.dumps(SENT[path]).encode()), headers=headers)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert "Send the body uncompressed." in answer.text
    assert "415" in document["paths"][path.replace("pressmark", "{model}")]["post"]["responses"]


def test_other_paths_name_no_setting(silent: Server, expect_problem: Callable[..., dict[str, Any]]) -> None:
    for path in ("/v2x", "/text", "/label-studios/health"):
        assert "--" not in expect_problem(get(silent, path), 404, "not-found")["detail"]


def test_document_of_a_server_tells_only_what_is_on(plain: Server, silent: Server) -> None:
    for server, on in ((plain, {"/v2"}), (silent, set())):
        told = get(server, "/openapi.json").json()
        roots = {"/" + path.split("/")[1] for path in told["paths"]}
        assert roots & {"/v2", "/text-embeddings", "/label-studio"} == on
        assert "TasksRequest" not in told["components"]["schemas"]
        assert "label studio" not in {tag["name"] for tag in told["tags"]}


def test_committed_document_says_which_are_off(document: dict[str, Any]) -> None:
    told = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert "Off unless the service was started with `--label-studio on`" in told["label studio"]
    assert "Off unless the service was started with `--text-embeddings on`" in told["text-embeddings-inference"]
    assert "On unless" in told["open inference"]
