"""The Open Inference Protocol under /v2, asked by Triton's own client and by hand."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from service import Server

DRILL, FARM = "The army unit held a live-fire drill.", "조선에서 협동농장들이 벼가을을 끝냈다."
INFER = "/v2/models/pressmark/infer"


@pytest.fixture(scope="session")
def tritons(server: Server) -> Iterator[Any]:
    with triton.InferenceServerClient(f"{server.host}:{server.port}") as client:
        yield client


def tensor(shape: list[int], *, binary: bool) -> Any:
    texts = np.array([DRILL.encode(), FARM.encode()], dtype=object).reshape(shape)
    text = triton.InferInput("text", shape, "BYTES")
    text.set_data_from_numpy(texts, binary_data=binary)
    return text


def test_triton_client_finds_server_and_model(tritons: Any, client: httpx.Client) -> None:
    version = client.get("/v1/model").json()["version"]
    assert tritons.is_server_live()
    assert tritons.is_server_ready()
    assert tritons.is_model_ready("pressmark")
    assert tritons.is_model_ready("pressmark", version)
    assert not tritons.is_model_ready("pressmark", "0")
    assert tritons.get_server_metadata()["name"] == "pressmark"
    assert tritons.get_model_metadata("pressmark", version)["versions"] == [version]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_triton_client_infers(tritons: Any, client: httpx.Client, shape: list[int], *, binary: bool) -> None:
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("category", "scores")]
    result = tritons.infer("pressmark", [tensor(shape, binary=binary)], outputs=outputs, request_id="job/7")
    alone = client.post("/v1/classify", json={"paragraphs": [DRILL, FARM], "context": False}).json()["paragraphs"]
    assert [np.asarray(one).item() for one in result.as_numpy("category")] in (
        [[part["category"].encode() for part in alone]] if binary else [[part["category"] for part in alone]]
    )
    assert result.as_numpy("scores") == pytest.approx(np.array([list(part["scores"].values()) for part in alone]))
    assert result.get_response()["id"] == "job/7"


def test_triton_client_gets_all_outputs_if_it_names_none(tritons: Any) -> None:
    result = tritons.infer("pressmark", [tensor([2], binary=True)])
    names = [output["name"] for output in result.get_response()["outputs"]]
    assert names == ["category", "confidence", "scores", "reason", "known_terms"]
    assert result.as_numpy("reason").tolist() == [b"", b""]


def test_triton_client_gets_named_classes(tritons: Any) -> None:
    best = triton.InferRequestedOutput("scores", class_count=2)
    (first, _), _ = tritons.infer("pressmark", [tensor([2], binary=True)], outputs=[best]).as_numpy("scores")
    assert first.decode().split(":")[1:] == ["0", "military"]


@pytest.mark.parametrize(("model", "version"), [("nobody", ""), ("pressmark", "0")])
def test_triton_client_is_told_what_is_not_there(tritons: Any, model: str, version: str) -> None:
    with pytest.raises(InferenceServerException) as refused:
        tritons.infer(model, [tensor([2], binary=True)], model_version=version)
    assert refused.value.status() == "404"


def request(**changes: Any) -> dict[str, Any]:
    text = {"name": "text", "shape": [2], "datatype": "BYTES", "data": [DRILL, FARM]} | changes
    return {"inputs": [text], "outputs": [{"name": "category"}]}


def data(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    told: list[Any] = answer.json()["outputs"][0]["data"]
    return told


def test_answers_are_as_documented(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    answer = client.post(INFER, json={"id": "a"} | request())
    conforms(answer.json(), "InferAnswer")
    conforms(client.get("/v2/models/pressmark").json(), "ModelMetadata")
    assert answer.json()["id"] == "a"


def test_data_may_be_nested(client: httpx.Client) -> None:
    nested = client.post(INFER, json=request(shape=[2, 1], data=[[DRILL], [FARM]]))
    assert data(nested) == data(client.post(INFER, json=request()))


def test_data_may_be_base64(client: httpx.Client) -> None:
    encoded = [base64.b64encode(text.encode()).decode() for text in (DRILL, FARM)]
    answer = client.post(INFER, json=request(data=encoded, parameters={"content_type": "base64"}))
    assert data(answer) == data(client.post(INFER, json=request()))


def test_elements_are_one_article_if_asked(client: httpx.Client) -> None:
    asked = request() | {"parameters": {"context": True}, "outputs": [{"name": "confidence"}]}
    article = client.post("/v1/classify", json={"paragraphs": [DRILL, FARM]}).json()["paragraphs"]
    assert data(client.post(INFER, json=asked)) == [part["confidence"] for part in article]


def test_nothing_known_is_no_category(client: httpx.Client) -> None:
    asked = request(data=["", "zzz qqq"]) | {"outputs": [{"name": "category"}]}
    assert data(client.post(INFER, json=asked)) == ["", ""]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "datatype": (request(datatype="FP32"), "#/inputs/0/datatype"),
    "shape of three": (request(shape=[2, 1, 1]), "#/inputs/0/shape"),
    "wrong count": (request(shape=[3]), "#/inputs/0/shape"),
    "numbers": (request(data=[1, 2]), "#/inputs/0/data"),
    "no data": ({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES"}]}, "#/inputs/0"),
    "another input": (request(name="image"), "#/inputs"),
    "another output": (request() | {"outputs": [{"name": "label"}]}, "#/outputs/0/name"),
    "no inputs": ({}, "#/inputs"),
    "bad base64": (request(parameters={"content_type": "base64"}), "#/inputs/0/data"),
    "a switch that is none": (request() | {"parameters": {"context": "yes"}}, "#/parameters/context"),
}


def expect_error(answer: httpx.Response, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    told: dict[str, str] = answer.json()
    assert list(told) == ["error"]
    return told["error"]


@pytest.mark.parametrize("case", WRONG)
def test_wrong_requests_are_told_in_the_protocols_shape(client: httpx.Client, case: str) -> None:
    asked, place = WRONG[case]
    assert expect_error(client.post(INFER, json=asked), 400).startswith(place + ":")


@pytest.mark.parametrize("length", ["9" * 5000, "9999", "-1", "+1", "1_0", "0x1", "1 2", ""])
def test_length_that_is_none_within_the_body_is_refused(client: httpx.Client, length: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    assert "not a length within" in expect_error(client.post(INFER, json=request(), headers=headers), 400)


@pytest.mark.parametrize("path", ["/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"])
def test_template_of_a_path_is_no_model(server: Server, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    assert server.send(head.encode()).startswith(b"HTTP/1.1 404 ")


def test_lengths_that_lie_are_refused(client: httpx.Client) -> None:
    body = b'{"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 6}}]}'
    headers = {"Inference-Header-Content-Length": str(len(body))}
    expect_error(client.post(INFER, content=body + b"\xff\xff\xff\xffab", headers=headers), 400)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2/nothing", 404), ("GET", INFER, 405)])
def test_other_failures_too(client: httpx.Client, method: str, path: str, status: int) -> None:
    expect_error(client.request(method, path), status)


def test_too_large_is_told_in_the_protocols_shape(small_client: httpx.Client) -> None:
    expect_error(small_client.post(INFER, json=request(data=[DRILL, "a" * 101])), 413)
    expect_error(small_client.post(INFER, json=request(data=[DRILL, "a" * 5000])), 413)


def test_output_is_given_once(client: httpx.Client) -> None:
    text = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [DRILL]}
    answer = client.post(INFER, json={"inputs": [text], "outputs": [{"name": "scores"}] * 2})
    assert (answer.status_code, answer.json()["error"]) == (400, "#/outputs/1/name: is asked for already")
