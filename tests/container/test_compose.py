"""The compose file, brought up for real by compose itself on podman's socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from podman import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podman import Podman

pytestmark = pytest.mark.container

COMPOSE = str(Path(sys.executable).with_name("docker-compose"))
WITHIN = 30.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def engine_socket(engine: Podman) -> Iterator[str]:
    """Let podman answer at a socket as Docker does."""
    path = engine.folder / "api"
    with socket.socket(socket.AF_UNIX) as probe, engine.start("system", "service", "--time=0", f"unix://{path}") as api:
        try:
            end = monotonic() + WITHIN
            while probe.connect_ex(str(path)) != 0:
                assert monotonic() < end, "podman does not listen"
            yield f"unix://{path}"
        finally:
            api.terminate()


def await_ready(url: str) -> None:
    end = monotonic() + WITHIN
    while True:
        try:
            if httpx.get(url + "/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert monotonic() < end, "it never gets ready"


@pytest.fixture(scope="module")
def composed(engine: Podman, image: str, root: Path) -> Iterator[Container]:
    """The service that the compose file describes."""
    port = free_port()
    name = f"pressmark-test-{os.getpid()}"
    with engine_socket(engine) as address:
        told = {"DOCKER_HOST": address, "PRESSMARK_IMAGE": image, "PRESSMARK_PORT": str(port)}

        def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [COMPOSE, "--file", str(root / "compose.yaml"), "--project-name", name, *arguments]
            return subprocess.run(
                command, env=os.environ | told, capture_output=True, text=True, check=False, timeout=120
            )

        try:
            up = compose("up", "--detach", "--no-build", "--pull=never")
            assert up.returncode == 0, up.stderr
            (number,) = compose("ps", "--quiet").stdout.split()
            await_ready(f"http://127.0.0.1:{port}")
            yield Container(engine, number, f"127.0.0.1:{port}")
        finally:
            down = compose("down")
        assert down.returncode == 0, down.stderr


def test_composed_service_marks_a_paragraph(composed: Container) -> None:
    answer = httpx.post(
        composed.url + "/classify",
        content="The artillery unit fired live shells in a drill.",
        headers={"Content-Type": "text/plain"},
        trust_env=False,
    )
    assert [paragraph["category"] for paragraph in answer.json()["paragraphs"]] == ["military"]


def test_composed_service_has_a_read_only_root(composed: Container) -> None:
    done = composed.exec("touch", "/written", user="0")
    assert "Read-only file system" in done.stderr


def test_composed_service_may_write_to_tmp_and_run_nothing_there(composed: Container) -> None:
    assert composed.exec("sh", "-c", "cp /bin/true /tmp/true").returncode == 0
    assert "Permission denied" in composed.exec("sh", "-c", "/tmp/true").stderr


def test_composed_service_has_no_capability_and_gains_none(composed: Container) -> None:
    assert [composed.status(name) for name in ("CapEff", "CapBnd", "NoNewPrivs")] == ["0" * 16, "0" * 16, "1"]


def test_composed_service_is_limited(composed: Container) -> None:
    assert composed.cgroup("memory.max", "memory/memory.limit_in_bytes") == str(256 * 2**20)
    assert composed.cgroup("pids.max", "pids/pids.max") == "64"


def test_composed_service_is_healthy(composed: Container) -> None:
    assert composed.health() == 0
