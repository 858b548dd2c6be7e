"""``pressmark health``: exit code 0 if the service is ready, else 1, and one line either way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from service import COMMAND, environment

import pressmark.cli.health

if TYPE_CHECKING:
    from collections.abc import Callable

    from service import Server


def health(*flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [COMMAND, "health", *flags],
        capture_output=True,
        text=True,
        env=environment(**variables),
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2 or len((ended.stdout + ended.stderr).splitlines()) == 1
    return ended


def test_ready_service_by_flags(server: Server) -> None:
    assert health("--host", server.host, "--port", str(server.port)).returncode == 0


def test_ready_service_by_variables(server: Server) -> None:
    assert health(PRESSMARK_HOST=server.host, PRESSMARK_PORT=str(server.port)).returncode == 0


def test_flag_wins_over_variable(server: Server) -> None:
    assert health("--port", str(server.port), PRESSMARK_PORT="1").returncode == 0


@pytest.mark.parametrize("host", ["0.0.0.0", ""])  # noqa: S104 - the address a container listens on
def test_service_that_listens_everywhere_is_asked_nearby(server: Server, host: str) -> None:
    assert health(PRESSMARK_HOST=host, PRESSMARK_PORT=str(server.port)).returncode == 0


def test_nobody_there_is_not_ready(start: Callable[..., Server]) -> None:
    gone = start("--drain-delay", "0")
    gone.process.terminate()
    gone.process.wait(20)
    assert health("--port", str(gone.port)).returncode == 1


def test_draining_service_is_not_ready(start: Callable[..., Server]) -> None:
    server = start("--drain-delay", "600")
    server.process.terminate()
    while health("--port", str(server.port)).returncode == 0:
        assert server.process.poll() is None
    assert "503" in health("--port", str(server.port)).stdout


@pytest.mark.parametrize("port", ["high", "0", "65536"])
def test_bad_port_is_a_usage_error(port: str) -> None:
    assert health(PRESSMARK_PORT=port).returncode == 2


@pytest.mark.parametrize("timeout", ["-1", "0", "nan", "1e99", "long"])
def test_bad_timeout_is_a_usage_error(timeout: str) -> None:
    done = health(f"--timeout={timeout}")
    assert done.returncode == 2
    told = f"argument --timeout: must be a number of seconds above 0, at most 1000000, not '{timeout}'\n"
    assert done.stderr.endswith(told)


@pytest.mark.parametrize("command", ["health", "reload"])
@pytest.mark.parametrize(("host", "code"), [("a..b", 1), ("x" * 100, 1), ("a\nb", 2)])
def test_host_that_can_be_none_is_told_without_a_traceback(command: str, host: str, code: int) -> None:
    done = subprocess.run(
        [COMMAND, command, "--host", host], capture_output=True, text=True, env=environment(), check=False, timeout=30
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 2 - code


def test_needs_the_standard_library_only() -> None:
    tree = ast.parse(Path(pressmark.cli.health.__file__).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
