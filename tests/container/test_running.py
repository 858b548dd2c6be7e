"""The service in a container that may do nothing but serve."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from typing import TYPE_CHECKING

import httpx
import pytest
from podman import HARDENED

from pressmark.release import BUNDLED, MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from podman import Container, Podman

pytestmark = pytest.mark.container

DIGEST = hashlib.sha256((BUNDLED / MANIFEST).read_bytes()).hexdigest()
NOTHING = "0000000000000000"
ARTICLE = (
    "The artillery sub-unit fired shells at an island target in a live drill.\n"
    "Farms in the county finished rice transplanting and the harvest is expected to grow."
)
KOREAN = "인민군 포병부대가 실탄사격훈련을 진행하였다.\n협동농장에서 모내기를 끝내고 알곡생산을 늘이고있다."
ASK = """
from urllib.request import Request, urlopen
sent = Request("http://127.0.0.1:8000/classify", b"The unit held a drill.", {"Content-Type": "text/plain"})
print(urlopen(sent).status)
"""


def categories(client: httpx.Client, text: str) -> list[str | None]:
    answer = client.post("/classify", content=text.encode(), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    return [paragraph["category"] for paragraph in answer.json()["paragraphs"]]


@pytest.mark.parametrize("text", [ARTICLE, KOREAN], ids=["English", "Korean"])
def test_article_is_marked_over_the_published_port(client: httpx.Client, text: str) -> None:
    assert categories(client, text) == ["military", "economy"]


def test_service_tells_the_model_of_the_tree(client: httpx.Client) -> None:
    assert client.get("/v1/model").json()["sha256"] == DIGEST


def test_service_runs_as_the_user_of_the_image(box: Container) -> None:
    assert box.status("Uid").split() == ["10001"] * 4
    assert box.status("Gid").split() == ["10001"] * 4


@pytest.mark.parametrize("kind", ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"])
def test_service_has_no_capability(box: Container, kind: str) -> None:
    assert box.status(kind) == NOTHING


def test_service_can_gain_no_privilege(box: Container) -> None:
    assert box.status("NoNewPrivs") == "1"


PLACES = ["/", "/tmp", "/var/tmp", "/run", "/etc", "/opt/pressmark"]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_can_be_written(box: Container, place: str) -> None:
    # As root, so that it is the mount that refuses and not the owner of the place.
    done = box.exec("touch", f"{place}/written", user="0")
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


def test_memory_is_limited(box: Container) -> None:
    assert box.cgroup("memory.max", "memory/memory.limit_in_bytes") == str(256 * 2**20)


def test_processes_are_limited(box: Container) -> None:
    assert box.cgroup("pids.max", "pids/pids.max") == "64"


def test_numpy_starts_no_threads(box: Container) -> None:
    count = "import numpy, os; print(len(os.listdir('/proc/self/task')))"
    assert box.exec("python", "-c", count).stdout.strip() == "1"


def test_service_is_healthy(box: Container) -> None:
    assert box.health() == 0
    assert box.inspect("State.Health.Status") == "healthy"


def test_frozen_service_is_not_healthy_until_it_thaws(box: Container) -> None:
    os.kill(box.pid, signal.SIGSTOP)
    try:
        frozen = box.health()
    finally:
        os.kill(box.pid, signal.SIGCONT)
    assert frozen == 1
    assert box.health() == 0


def test_service_needs_no_network_and_no_names(engine: Podman, image: str) -> None:
    without_port = [*HARDENED, "--network", "none"]
    with engine.running(image, *without_port) as lonely:
        lonely.await_start()
        assert lonely.exec("python", "-c", ASK).stdout.strip() == "200"
        assert lonely.health() == 0


def test_health_check_asks_at_the_port_that_a_variable_names(engine: Podman, image: str) -> None:
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_PORT=9000") as moved:
        moved.await_start()
        assert "http://0.0.0.0:9000" in moved.logs()
        assert moved.health() == 0


def test_several_workers_need_no_writable_place(engine: Podman, image: str) -> None:
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_WORKERS=2") as crew:
        crew.await_start()
        assert crew.health() == 0
        crew.engine.run("stop", "--time", "30", crew.id)
        assert crew.inspect("State.ExitCode") == 0


def test_model_of_the_operators_own_is_served(engine: Podman, image: str, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "model")
    mount = ["--volume", f"{tmp_path}/model:/model:ro", "--env", "PRESSMARK_MODEL_DIR=/model"]
    with engine.running(image, *HARDENED, *mount) as own:
        own.await_start()
        assert own.health() == 0
        assert httpx.get(own.url + "/v1/model", trust_env=False).json()["sha256"] == DIGEST


def test_model_can_be_reloaded_from_within(box: Container) -> None:
    assert box.exec("pressmark", "reload").stdout == "model unchanged\n"


def test_altered_model_ends_the_container_with_one_line(engine: Podman, image: str, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "model")
    (tmp_path / "model" / "stems.txt").write_text("altered")
    mount = ["--volume", f"{tmp_path}/model:/model:ro", "--env", "PRESSMARK_MODEL_DIR=/model"]
    with engine.running(image, *HARDENED, *mount) as broken:
        assert engine.run("wait", broken.id).strip() == "1"
        (line,) = broken.logs().splitlines()
        assert line.startswith("pressmark serve: /model/stems.txt: is 7 bytes long")
