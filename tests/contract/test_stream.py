"""POST /v1/classify/stream: a line in, a line out, in order, in bounded memory."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import httpx
import pytest
from service import until

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

    from service import Server

PATH = "/v1/classify/stream"
NDJSON = {"Content-Type": "application/x-ndjson"}
DRILL = {"text": "The army unit held a live-fire drill."}
FARM = {"text": "The cooperative farm finished its rice harvest."}


def line(told: Any) -> bytes:
    return json.dumps(told).encode() + b"\n"


def stream(client: httpx.Client, parts: Iterable[bytes]) -> list[dict[str, Any]]:
    with client.stream("POST", PATH, content=iter(parts), headers=NDJSON) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
        return [json.loads(one) for one in answer.iter_lines()]


def test_each_line_is_answered_as_it_would_be_alone(client: httpx.Client, conforms: Callable[[Any, str], None]) -> None:
    asked = [DRILL | {"evidence": 2}, {"paragraphs": [{"id": "x", "text": FARM["text"]}], "context": False}]
    *answers, end = stream(client, [line(one) for one in asked])
    for number, (answer, one) in enumerate(zip(answers, asked, strict=True), 1):
        conforms(answer, "LineAnswer")
        assert answer == client.post("/v1/classify", json=one).json() | {"line": number}
    conforms(end, "StreamEnd")


def test_last_line_tells_that_it_is_complete(client: httpx.Client) -> None:
    end = stream(client, [line(DRILL), b"\n", b"oops\n", line(FARM)])[-1]
    counts = {name: end[name] for name in ("complete", "lines", "articles", "failed", "paragraphs")}
    assert counts == {"complete": True, "lines": 4, "articles": 2, "failed": 1, "paragraphs": 2}


def test_empty_body_is_complete(client: httpx.Client) -> None:
    (end,) = stream(client, [])
    assert (end["complete"], end["lines"]) == (True, 0)


def test_lines_may_come_in_any_pieces(client: httpx.Client) -> None:
    body = line({"id": "가"} | DRILL) + b"\r\n" + line(FARM).rstrip()
    *answers, _ = stream(client, [body[at : at + 1] for at in range(len(body))])
    assert [(one["line"], one.get("id")) for one in answers] == [(1, "가"), (3, None)]


# More than a problem tells.
MUCH_WRONG = b"{" + b", ".join(rb'"n%d": "\ud800"' % at for at in range(30))
WRONG: dict[str, tuple[bytes, int, dict[str, Any]]] = {
    "no JSON": (b"oops", 400, {}),
    "no UTF-8": (b'{"text": "\xff"}', 400, {}),
    "no object": (b"[1]", 422, {}),
    "wrong type, with an id": (b'{"id": "q", "text": 7}', 422, {"id": "q"}),
    "unusable id": (rb'{"id": "\ud800", "text": "a"}', 422, {}),
    "unusable id behind much that is wrong": (MUCH_WRONG + rb', "id": "\ud800"}', 422, {}),
    "byte order mark": (b'\xef\xbb\xbf{"id": "q", "text": 7}', 422, {"id": "q"}),
    "repeated member": (b'{"text": "a", "text": "b"}', 422, {}),
    "an option beyond its limit": (b'{"id": "e", "text": "a", "evidence": 51}', 422, {"id": "e"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_line_gets_a_problem_and_the_next_its_marks(
    client: httpx.Client, conforms: Callable[[Any, str], None], case: str
) -> None:
    content, status, given = WRONG[case]
    bad, good, end = stream(client, [content + b"\n", line(DRILL)])
    conforms(bad, "LineProblem")
    problem = bad.pop("problem")
    assert (problem["status"], bad) == (status, {"line": 1} | given)
    assert (good["line"], good["summary"]["dominant"]) == (2, "military")
    assert end["complete"] is True


def test_line_beyond_the_limit_gets_a_problem(small_client: httpx.Client) -> None:
    bad, good, _ = stream(small_client, [line({"text": "a " * 5000}), line(DRILL)])
    assert (bad["line"], bad["problem"]["status"], bad["problem"]["limit"]) == (1, 413, 4096)
    assert good["line"] == 2


def test_line_made_of_too_many_values_is_not_read_for_its_id(client: httpx.Client) -> None:
    bad, good, _ = stream(client, [b'{"id": "x", "text": [' + b"[]," * 110_000 + b"1]}\n", line(DRILL)])
    assert (bad.get("id"), bad["problem"]["type"]) == (None, "urn:pressmark:problem:too-many-values")
    assert good["line"] == 2


def test_lines_on_their_way_are_held_to_a_number_of_bytes(start: Callable[..., Server]) -> None:
    """Which finds no room is answered so; its stream goes on, and bodies have room of their own."""
    server = start("--reading-bytes", str(2**20))
    begun = b'{"text": "' + b"rice " * 140_000
    with begin(server) as one, begin(server) as other, one.makefile("rb") as first, other.makefile("rb") as second:
        one.sendall(chunk(begun))
        until(lambda: httpx.get(server.url + "/healthz", trust_env=False).status_code == 200)
        other.sendall(chunk(begun) + chunk(b'"}\n' + line(DRILL)))
        refused, marked = lines_of(second, 2)
        assert (refused["line"], refused["problem"]["type"]) == (1, "urn:pressmark:problem:overloaded")
        assert (marked["line"], marked["summary"]["dominant"]) == (2, "military")
        asked = {"paragraphs": ["rice " * 3000] * 20}
        assert httpx.post(server.url + "/classify", json=asked, trust_env=False, timeout=30).status_code == 200
        one.sendall(chunk(b'"}\n'))
        assert next(lines_of(first, 1))["problem"]["type"] == "urn:pressmark:problem:paragraph-too-long"
        other.sendall(chunk(begun + b'"}\n'))
        assert next(lines_of(second, 1))["problem"]["type"] == "urn:pressmark:problem:paragraph-too-long"


def lines_of(answer: BinaryIO, count: int) -> Iterator[dict[str, Any]]:
    """Yield the next so many lines of an answer in chunks, its head read over."""
    for row in answer:
        if row.startswith(b'{"line"'):
            yield json.loads(row)
            count -= 1
            if not count:
                return


def test_other_media_are_refused(client: httpx.Client, expect_problem: Callable[..., dict[str, Any]]) -> None:
    answer = client.post(PATH, json=DRILL)
    expect_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["accept-post"] == "application/x-ndjson"


def test_curl_gets_each_answer_before_it_sends_the_next(server: Server) -> None:
    command = ["curl", "-sS", "--no-buffer", "-X", "POST", "-T", ".", "-H", "Content-Type: application/x-ndjson"]
    with subprocess.Popen([*command, server.url + PATH], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as curl:
        assert curl.stdin is not None
        assert curl.stdout is not None
        for number in range(1, 4):
            curl.stdin.write(line(DRILL))
            curl.stdin.flush()
            assert json.loads(curl.stdout.readline())["line"] == number
        curl.stdin.close()
        assert json.loads(curl.stdout.readline())["complete"] is True


def test_a_long_feed_from_httpx_comes_back_whole_and_in_order(client: httpx.Client) -> None:
    feed = (line({"id": str(number)} | DRILL) for number in range(1000))
    *answers, end = stream(client, feed)
    assert [one["id"] for one in answers] == [str(number) for number in range(1000)]
    assert end["articles"] == 1000


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def begin(server: Server) -> socket.socket:
    connection = server.connect()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection


def test_stream_whose_body_breaks_ends_and_gives_its_place_back(start: Callable[..., Server]) -> None:
    server = start("--streams", "1")
    with begin(server) as connection:
        connection.sendall(chunk(line(DRILL)))
        answer = b""
        while b'"line":1' not in answer:
            answer += connection.recv(65536)
        connection.sendall(b"no size\r\n")
        assert b"complete" not in answer + b"".join(iter(lambda: connection.recv(65536), b""))
    sent = {"content": line(DRILL), "headers": NDJSON, "trust_env": False}
    until(lambda: httpx.post(server.url + PATH, **sent).status_code == 200)


def memory_of(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_who_does_not_read_is_not_read_from(start: Callable[..., Server]) -> None:
    """An endless body whose answers nobody reads: the sender is held back, and memory stays."""
    server = start("--drain-delay", "0")
    before = memory_of(server.process.pid)
    part = chunk(line(DRILL | {"evidence": 50}) * 100)
    sent, pending = 0, part
    with begin(server) as connection:
        connection.settimeout(0)
        # Held back: nothing more is taken for as long as many parts took before.
        while select.select([], [connection], [], 3)[1] and sent < 256 * 1024 * 1024:
            taken = connection.send(pending)
            sent += taken
            # What was taken in part goes on where it stopped, or the chunks would not be chunks.
            pending = pending[taken:] or part
    assert sent < 64 * 1024 * 1024
    assert memory_of(server.process.pid) - before < 32 * 1024 * 1024


def test_endless_line_takes_no_memory(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    before = memory_of(server.process.pid)
    *_, end = stream_to(server, (b"a" * 65536 for _ in range(512)))
    assert (end["failed"], end["complete"]) == (1, True)
    assert memory_of(server.process.pid) - before < 16 * 1024 * 1024


def stream_to(server: Server, parts: Iterator[bytes]) -> list[dict[str, Any]]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        return stream(client, parts)


def test_stop_ends_the_stream_and_says_how_far_it_came(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0")
    with begin(server) as connection, connection.makefile("rb") as answer:
        connection.sendall(chunk(line(DRILL)))
        while not answer.readline().startswith(b'{"line":1,'):
            pass
        server.process.send_signal(signal.SIGTERM)
        *_, end = [one for one in answer.read().split(b"\r\n") if one.startswith(b"{")]
    told = json.loads(end)
    assert (told["complete"], told["lines"], told["problem"]["status"]) == (False, 1, 503)
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stream_that_is_under_way_is_served_to_its_end_while_the_service_stops(
    start: Callable[..., Server], workers: str
) -> None:
    server = start("--drain-delay", "0", "--workers", workers)
    with begin(server) as connection, connection.makefile("rb") as answer:
        answers = (one for one in answer if one.startswith(b"{"))
        stopped = False
        for number in range(1, 10**6):
            connection.sendall(chunk(line(DRILL)))
            assert json.loads(next(answers))["line"] == number
            if number == 10:
                server.process.send_signal(signal.SIGTERM)
            if stopped:
                break
            stopped = not server.listens()
        connection.sendall(b"0\r\n\r\n")
        assert json.loads(next(answers))["complete"]
    assert server.process.wait(20) == 0


def test_stream_that_never_ends_is_told_how_far_it_came_before_it_would_be_cut(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "0", "--drain-timeout", "2")
    with begin(server) as connection, connection.makefile("rb") as answer:
        answers = (json.loads(one) for one in answer if one.startswith(b"{"))
        for number in range(1, 10**6):
            connection.sendall(chunk(line(DRILL)))
            if number == 2:
                server.process.send_signal(signal.SIGTERM)
            if "complete" in (told := next(answers)):
                break
    assert (told["complete"], told["lines"], told["problem"]["status"]) == (False, number - 1, 503)
    assert server.process.wait(20) == 0


def test_silence_ends_the_stream(start: Callable[..., Server]) -> None:
    server = start("--stream-silence", "0.1")
    with begin(server) as connection, connection.makefile("rb") as answer:
        while not (one := answer.readline()).startswith(b"{"):
            pass
    told = json.loads(one)
    assert (told["complete"], told["problem"]["type"]) == (False, "urn:pressmark:problem:request-too-slow")


def test_only_so_many_are_open_at_once(
    start: Callable[..., Server], expect_problem: Callable[..., dict[str, Any]]
) -> None:
    server = start("--streams", "2", "--workers", "1")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        with begin(server) as first, first.makefile("rb") as answer, begin(server) as second:
            second.sendall(chunk(line(DRILL)))
            assert answer.readline().startswith(b"HTTP/1.1 200")
            until(lambda: client.post(PATH, content=b"", headers=NDJSON).status_code == 429)
            refused = client.post(PATH, content=line(DRILL), headers=NDJSON)
            assert expect_problem(refused, 429, "too-many-streams")["limit"] == 2
            assert int(refused.headers["retry-after"]) >= 1
            assert client.post("/classify", json=DRILL).status_code == 200
            assert 'pressmark_requests_shed_total{reason="too-many-streams"} 0.0' not in client.get("/metrics").text
        until(lambda: client.post(PATH, content=line(DRILL), headers=NDJSON).status_code == 200)
