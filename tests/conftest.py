"""What all tests share: the bundled judge, loaded once, and strategies for text as hostile as text can be."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import pressmark

ROOT = Path(__file__).parent.parent

# Commands are run by the name that a user types; they are those of the environment under test.
os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))

# One profile everywhere: the same examples on every machine, no clock in the verdict.
settings.register_profile(
    "pressmark",
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("pressmark")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def judge() -> pressmark.Judge:
    """The bundled release."""
    return pressmark.load()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the browser's tests come last: Playwright runs an event loop in the main thread while its browser lives."""
    items.sort(key=lambda item: "tests/browser/" in item.nodeid)
