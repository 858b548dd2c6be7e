"""Stops, killed workers and swaps while requests come in. `make faults RUNS=200` for the full figures."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from pathlib import Path
from threading import Event

import httpx
import pytest
from connections import frozen_clients_of
from releases import put
from service import serving, until
from traffic import PARAGRAPHS, traffic

import pressmark
from pressmark.release import BUNDLED

RUNS = int(os.environ.get("FAULT_RUNS", "3"))


def wait_a_random_moment(seed: int) -> None:
    """Let traffic run; the moment is drawn, not waited for: nothing is synchronised by it."""
    Event().wait(random.Random(seed).uniform(0.02, 0.4))


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("workers", ["1", "2"])
def test_stop_under_load_loses_no_accepted_request(tmp_path: Path, run: int, workers: str) -> None:
    with serving(tmp_path / "log", "--workers", workers, "--drain-delay", "0.2", "--access-log", "off") as server:
        with traffic(server.port) as seen:
            until(lambda: seen.statuses[200] > 0)
            wait_a_random_moment(run)
            server.process.terminate()
            assert server.process.wait(30) == 0
        assert seen.lost == []
        assert set(seen.statuses) == {200}


def test_killed_workers_take_only_their_own_requests_along(tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--workers", "2", "--access-log", "off") as server:
        with traffic(server.port) as seen:
            for run in range(RUNS):
                until(lambda: len(server.workers()) == 2)
                before = seen.statuses[200]
                until(lambda before=before: seen.statuses[200] > before)
                lost = len(seen.lost)
                killed, survivor = random.Random(run).sample(sorted(server.workers()), 2)
                clients = frozen_clients_of(killed)
                os.kill(killed, signal.SIGKILL)
                assert httpx.get(server.url + "/readyz", trust_env=False).status_code == 200
                until(lambda killed=killed: killed not in server.workers() and len(server.workers()) == 2)
                before = seen.statuses[200]
                until(lambda before=before: seen.statuses[200] > before)
                assert survivor in server.workers()
                assert {one.port for one in seen.lost[lost:]} <= clients, seen.lost[lost:]
        assert seen.refused == 0
        assert set(seen.statuses) == {200}


# One is judged on the loop, the other long enough in the thread that models change under it.
_ASKED = {
    "article": ("/classify", {"paragraphs": PARAGRAPHS}),
    "batch": ("/v1/classify/batch", {"articles": [{"paragraphs": PARAGRAPHS}] * 150, "evidence": 3}),
}


@pytest.mark.parametrize("kind", _ASKED)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_swaps_under_load_fail_no_request_and_mix_no_models(tmp_path: Path, workers: str, kind: str) -> None:
    """Every model has margins of its own; an answer is all by the one that it names."""
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "model"))
    path, asked = _ASKED[kind]
    expected = {pressmark.load().version: scores_by(folder)}
    with serving(tmp_path / "log", "--model", str(folder), "--workers", workers, "--access-log", "off") as server:
        with traffic(server.port, path=path, body=json.dumps(asked)) as seen:
            for run in range(RUNS):
                put(folder, f"run-{run}", stretch=1 + (run + 1) / 100)
                expected[f"run-{run}"] = scores_by(folder)
                server.process.send_signal(signal.SIGHUP)
                until(lambda run=run: len(seen.answers[f"run-{run}"]) > 0)
        assert seen.lost == []
        assert set(seen.statuses) == {200}
    for version, answers in seen.answers.items():
        (answer,) = map(json.loads, answers)  # one content, so one model, whenever it was asked
        for article in answer.get("articles", [answer]):
            scores = [score for paragraph in article["paragraphs"] for score in paragraph["scores"].values()]
            assert scores == pytest.approx(expected[version], rel=1e-9)
    assert len(set(expected.values())) == RUNS + 1


def scores_by(folder: Path) -> tuple[float, ...]:
    """Return the scores that the model in the folder gives, one paragraph after another."""
    article = pressmark.load(folder).classify(PARAGRAPHS)
    return tuple(score for paragraph in article.paragraphs for score in paragraph.scores.values())
