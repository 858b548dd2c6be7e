"""Submitted text stays between client and judge: every route and every error, then a search of all outputs.

Names of members are no text: a problem points at them, so that the sender finds what is wrong.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from service import COMMAND, Server, serving

from pressmark_service.problems import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "Hyesan-sentence-that-nobody-may-keep"
BROKEN = (sys.executable, str(Path(__file__).parent.parent / "support" / "broken_service.py"))
HELD = (sys.executable, str(Path(__file__).parent.parent / "support" / "held_service.py"))
POST = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
STREAM = (
    b"POST /v1/classify/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n99\r\n"
)
JSON = {"Content-Type": "application/json"}
LIMITS = (
    *("--paragraph-characters", "5000", "--paragraphs", "9", "--articles", "3"),
    *("--batch-paragraphs", "20"),  # and five JSON values for each
)
ADAPTERS = ("--text-embeddings", "on", "--label-studio", "on")
TEXT = {"Content-Type": "text/plain"}
LINES = {"Content-Type": "application/x-ndjson"}
INTERFACE = "<View><Text name='t' value='$text'/><Labels name='l' toName='t'><Label value='military'/></Labels></View>"
PATHS = [
    *("/classify", "/v1/classify", "/v1/classify/batch", "/v1/classify/stream"),
    *("/v2", f"/v2/models/{MARKER}", "/v2/models/pressmark/infer", f"/v2/models/pressmark/versions/{MARKER}/infer"),
    *("/text-embeddings/predict", "/text-embeddings/info", f"/text-embeddings/{MARKER}"),
    *("/label-studio/predict", "/label-studio/setup", "/label-studio/health"),
    *("/v1/model", "/metrics", "/health", "/docs", f"/{MARKER}"),
]


def tensor(**members: object) -> dict[str, object]:
    return {"name": "text", "shape": [1], "datatype": "BYTES", "data": [MARKER], **members}


SENT: dict[str, dict[str, Any]] = {
    "an article": {"json": {"text": MARKER, "evidence": 9}},
    "paragraphs": {"json": {"paragraphs": [MARKER, {"id": "a", "text": MARKER}]}},
    "a batch": {"json": {"articles": [{"text": MARKER}, {"text": [MARKER]}, MARKER]}},
    "plain text": {"content": MARKER.encode(), "headers": TEXT},
    "a wrong type": {"json": {"text": [MARKER]}},
    "a wrong member": {"json": {"text": "a", "surplus": MARKER}},
    "a member twice": {"content": f'{{"text":"{MARKER}","text":"{MARKER}"}}'.encode(), "headers": JSON},
    "no JSON": {"content": b'{"text":"' + MARKER.encode(), "headers": JSON},
    "a lone surrogate": {"content": b'{"text":"' + MARKER.encode() + b'\\ud800"}', "headers": JSON},
    "no UTF-8": {"content": MARKER.encode() + b"\xff", "headers": TEXT},
    "too much": {"content": MARKER.encode() * 99_999, "headers": JSON},
    "too long a paragraph": {"json": {"text": MARKER * 999}},
    "too many paragraphs": {"json": {"paragraphs": [MARKER] * 10}},
    "too many articles": {"json": {"articles": [{"text": MARKER}] * 4}},
    "too many values": {"json": {"text": MARKER, "more": [MARKER] * 101}},
    "a wrong media type": {"content": MARKER.encode(), "headers": {"Content-Type": MARKER}},
    "a query and headers": {"json": {"text": MARKER}, "params": {"q": MARKER}, "headers": {"Cookie": MARKER}},
    "too large a head": {"headers": {"X-Long": MARKER * 999}},
    "a request id": {"json": {"text": "a"}, "headers": {"X-Request-ID": MARKER + "\u00a0"}},
    "lines": {"content": f'{{"text":"{MARKER}"}}\n{MARKER}\n{{"text":["{MARKER}"]}}\n'.encode(), "headers": LINES},
    "a line too long": {"content": f'{{"text":"{MARKER * 30_000}"}}\n'.encode(), "headers": LINES},
    "a line cut off": {"content": f'{{"text":"{MARKER}'.encode(), "headers": LINES},
    "a tensor": {"json": {"inputs": [tensor()]}},
    "a tensor of another name": {"json": {"inputs": [tensor(name=MARKER)]}},
    "a tensor of another type": {"json": {"inputs": [tensor(datatype=MARKER)]}},
    "a tensor of another shape": {"json": {"inputs": [tensor(shape=[2])]}},
    "a tensor that is no base64": {"json": {"inputs": [tensor(parameters={"content_type": "base64"})]}},
    "an output of another name": {"json": {"inputs": [tensor()], "outputs": [{"name": MARKER}]}},
    "a switch that is none": {"json": {"inputs": [tensor()], "parameters": {"context": MARKER}}},
    "inputs": {"json": {"inputs": MARKER}},
    "a pair of inputs": {"json": {"inputs": [MARKER, MARKER]}},
    "wrong inputs": {"json": {"inputs": {"text": MARKER}, "raw_scores": MARKER}},
    "tasks": {"json": {"tasks": [{"data": {"text": MARKER}}], "label_config": INTERFACE}},
    "tasks without the text": {"json": {"tasks": [{"data": {"other": MARKER}}], "label_config": INTERFACE}},
    "an interface that is none": {"json": {"tasks": [], "label_config": MARKER, "schema": MARKER}},
    "an interface for others": {"json": {"tasks": [], "schema": INTERFACE.replace("military", MARKER)}},
    "a key": {"json": {"text": "a"}, "headers": {"Authorization": f"Bearer {MARKER}"}},
}


NO_REQUESTS = [
    f"{sent}\r\n\r\n".encode() for sent in (MARKER, f"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: {MARKER}")
]
BY_TOO_MUCH_TO_DO = {"too-many-streams", "request-too-slow", "deadline-passed", "overloaded"}
BY_STOPPING = {"not-ready"}
BY_KEYS = {"unauthorized", "rate-limited"}


@pytest.fixture(scope="module", params=["sound", "failing"])
def watched(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("watched") / "log"
    program = {"program": BROKEN} if request.param == "failing" else {}
    with serving(log, *LIMITS, *ADAPTERS, **program) as server:
        yield server


def encoded(sent: dict[str, Any]) -> dict[str, Any]:
    headers = {name: value.encode() for name, value in sent.get("headers", {}).items()}
    return {**sent, "headers": headers}


def test_every_route_that_takes_a_body_is_among_those_asked(watched: Server) -> None:
    told = httpx.get(watched.url + "/openapi.json", trust_env=False).json()["paths"]
    taking = {path for path, operations in told.items() if "post" in operations}
    patterns = {path: re.sub(r"\{\w+\}", "[^/]+", path) for path in taking}
    assert [path for path in patterns if not any(re.fullmatch(patterns[path], asked) for asked in PATHS)] == []


@pytest.mark.parametrize("case", SENT)
def test_text_is_in_no_log_and_in_no_problem(watched: Server, case: str) -> None:
    with httpx.Client(base_url=watched.url, trust_env=False) as client:
        for path in PATHS:
            for method in ("POST", "PUT", "GET"):
                answer = client.request(method, path, **encoded(SENT[case]))
                assert MARKER not in answer.text
                assert MARKER not in str(answer.headers)
        assert MARKER not in client.get("/metrics").text
    assert MARKER not in watched.log.read_text("utf-8")


@pytest.mark.parametrize("watched", ["failing"], indirect=True)
def test_no_problem_is_left_out(watched: Server) -> None:
    """The tests here are to provoke each that there is, also those still to come."""
    with httpx.Client(base_url=watched.url, trust_env=False) as client:
        answers = [client.post(path, **encoded(sent)).text for sent in SENT.values() for path in PATHS]
        answers += [client.put(PATHS[0], json={"text": MARKER}).text]
    answers += [watched.send(sent).decode() for sent in NO_REQUESTS]
    answers += [
        httpx.get(watched.url + "/metrics", trust_env=False).text
    ]  # adapters name no problem in what they answer
    provoked = seen(answers, watched) | BY_TOO_MUCH_TO_DO | BY_STOPPING | BY_KEYS
    assert {kind.slug for kind in TABLE} - provoked == set()


def test_text_on_a_broken_connection_is_in_no_log(watched: Server) -> None:
    for sent in NO_REQUESTS:
        assert MARKER.encode() not in watched.send(sent)
    with watched.connect() as connection:
        connection.sendall(b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n" + MARKER.encode())
    assert httpx.get(watched.url + "/healthz", trust_env=False).status_code == 200
    assert MARKER not in watched.log.read_text("utf-8")


def seen(answers: list[str], server: Server) -> set[str]:
    """Return which problems the answers or figures tell, none of them and no log with the text."""
    told = "".join(answers)
    assert MARKER not in told
    assert MARKER not in server.log.read_text("utf-8")
    return set(re.findall(r'(?:urn:pressmark:problem:|_problems_total\{problem=")([\w-]+)', told))


def test_text_is_in_no_problem_of_a_service_with_too_much_to_do(tmp_path: Path) -> None:
    limits = {"--requests": "1", "--streams": "1", "--deadline": "0.3", "--body-grace": "0.3", "--body-rate": "100000"}
    flags = [text for pair in limits.items() for text in pair]
    half = f"Content-Length: 999\r\n\r\n{MARKER}"
    with serving(tmp_path / "log", *flags, program=HELD) as server, server.connect() as stream:
        stream.sendall(STREAM + f'{{"text":"{MARKER}\r\n'.encode())
        assert stream.recv(65536).startswith(b"HTTP/1.1 200 ")
        answers = [
            httpx.post(server.url + "/v1/classify/stream", content=MARKER, headers=LINES, trust_env=False).text,
            server.send(POST + half.encode()).decode(),
            httpx.post(server.url + "/classify", json={"text": MARKER}, trust_env=False).text,
            httpx.post(server.url + "/classify", json={"text": MARKER}, trust_env=False).text,
            httpx.get(server.url + "/metrics", trust_env=False).text,
        ]
        server.process.send_signal(signal.SIGUSR1)
        assert seen(answers, server) == BY_TOO_MUCH_TO_DO


def test_text_is_in_no_problem_of_a_service_that_stops(tmp_path: Path) -> None:
    flags = ("--drain-delay", "0", "--drain-timeout", "1", "--body-grace", "600", "--body-timeout", "600")
    with serving(tmp_path / "log", *flags) as server, server.connect() as half, server.connect() as stream:
        half.sendall(POST + f"Content-Length: 999\r\n\r\n{MARKER}".encode())
        stream.sendall(STREAM + f'{{"text":"{MARKER}\r\n'.encode())
        assert stream.recv(65536).startswith(b"HTTP/1.1 200 ")
        server.process.terminate()
        answers = [one.makefile("rb").read().decode() for one in (half, stream)]
        assert server.process.wait(20) == 0
        assert ["not-ready" in one for one in answers] == [True, True]
        assert seen(answers, server) == BY_STOPPING


def test_text_is_in_no_problem_of_a_key(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    made = subprocess.run([COMMAND, "keys", "add", "desk", "--file", str(keys)], capture_output=True, check=True)
    key = {"X-API-Key": made.stdout.decode().strip()}
    with serving(tmp_path / "log", "--key-file", str(keys), "--rate-limit", "1/hour") as server:
        asked = ({}, key, key)
        url, body = server.url + "/classify", {"text": MARKER}
        answers = [httpx.post(url, json=body, headers=headers, trust_env=False).text for headers in asked]
        assert seen(answers, server) == BY_KEYS


def test_text_is_in_no_file_of_the_service(watched: Server) -> None:
    """It has no file open for writing but its log and standard output."""
    opened = Path(f"/proc/{watched.process.pid}/fd")
    targets = {str(one.readlink()) for one in opened.iterdir()}
    files = {one for one in targets if one.startswith("/") and not one.startswith("/dev/")}
    assert files <= {str(watched.log)}
