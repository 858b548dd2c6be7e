"""A container that is told to stop: what is in work is answered, and the exit code says that all is well."""

from __future__ import annotations

import socket
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from podman import HARDENED

if TYPE_CHECKING:
    from podman import Container, Podman

pytestmark = pytest.mark.container

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
WITHIN = 20.0


def await_drain(container: Container) -> None:
    """Ask again and again, until the service is not ready."""
    end = monotonic() + WITHIN
    while httpx.get(container.url + "/readyz", trust_env=False).status_code == 200:
        assert monotonic() < end, "it is still ready"


def test_request_in_work_is_answered_before_the_container_ends(engine: Podman, image: str) -> None:
    # Long enough that the test is sure to see it drain; the request then keeps it, not the delay.
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_DRAIN_DELAY=3") as stopped:
        stopped.await_start()
        with socket.create_connection(stopped.address, timeout=WITHIN) as connection:
            connection.sendall(HEAD + b'{"text"')
            assert httpx.get(stopped.url + "/healthz", trust_env=False).status_code == 200
            with engine.start("stop", "--time", "30", stopped.id) as stopping:
                await_drain(stopped)
                connection.sendall(b': "a"}')
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
                assert stopping.wait(WITHIN) == 0
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"paragraphs":[{' in answer
        assert stopped.inspect("State.ExitCode") == 0


def test_idle_container_ends_well(engine: Podman, image: str) -> None:
    with engine.running(image, *HARDENED, "--env", "PRESSMARK_DRAIN_DELAY=0") as stopped:
        stopped.await_start()
        engine.run("stop", "--time", "30", stopped.id)
        assert stopped.inspect("State.ExitCode") == 0
