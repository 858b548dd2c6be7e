"""What cannot be read or is wrong: the right status, pointers to the place, and never the text."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from service import Server

    ExpectProblem = Callable[..., dict[str, Any]]
    Pointers = Callable[[dict[str, Any]], list[str]]

JSON = {"Content-Type": "application/json"}
MARKER = "Sunchon-93-secret"


def post(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    return client.post("/v1/classify", content=content, headers=JSON | headers)


NOT_JSON = {
    "empty": b"",
    "words": b"the army",
    "cut off": b'{"text": "a',
    "more after it": b'{"text": "a"} {}',
    "single quotes": b"{'text': 'a'}",
    "comma at the end": b'{"text": "a",}',
    "NaN": b'{"evidence": NaN}',
    "Infinity": b'{"text": "a", "evidence": -Infinity}',
    "control character in a string": b'{"text": "a\nb"}',
    "invalid UTF-8": b'{"text": "\xff\xfe"}',
    "overlong UTF-8": b'{"text": "\xc0\xaf"}',
    "UTF-8 surrogate": b'{"text": "\xed\xa0\x80"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "broken escape": rb'{"text": "\ud8"}',
    "nested 100,000 deep": b"[" * 100_000,
    "nested 100,000 deep inside": b'{"text": ' + b'{"a":' * 100_000,
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_what_is_no_json_is_malformed(client: httpx.Client, expect_problem: ExpectProblem, case: str) -> None:
    expect_problem(post(client, NOT_JSON[case]), 400, "malformed-json")


def test_plain_text_that_is_no_utf8_is_malformed(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    answer = client.post("/v1/classify", content="군대".encode("euc-kr"), headers={"Content-Type": "text/plain"})
    expect_problem(answer, 400, "malformed-text")


INVALID: dict[str, tuple[bytes, list[str]]] = {
    "both sources": (b'{"text": "a", "paragraphs": ["a"]}', ["#"]),
    "neither source": (b"{}", ["#"]),
    "no object": (b'"text"', ["#"]),
    "null": (b"null", ["#"]),
    "unknown member": (b'{"text": "a", "txt": "b"}', ["#/txt"]),
    "null text": (b'{"text": null}', ["#/text"]),
    "number for text": (b'{"text": 5}', ["#/text"]),
    "text for paragraphs": (b'{"paragraphs": "a"}', ["#/paragraphs"]),
    "number for a paragraph": (b'{"paragraphs": ["a", 5]}', ["#/paragraphs/1"]),
    "paragraph without text": (b'{"paragraphs": [{"id": "a"}]}', ["#/paragraphs/0/text"]),
    "number for an id": (b'{"paragraphs": [{"id": 5, "text": "a"}]}', ["#/paragraphs/0/id"]),
    "id too long": (b'{"paragraphs": [{"id": "%b", "text": "a"}]}' % (b"a" * 201), ["#/paragraphs/0/id"]),
    "unknown member of a paragraph": (
        b'{"paragraphs": [{"text": "a", "lang": "en"}]}',
        ["#/paragraphs/0/lang"],
    ),
    "unknown split": (b'{"text": "a", "split": "words"}', ["#/split"]),
    "word for a switch": (b'{"text": "a", "context": "yes"}', ["#/context"]),
    "number for a switch": (b'{"text": "a", "abstain": 1}', ["#/abstain"]),
    "fraction for a count": (b'{"text": "a", "evidence": 1.5}', ["#/evidence"]),
    "switch for a count": (b'{"text": "a", "evidence": true}', ["#/evidence"]),
    "negative count": (b'{"text": "a", "evidence": -1}', ["#/evidence"]),
    "huge count": (b'{"text": "a", "evidence": 1e999}', ["#/evidence"]),
    "count beyond the limit": (b'{"text": "a", "evidence": 51}', ["#/evidence"]),
    "several things": (b'{"text": 5, "context": 5}', ["#/context", "#/text"]),
    "lone leading surrogate": (rb'{"text": "a \ud800 b"}', ["#/text"]),
    "lone trailing surrogate": (rb'{"text": "\udc00"}', ["#/text"]),
    "surrogates in the wrong order": (rb'{"text": "\udc00\ud800"}', ["#/text"]),
    "lone surrogate in a paragraph": (rb'{"paragraphs": ["a", {"text": "\ud83d"}]}', ["#/paragraphs/1/text"]),
    "lone surrogate in a name": (rb'{"text": "a", "\ud83d": 1}', ["#"]),
    "repeated text": (b'{"text": "a", "text": "a"}', ["#/text"]),
    "repeated option": (b'{"text": "a", "context": true, "context" : false}', ["#/context"]),
    "repeated by an escape": (rb'{"text": "a", "\u0074ext": "b"}', ["#/text"]),
    "repeated in a paragraph": (b'{"paragraphs": [{"text": "a", "text": "b"}]}', ["#/paragraphs/0/text"]),
}


@pytest.mark.parametrize("case", INVALID)
def test_what_is_wrong_is_pointed_at(
    client: httpx.Client, expect_problem: ExpectProblem, pointers: Pointers, case: str
) -> None:
    body, places = INVALID[case]
    assert pointers(expect_problem(post(client, body), 422, "invalid-request")) == places


def test_very_long_numbers_are_refused(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    body = b'{"text": "a", "evidence": ' + b"1" * 10_000 + b"}"
    expect_problem(post(client, body), 400, "malformed-json")


def test_many_wrong_items_get_a_short_answer(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    answer = post(client, b'{"paragraphs": [' + b",".join([b"5"] * 99_000) + b"]}")
    expect_problem(answer, 422, "invalid-request")
    assert len(answer.content) < 1000


def test_many_unknown_members_get_a_short_answer(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    answer = post(client, json.dumps({f"m{at}": 1 for at in range(60_000)}).encode())
    expect_problem(answer, 422, "invalid-request")
    assert len(answer.content) < 4000


ECHOES = {
    "as a value": json.dumps({"text": [MARKER]}).encode(),
    "as an option": json.dumps({"text": "a", "split": MARKER}).encode(),
    "as an item": json.dumps({"paragraphs": [[MARKER]]}).encode(),
    "as a name with spaces": json.dumps({f"The {MARKER} article": 1}).encode(),
    "not JSON": MARKER.encode(),
    "cut off": b'{"text": "' + MARKER.encode(),
    "before bad bytes": b'{"text": "' + MARKER.encode() + b'\xff"}',
    "with a surrogate": b'{"text": "' + MARKER.encode() + rb'\ud800"}',
    "twice": json.dumps({"text": MARKER}).encode()[:-1] + b', "text": "' + MARKER.encode() + b'"}',
}


@pytest.mark.parametrize("case", ECHOES)
def test_no_problem_repeats_the_text(client: httpx.Client, case: str) -> None:
    answer = post(client, ECHOES[case])
    assert answer.status_code in range(400, 500)
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    "declared",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "text/plain; charset=euc-kr",
        "text/html",
        "application/jsonx",
        ", application/json",
    ],
)
def test_other_media_are_refused(client: httpx.Client, expect_problem: ExpectProblem, declared: str) -> None:
    answer = client.post("/v1/classify", content=b'{"text": "a"}', headers={"Content-Type": declared})
    expect_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["accept-post"] == "application/json, text/plain"


@pytest.mark.parametrize("path", ["/v2/models/{model}/infer", "/v2/models/%7Bmodel%7D/infer"])
def test_template_of_a_route_is_a_path_like_any_other(server: Server, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    answer = server.send(head.encode() + b"{}")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert not [line for line in server.lines() if line["level"] == "error"]


def test_missing_media_type_is_refused(client: httpx.Client, expect_problem: ExpectProblem) -> None:
    expect_problem(client.post("/v1/classify", content=b'{"text": "a"}'), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "declared",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; Charset="UTF-8"',
        "application/json; profile=x",
        "text/plain",
        "text/plain; charset=us-ascii",
        "text/plain;charset=utf8; format=flowed",
    ],
)
def test_ways_to_say_json_or_text_are_understood(client: httpx.Client, declared: str) -> None:
    answer = client.post("/v1/classify", content=b'{"text": "a"}', headers={"Content-Type": declared})
    assert answer.status_code == 200


def test_json_may_begin_with_a_byte_order_mark(client: httpx.Client) -> None:
    assert post(client, b'\xef\xbb\xbf{"text": "a"}').status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
def test_compressed_bodies_are_refused(client: httpx.Client, expect_problem: ExpectProblem, coding: str) -> None:
    answer = post(client, gzip.compress(b'{"text": "a"}'), **{"Content-Encoding": coding})
    expect_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["accept-encoding"] == "identity"


def test_identity_coding_is_no_coding(client: httpx.Client) -> None:
    assert post(client, b'{"text": "a"}', **{"Content-Encoding": "identity"}).status_code == 200


MANY_NAMES = b",".join(b'"%d":1' % number for number in range(75_000))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b'{"text":"a",', "has 75000 things wrong with it, too many to tell"),
        (b'{"text":"a","text":"NaN",', "is given more than once"),
    ],
    ids=["unknown", "repeated"],
)
def test_a_hundred_thousand_wrong_members_are_refused_in_time(
    client: httpx.Client, expect_problem: ExpectProblem, start: bytes, expected: str
) -> None:
    # In the time that the client waits: telling each from all others would take half an hour.
    problem = expect_problem(post(client, start + MANY_NAMES + b"}"), 422, "invalid-request")
    assert [error["detail"] for error in problem["errors"]] == [expected]
