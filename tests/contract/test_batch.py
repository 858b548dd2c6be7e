"""POST /v1/classify/batch: many articles in, for each its marks or its problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

DRILL = "The army unit held a live-fire drill."
FARM = "The cooperative farm finished its rice harvest."
PATH = "/v1/classify/batch"


def send(client: httpx.Client, body: bytes | dict[str, Any]) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    marked: dict[str, Any] = answer.json()
    return marked


def test_each_article_is_marked_as_it_would_be_alone(client: httpx.Client) -> None:
    batch = send(client, {"articles": [{"text": DRILL}, {"paragraphs": [FARM, DRILL]}], "evidence": 2})
    alone = client.post("/v1/classify", json={"paragraphs": [FARM, DRILL], "evidence": 2}).json()
    article = batch["articles"][1]
    assert article["summary"] == alone["summary"]
    assert [one["category"] for one in article["paragraphs"]] == [one["category"] for one in alone["paragraphs"]]
    for together, single in zip(article["paragraphs"], alone["paragraphs"], strict=True):
        assert together["scores"] == pytest.approx(single["scores"], abs=1e-12)


def test_ids_come_back_in_order(client: httpx.Client) -> None:
    batch = send(client, {"articles": [{"id": "b", "text": DRILL}, {"text": FARM}, {"id": "b", "text": FARM}]})
    told = [(article["index"], article.get("id")) for article in batch["articles"]]
    assert told == [(0, "b"), (1, None), (2, "b")]


def test_empty_batch_is_answered(client: httpx.Client) -> None:
    assert send(client, {"articles": []})["articles"] == []


WRONG: dict[str, tuple[bytes, list[str]]] = {
    "no object": (b"5", ["#/articles/1"]),
    "both sources": (b'{"text": "a", "paragraphs": []}', ["#/articles/1"]),
    "neither source": (b'{"id": "x"}', ["#/articles/1"]),
    "unknown member": (b'{"text": "a", "language": "en"}', ["#/articles/1/language"]),
    "wrong type": (b'{"text": 7}', ["#/articles/1/text"]),
    "wrong item": (b'{"paragraphs": ["a", 7]}', ["#/articles/1/paragraphs/1"]),
    "wrong member of an item": (b'{"paragraphs": [{"text": null}]}', ["#/articles/1/paragraphs/0/text"]),
    "lone surrogate": (rb'{"text": "a \ud800"}', ["#/articles/1/text"]),
    "repeated member": (b'{"text": "a", "text": "b"}', ["#/articles/1/text"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_article_gets_a_problem_and_the_others_their_marks(
    client: httpx.Client, conforms: Callable[[Any, str], None], case: str
) -> None:
    item, pointers = WRONG[case]
    good = json.dumps({"id": "good", "text": DRILL}).encode()
    batch = send(client, b'{"articles": [' + b", ".join([good, item, good]) + b"]}")
    conforms(batch, "BatchAnswer")
    assert batch["failed"] == 1
    problem = batch["articles"][1]["problem"]
    assert (problem["status"], problem["type"]) == (422, "urn:pressmark:problem:invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert [batch["articles"][at]["paragraphs"][0]["category"] for at in (0, 2)] == ["military", "military"]


REPEATED = b'{"text": "The army drilled.", "text": "Farmers harvested rice."}'
SPOILT = rb'{"text": "The army \ud800 drilled."}'
# More wrong things than a problem tells.
MUCH_WRONG = b'{"text": "a", ' + b", ".join(b'"n%d": 1, "n%d": 1' % (at, at) for at in range(30)) + b"}"


@pytest.mark.parametrize("items", [[REPEATED] * 25, [SPOILT] * 25, [MUCH_WRONG, REPEATED, SPOILT]])
def test_no_article_is_marked_for_others_having_much_wrong(client: httpx.Client, items: list[bytes]) -> None:
    batch = send(client, b'{"articles": [' + b", ".join([*items, b'{"text": "a"}']) + b"]}")
    assert ["problem" in article for article in batch["articles"]] == [True] * len(items) + [False]
    assert all(1 <= len(article["problem"]["errors"]) <= 20 for article in batch["articles"][:-1])


@pytest.mark.parametrize("before", [0, 25])
def test_problem_of_an_article_leaves_out_an_unusable_id(client: httpx.Client, before: int) -> None:
    wrong = b"".join(rb'"n%d": "\ud800", ' % at for at in range(before))
    batch = send(client, b'{"articles": [{' + wrong + rb'"id": "\ud800", "text": "a"}]}')
    assert "id" not in batch["articles"][0]


def test_article_beyond_a_limit_gets_a_problem(small_client: httpx.Client) -> None:
    batch = send(small_client, {"articles": [{"id": "long", "text": "a" * 101}, {"text": DRILL}]})
    problem = batch["articles"][0]["problem"]
    assert (problem["status"], problem["limit"], problem["pointer"]) == (413, 100, "#/articles/0/text")
    assert batch["articles"][1]["paragraphs"][0]["category"] == "military"


def test_too_many_articles_are_refused_as_a_whole(
    small_client: httpx.Client, expect_problem: Callable[..., dict[str, Any]]
) -> None:
    answer = small_client.post(PATH, json={"articles": [{"text": DRILL}] * 3})
    assert expect_problem(answer, 413, "too-many-articles")["limit"] == 2


def test_too_many_articles_are_refused_even_if_one_is_wrong(
    small_client: httpx.Client, expect_problem: Callable[..., dict[str, Any]]
) -> None:
    answer = small_client.post(PATH, json={"articles": [5, 5, 5]})
    expect_problem(answer, 413, "too-many-articles")


WHOLE: dict[str, tuple[bytes, list[str]]] = {
    "no articles": (b"{}", ["#/articles"]),
    "articles no list": (b'{"articles": {}}', ["#/articles"]),
    "unknown member": (b'{"articles": [], "articels": []}', ["#/articels"]),
    "wrong option": (b'{"articles": [5], "context": 1}', ["#/context"]),
    "repeated option": (b'{"articles": [], "evidence": 1, "evidence": 2}', ["#/evidence"]),
    "repeated articles": (b'{"articles": [], "articles": []}', ["#/articles"]),
    "no object": (b"[]", ["#"]),
}


@pytest.mark.parametrize("case", WHOLE)
def test_wrong_batch_is_refused_as_a_whole(
    client: httpx.Client, expect_problem: Callable[..., dict[str, Any]], case: str
) -> None:
    body, pointers = WHOLE[case]
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    problem = expect_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == pointers


def test_batch_is_json_only(client: httpx.Client, expect_problem: Callable[..., dict[str, Any]]) -> None:
    answer = client.post(PATH, content=DRILL, headers={"Content-Type": "text/plain"})
    expect_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("item", [b'{"text": NaN}', b"[" * 300 + b"]" * 300, b'{"text": "\xff"}', b'{"text": "a}'])
def test_broken_json_is_refused_as_a_whole(
    client: httpx.Client, expect_problem: Callable[..., dict[str, Any]], item: bytes
) -> None:
    content = b'{"articles": [' + item + b"]}"
    answer = client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    expect_problem(answer, 400, "malformed-json")
