"""Load in small on a small container: it answers everything, and is the same process afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import memory
import pytest
from connections import frozen_clients_of
from hostile import FLOODS, GROWING, SMUGGLED, SPOILT, STATUS, WITHIN_MEGABYTES, statuses_at
from podman import HARDENED
from releases import put
from service import children, until
from traffic import traffic

from load import overload, soak
from load.service import Service
from pressmark.release import BUNDLED, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podman import Container, Podman

pytestmark = pytest.mark.container

LINE = "The farm workers of the county brought in the rice, and the unit held a drill with live shells."
LONG = "\n".join(LINE for _ in range(150))
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
HALF = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\na"

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


ATTACKS = {
    "bodies that grow when they are read": GROWING,
    "bodies that are no plain text or JSON": SPOILT,
    "too much or too little": FLOODS,
    "requests in two readings": {case: (400, sent) for case, sent in SMUGGLED.items()},
}
# Slow senders are found out soon; and on a machine that is busy with other things the last of many may wait
# long, which is not what is tested.
SETTINGS = {
    "DEADLINE": "600",
    "HEAD_TIMEOUT": "2",
    "BODY_GRACE": "2",
    "BODY_TIMEOUT": "4",
    "TEXT_EMBEDDINGS": "on",
    "LABEL_STUDIO": "on",
}


@pytest.fixture(scope="module")
def loaded(engine: Podman, image: str) -> Iterator[Container]:
    """A container of its own, so that what it does to it troubles no other test."""
    variables = [f"--env=PRESSMARK_{name}={value}" for name, value in SETTINGS.items()]
    with engine.running(image, *HARDENED, *variables) as started:
        started.await_start()
        yield started


@pytest.fixture(scope="module")
def idle(loaded: Container) -> float:
    """What its process takes before anything was asked of it, in MB."""
    return memory.resident(loaded.pid)


@pytest.fixture
def survivor(loaded: Container, idle: float) -> Iterator[Container]:
    """The container; it must stay the process that it was, within the memory that is promised, no helper killed."""
    before = loaded.pid
    yield loaded
    assert loaded.pid == before
    assert memory.most_resident(before) < idle + WITHIN_MEGABYTES
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


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_gets_its_answers(survivor: Container, attack: str) -> None:
    expected = {case: [status] if status else [] for case, (status, _) in ATTACKS[attack].items()}
    assert {case: statuses_at(survivor.address, sent) for case, (_, sent) in ATTACKS[attack].items()} == expected


def test_twelve_of_the_largest_at_once_get_their_answers(survivor: Container) -> None:
    cases = sorted(GROWING, key=lambda case: len(GROWING[case][1]), reverse=True)[:12]
    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda case: statuses_at(survivor.address, GROWING[case][1]), cases))
    assert answers == [[GROWING[case][0]] for case in cases]


SLOW = {
    "head": b"POST /classify HTTP/1.1\r\nHost: x\r\n",
    "body": b"a" * 99,
    "chunk": b"63\r\n" + b"a" * 99,
}


def trickled(address: tuple[str, int], part: str) -> int:
    """Send one byte a second of a part of a request, and all before it at once; return the status of the answer."""
    head = SLOW["head"] + b"Content-Type: text/plain\r\n"
    begun = {"body": head + b"Content-Length: 99\r\n\r\n", "chunk": head + b"Transfer-Encoding: chunked\r\n\r\n"}
    with socket.create_connection(address, timeout=1) as connection:
        connection.sendall(begun.get(part, b""))
        for at in range(len(SLOW[part])):
            connection.sendall(SLOW[part][at : at + 1])
            with suppress(TimeoutError):
                return int(STATUS.findall(connection.recv(65536))[0])
    raise AssertionError("it took all of it")


def test_thirty_who_send_one_byte_a_second_are_cut_and_others_answered_meanwhile(survivor: Container) -> None:
    with ThreadPoolExecutor(30) as senders:
        slow = [senders.submit(trickled, survivor.address, part) for part in list(SLOW) * 10]
        for _ in range(10):
            assert httpx.post(survivor.url + "/classify", json={"text": LINE}, trust_env=False).status_code == 200
        assert not any(one.done() for one in slow)
        assert [one.result(60) for one in slow] == [408] * 30


def test_four_times_too_much_is_answered_or_turned_away_and_probes_get_through(survivor: Container) -> None:
    service = Service(survivor.pid, survivor.address)
    seen = asyncio.run(overload.overload(service, places=4, seconds=4, measuring=1))
    assert seen.is_right, seen.told()


def test_steady_load_is_answered_and_leaves_nothing_open(survivor: Container) -> None:
    soaked = asyncio.run(soak.soak(Service(survivor.pid, survivor.address), seconds=5, measuring=2))
    assert soaked.is_right, soaked.told()
    assert soaked.memory.growth <= soak.MOST_GROWTH_MEGABYTES, soaked.told()
    assert soaked.descriptors_after <= soaked.descriptors_before


def test_swaps_and_refusals_under_load_fail_no_request(engine: Podman, image: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "model"))
    mount = ("--volume", f"{folder}:/model:ro", "--env", "PRESSMARK_MODEL_DIR=/model")
    with engine.running(image, *HARDENED, *mount) as swapped:
        swapped.await_start()
        first = swapped.pid
        with traffic(swapped.address[1]) as seen:
            for run in range(3):
                put(folder, f"run-{run}")
                assert swapped.exec("pressmark", "reload").stdout == "model swapped\n"
                until(lambda run=run: len(seen.answers[f"run-{run}"]) > 0)
                (folder / MANIFEST).write_text("spoilt")
                assert swapped.exec("pressmark", "reload").returncode == 1
        assert seen.lost == []
        assert set(seen.statuses) == {200}
        assert swapped.pid == first


def test_stop_under_load_loses_no_accepted_request(engine: Podman, image: str) -> None:
    """A request in work keeps the container until everybody else was refused: without it nobody would answer at all."""
    variables = [f"--env=PRESSMARK_{name}={value}" for name, value in {"DRAIN_DELAY": 0.5, "BODY_GRACE": 20}.items()]
    clients = 4
    with engine.running(image, *HARDENED, *variables) as stopped:
        stopped.await_start()
        with traffic(stopped.address[1], clients) as seen, socket.create_connection(stopped.address, 30) as in_work:
            in_work.sendall(HALF)
            until(lambda: seen.statuses[200] > 0)
            with engine.start("stop", "--time", "30", stopped.id) as stopping:
                until(lambda: seen.refused == clients)
                in_work.sendall(b"b")
                assert in_work.recv(65536).startswith(b"HTTP/1.1 200 ")
                assert stopping.wait(30) == 0
        assert seen.lost == []
        assert set(seen.statuses) == {200}
        assert stopped.inspect("State.ExitCode") == 0


def test_killed_worker_takes_only_its_own_requests_along(engine: Podman, image: str) -> None:
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_WORKERS=2") as crew:
        crew.await_start()
        first = crew.pid
        with traffic(crew.address[1]) as seen:
            until(lambda: seen.statuses[200] > 0)
            killed, survivor = sorted(children(first))
            its_own = frozen_clients_of(killed)
            os.kill(killed, signal.SIGKILL)
            until(lambda: len(children(first) - {killed}) == 2)
            marked = seen.statuses[200]
            until(lambda: seen.statuses[200] > marked)
        assert survivor in children(first)
        assert len(seen.lost) <= len(its_own)
        assert seen.refused == 0
        assert set(seen.statuses) == {200}
        assert crew.pid == first
