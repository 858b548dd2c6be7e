"""The files that images and services are made from: what can be told without an engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from missing import cannot_test

from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def tool(name: str) -> str:
    """Return the path of a tool that has no build for some systems."""
    found = shutil.which(name)
    if found is None:
        cannot_test(f"{name} is not installed here")
    return found


def compose(root: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRESSMARK_")}
    command = [tool("docker-compose"), "--file", str(root / "compose.yaml"), "config", *arguments]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def service(root: Path) -> dict[str, Any]:
    """The one service of the compose file, as compose reads it."""
    services = json.loads(compose(root, "--format", "json"))["services"]
    assert list(services) == ["pressmark"]
    only: dict[str, Any] = services["pressmark"]
    return only


def test_dockerfile_gives_hadolint_nothing_to_say(root: Path) -> None:
    done = subprocess.run([tool("hadolint"), root / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compose_accepts_its_file_without_a_warning(root: Path) -> None:
    done = subprocess.run(
        [tool("docker-compose"), "--file", root / "compose.yaml", "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_service_is_on_the_loopback_only(service: dict[str, Any]) -> None:
    assert [(port["host_ip"], port["target"]) for port in service["ports"]] == [("127.0.0.1", 8000)]


def test_compose_service_checks_its_health_like_the_image(root: Path, service: dict[str, Any]) -> None:
    instructions = (root / "Dockerfile").read_text("utf-8").splitlines()
    (check,) = [line for line in instructions if line.startswith("HEALTHCHECK")]
    told = service["healthcheck"]
    assert json.loads(check.partition("CMD ")[2]) == told["test"][1:]
    for flag, value in (
        ("interval", told["interval"]),
        ("timeout", told["timeout"]),
        ("start-period", told["start_period"]),
        ("retries", told["retries"]),
    ):
        assert f" --{flag}={value} " in check


def test_compose_service_may_drain_as_long_as_it_does_by_default(service: dict[str, Any]) -> None:
    defaults = Settings()
    assert float(service["stop_grace_period"].removesuffix("s")) > defaults.drain_delay + defaults.drain_timeout


def test_build_context_lets_in_what_is_copied_and_no_more(root: Path) -> None:
    ignored = (root / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    steps = (root / "Dockerfile").read_text("utf-8").splitlines()
    copied = {
        source for step in steps if step.startswith("COPY ") and "--from" not in step for source in step.split()[1:-1]
    }
    assert "*" in ignored
    assert let_in == copied
