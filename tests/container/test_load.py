"""Load in small on a small container: it answers everything, and is the same process afterwards."""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from podman import HARDENED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podman import Container, Podman

pytestmark = pytest.mark.container

LINE = "The farm workers of the county brought in the rice, and the unit held a drill with live shells."
LONG = "\n".join(LINE for _ in range(150))
# A little less than the largest body that is taken.
FULL = 1_000_000
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}

KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "line": (200, {"url": "/classify", "content": LINE, "headers": TEXT}),
    "article": (200, {"url": "/v1/classify", "json": {"text": LONG}}),
    "evidence": (200, {"url": "/v1/classify", "json": {"paragraphs": [LINE] * 20, "evidence": 50}}),
    "batch": (200, {"url": "/v1/classify/batch", "json": {"articles": [{"text": LINE}] * 100}}),
    "document": (200, {"url": "/openapi.json", "method": "GET"}),
    "ready": (200, {"url": "/readyz", "method": "GET"}),
    "no JSON": (400, {"url": "/v1/classify", "content": b"[" * 100_000, "headers": JSON}),
    "wrong": (422, {"url": "/v1/classify", "json": {"text": LINE, "paragraphs": []}}),
    "no place": (404, {"url": "/v1/classify/all", "method": "GET"}),
    "too large": (413, {"url": "/classify", "content": b"a" * 3_000_000, "headers": TEXT}),
}


def filled(start: str, item: str, end: str) -> bytes:
    """Return a body as large as is taken, made of as many items as fit."""
    return (start + item * ((FULL - len(start) - len(end)) // len(item)) + end).encode()


# Each is read into many times its size, or would be if it were read carelessly.
HOSTILE: dict[str, tuple[int, str, bytes]] = {
    "lines": (413, "/classify", filled('{"text":"', "a\\n", '"}')),
    "paragraphs": (413, "/classify", filled('{"paragraphs":[', '"",', '""]}')),
    "objects": (413, "/classify", filled('{"paragraphs":[', '{"text":""},', '""]}')),
    "lists for a text": (413, "/classify", filled('{"text":["NaN",', "[],", "1]}")),
    "numbers": (413, "/classify", filled('{"paragraphs":["NaN",', "1,", "1]}")),
    "names": (413, "/classify", filled('{"a":1', ',"a":1', "}")),
    "articles": (413, "/v1/classify/batch", filled('{"articles":[', "{},", "{}]}")),
    "lists in an article": (413, "/v1/classify/batch", filled('{"articles":[{"text":[', "[],", "1]}]}")),
    "depth": (400, "/classify", filled('{"text":', "[", "")),
}


@pytest.fixture(scope="module")
def loaded(engine: Podman, image: str) -> Iterator[Container]:
    """A container of its own, so that what it does to it troubles no other test."""
    # On a machine that is busy with other things the last of many may wait long; that is not what is tested.
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_DEADLINE=600") as started:
        started.await_start()
        yield started


@pytest.fixture
def survivor(loaded: Container) -> Iterator[Container]:
    """The container; in the end it must be the process that it was, and none of its helpers killed."""
    before = loaded.pid
    yield loaded
    assert loaded.pid == before
    events = loaded.cgroup("memory.events", "memory/memory.oom_control")
    assert re.findall(r"^oom_kill (\d+)$", events, re.MULTILINE) == ["0"]
    assert loaded.health() == 0


def test_two_hundred_requests_of_many_kinds_are_answered(survivor: Container) -> None:
    rounds = 20
    with (
        httpx.Client(base_url=survivor.url, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(4) as callers,
    ):

        def ask(kind: str) -> tuple[str, int]:
            return kind, client.request(**{"method": "POST"} | KINDS[kind][1]).status_code

        answers = list(callers.map(ask, list(KINDS) * rounds))
    assert len(answers) == 200
    assert set(answers) == {(kind, status) for kind, (status, _) in KINDS.items()}


@pytest.mark.parametrize("case", HOSTILE)
def test_body_that_grows_when_it_is_read_is_answered(survivor: Container, case: str) -> None:
    status, path, body = HOSTILE[case]
    answer = httpx.post(survivor.url + path, content=body, headers=JSON, trust_env=False, timeout=60)
    assert answer.status_code == status


def test_many_such_bodies_at_once_are_answered(survivor: Container) -> None:
    def send(case: str) -> tuple[str, int]:
        _, path, body = HOSTILE[case]
        answer = httpx.post(survivor.url + path, content=body, headers=JSON, trust_env=False, timeout=60)
        return case, answer.status_code

    cases = [*HOSTILE, "objects", "lists for a text", "lists in an article"]
    with ThreadPoolExecutor(len(cases)) as callers:
        answers = list(callers.map(send, cases))
    assert answers == [(case, HOSTILE[case][0]) for case in cases]


def test_announced_gigabyte_is_refused_before_it_is_sent(survivor: Container) -> None:
    with socket.create_connection(survivor.address, timeout=30) as connection:
        connection.sendall(
            b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_body_without_an_end_is_refused_while_it_is_sent(survivor: Container) -> None:
    sent = (b"a" * 65536 for _ in range(1_000))
    answer = httpx.post(survivor.url + "/classify", content=sent, headers=TEXT, trust_env=False, timeout=60)
    assert answer.status_code == 413
    assert json.loads(answer.content)["type"] == "urn:pressmark:problem:body-too-large"
