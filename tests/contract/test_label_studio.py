"""A Label Studio ML backend, asked as Label Studio asks: the requests have the members that it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

DRILL, FARM = "The army unit held a live-fire drill.", "The cooperative farm finished its rice harvest."
CHOICES = """
<View>
  <Header value="What is it about?"/>
  <Text name="article" value="$body"/>
  <Choices name="subject" toName="article" choice="single">
    <Choice value="Military"/><Choice value="Farming &amp; trade" alias="economy"/><Choice value="Sport"/>
  </Choices>
</View>"""
LABELS = (
    '<View><Labels name="marks" toName="t"><Label value="military"/><Label value="economy"/></Labels>'
    '<Text name="t" value="$text"/></View>'
)


def predict(client: httpx.Client, interface: str, *data: dict[str, Any]) -> httpx.Response:
    asked = {
        "tasks": [{"id": at, "data": one, "annotations": [], "predictions": []} for at, one in enumerate(data)],
        "model_version": None,
        "project": "7.1700000000",
        "label_config": interface,
        "params": {"login": None, "password": None, "context": None},
    }
    return client.post("/label-studio/predict", json=asked)


def test_it_is_up(client: httpx.Client) -> None:
    assert client.get("/label-studio/health").json()["status"] == "UP"


def test_project_is_set_up(client: httpx.Client) -> None:
    asked = {"project": "7.1700000000", "schema": CHOICES, "hostname": "http://localhost:8080", "access_token": "t"}
    version = client.get("/v1/model").json()["version"]
    assert client.post("/label-studio/setup", json=asked).json() == {"model_version": version}


def test_tasks_get_choices_of_the_interface(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    told = predict(client, CHOICES, {"body": DRILL}, {"body": FARM}, {"body": "zzz"}).json()
    conforms(told, "TasksAnswer")
    results = [one["result"] for one in told["results"]]
    assert [[region["value"] for region in one] for one in results] == [
        [{"choices": ["Military"]}],
        [{"choices": ["Farming & trade"]}],
        [],
    ]
    region = results[0][0]
    assert (region["from_name"], region["to_name"], region["type"]) == ("subject", "article", "choices")


def test_paragraphs_get_labels(client: httpx.Client) -> None:
    text = f"{DRILL}\n{FARM}"
    (told,) = predict(client, LABELS, {"text": text}).json()["results"]
    values = [region["value"] for region in told["result"]]
    assert [(text[one["start"] : one["end"]], one["labels"]) for one in values] == [
        (DRILL, ["military"]),
        (FARM, ["economy"]),
    ]


BOMB = '<!DOCTYPE a [<!ENTITY b "cc">]><View><Text name="t" value="$text"/></View>'


@pytest.mark.parametrize(
    "interface", ["", "<View>", "<View/>", BOMB, LABELS.replace("military", "x").replace("eco", "")]
)
def test_interface_without_use_is_refused(client: httpx.Client, interface: str) -> None:
    answer = predict(client, interface, {"text": DRILL})
    assert (answer.status_code, list(answer.json())) == (422, ["error"])
    assert answer.json()["error"].startswith("#/label_config:")


@pytest.mark.parametrize("encoding", ["euc-kr", "nope", "utf-16", "utf-7", "idna", "hex", "UTF-8"])
def test_encoding_that_an_interface_declares_means_nothing_in_json(client: httpx.Client, encoding: str) -> None:
    interface = f'<?xml version="1.0" encoding="{encoding}"?>' + LABELS.replace('ame="t"', 'ame="글"')
    (told,) = predict(client, interface, {"text": DRILL}).json()["results"]
    assert (told["result"][0]["to_name"], told["result"][0]["value"]["labels"]) == ("글", ["military"])


def test_task_without_the_text_is_refused(client: httpx.Client) -> None:
    answer = predict(client, CHOICES, {"body": DRILL}, {"text": DRILL})
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (422, "#/tasks/1/data/body")


def test_other_failures_too(client: httpx.Client) -> None:
    assert list(client.get("/label-studio/nothing").json()) == ["error"]
    assert list(client.get("/label-studio/predict").json()) == ["error"]
