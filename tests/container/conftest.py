"""What the container tests share: the engine, the image as `make image` builds it, and one hardened container."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest
from missing import cannot_test
from podman import HARDENED, Podman, what_keeps_podman_away

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from podman import Container

CREATED = "2026-01-01T00:00:00Z"  # fixed, so that an unchanged tree gives the very same image
SOURCE = "https://example.org/pressmark"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    if reason := what_keeps_podman_away():
        cannot_test(f"no container engine: {reason}")
    return Podman(tmp_path_factory.mktemp("podman"))


@pytest.fixture(scope="session")
def image(engine: Podman, root: Path) -> str:
    """Build the image; return its id. Unchanged steps come from podman's own cache."""
    number = engine.folder / "image"
    flags = " ".join([*engine.build_flags(), f"--iidfile={number}"])
    built = subprocess.run(
        [
            "make",
            "image",
            "ENGINE=podman",
            "IMAGE=localhost/pressmark-test",
            f"IMAGE_FLAGS={flags}",
            f"CREATED={CREATED}",
            f"SOURCE={SOURCE}",
        ],
        cwd=root,
        env=engine.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return number.read_text("utf-8").strip()


@pytest.fixture(scope="session")
def box(engine: Podman, image: str) -> Iterator[Container]:
    """A container with every restriction and no writable place at all."""
    with engine.running(image, *HARDENED) as started:
        started.await_start()
        yield started


@pytest.fixture
def client(box: Container) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=box.url, trust_env=False, timeout=30) as one:
        yield one
