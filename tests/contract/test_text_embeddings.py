"""text-embeddings-inference's classification routes, in its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import InferenceClient

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from service import Server

DRILL, FARM = "The army unit held a live-fire drill.", "The cooperative farm finished its rice harvest."
PATH = "/text-embeddings/predict"


def test_one_text_gets_every_class_the_likeliest_first(client: httpx.Client) -> None:
    told = client.post(PATH, json={"inputs": DRILL, "truncate": True}).json()
    scores = [one["score"] for one in told]
    assert (told[0]["label"], scores) == ("military", sorted(scores, reverse=True))
    assert {one["label"] for one in told} == set(client.get("/v1/model").json()["classes"])


def test_hugging_face_client_reads_the_likeliest(server: Server) -> None:
    # For the list of one text that text-embeddings-inference answers, this client hands on its first member.
    told: Any = InferenceClient(server.url + PATH).text_classification(DRILL)
    assert (told.label, told.score > 0.5) == ("military", True)


def test_several_texts_come_back_in_order(client: httpx.Client) -> None:
    told = client.post(PATH, json={"inputs": [[FARM], [DRILL]]}).json()
    assert [one[0]["label"] for one in told] == ["economy", "military"]
    assert told[1] == client.post(PATH, json={"inputs": DRILL}).json()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "flat list": ({"inputs": [DRILL, FARM]}, "ambiguous"),
    "flat list of one": ({"inputs": [DRILL]}, "ambiguous"),
    "pair": ({"inputs": [[DRILL, FARM]]}, "pairs"),
    "number": ({"inputs": 5}, "#/inputs"),
    "nothing": ({"inputs": []}, "#/inputs"),
    "no inputs": ({"input": DRILL}, "#/inputs"),
    "raw scores": ({"inputs": DRILL, "raw_scores": True}, "#/raw_scores"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_requests_are_told_in_its_shape(client: httpx.Client, case: str) -> None:
    asked, said = WRONG[case]
    answer = client.post(PATH, json=asked)
    told = answer.json()
    assert (answer.status_code, sorted(told), told["error_type"]) == (422, ["error", "error_type"], "Validation")
    assert said in told["error"]


def test_other_failures_too(client: httpx.Client) -> None:
    answer = client.post(PATH, content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "Validation")
    assert sorted(client.get("/text-embeddings/embed").json()) == ["error", "error_type"]


def test_info_tells_classes_and_limits(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    told = client.get("/text-embeddings/info").json()
    conforms(told, "InfoAnswer")
    model = client.get("/v1/model").json()
    assert list(told["model_type"]["classifier"]["label2id"]) == model["classes"]
    assert (told["model_sha"], told["max_client_batch_size"]) == (model["sha256"], model["limits"]["paragraphs"])


def test_health_is_empty(client: httpx.Client) -> None:
    answer = client.get("/text-embeddings/health")
    assert (answer.status_code, answer.content) == (200, b"")
