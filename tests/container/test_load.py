"""Load in small on a small container: it answers everything, and is the same process afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from connections import frozen_clients_of
from hostile import FLOODS, GROWING, SMUGGLED, SPOILT, statuses_at
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


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_gets_its_answers(survivor: Container, attack: str) -> None:
    expected = {case: [status] if status else [] for case, (status, _) in ATTACKS[attack].items()}
    assert {case: statuses_at(survivor.address, sent) for case, (_, sent) in ATTACKS[attack].items()} == expected


def test_twelve_of_the_largest_at_once_get_their_answers(survivor: Container) -> None:
    cases = sorted(GROWING, key=lambda case: len(GROWING[case][1]), reverse=True)[:12]
    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda case: statuses_at(survivor.address, GROWING[case][1]), cases))
    assert answers == [[GROWING[case][0]] for case in cases]


def test_four_times_too_much_is_answered_or_turned_away_and_probes_get_through(survivor: Container) -> None:
    service = Service(survivor.pid, survivor.address)
    seen = asyncio.run(overload.overload(service, places=4, seconds=4, measuring=1))
    assert seen.is_right, seen.told()


def test_steady_load_is_answered_and_leaves_nothing_open(survivor: Container) -> None:
    soaked = asyncio.run(soak.soak(Service(survivor.pid, survivor.address), seconds=5, measuring=2))
    assert soaked.is_right, soaked.told()
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
