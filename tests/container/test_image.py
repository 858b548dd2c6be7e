"""What is in the image, what it says of itself, and what keeps it from being built."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import pressmark
from pressmark.release import BUNDLED, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from podman import Podman

    Within = Callable[..., str]

pytestmark = pytest.mark.container

BILL = "/usr/share/doc/pressmark/sbom.cdx.json"
LABEL = "org.opencontainers.image."
# What trains, tests, builds or installs.
TOOLS = ["sklearn", "scipy", "joblib", "datasketch", "rich", "pytest", "httpx", "hatchling", "cyclonedx", "pip"]
LIST_PACKAGES = """
import hashlib, pathlib, pressmark
site = pathlib.Path(pressmark.__file__).parent.parent
for path in site.glob("pressmark*/**/*"):
    if path.is_file() and path.suffix != ".pyc" and ".dist-info" not in str(path):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.relative_to(site))
"""


@pytest.fixture(scope="module")
def config(engine: Podman, image: str) -> dict[str, Any]:
    """How the image is to be run."""
    told: dict[str, Any] = json.loads(engine.run("image", "inspect", "--format", "{{json .Config}}", image))
    return told


@pytest.fixture(scope="module")
def within(engine: Podman, image: str) -> Within:
    """Run a command in the image; return what it prints."""
    return lambda *command: engine.run("run", "--rm", "--network", "none", image, *command)


@pytest.fixture(scope="module")
def bill(within: Within) -> str:
    """The software bill of materials."""
    return within("cat", BILL)


@pytest.fixture
def context(root: Path, tmp_path: Path) -> Path:
    """A copy of what the image is built from, to be spoilt."""
    needed = (root / ".dockerignore").read_text("utf-8").splitlines()
    for name in ["Dockerfile", ".dockerignore", *(line[1:] for line in needed if line.startswith("!"))]:
        source, copy = root / name, tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)
    return tmp_path


def refusal(engine: Podman, context: Path, *flags: str) -> str:
    """Build what must not be built; return what was said."""
    done = engine.call("build", "--format", "docker", *engine.build_flags(), *flags, str(context))
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_image_tells_what_it_is(root: Path, config: dict[str, Any]) -> None:
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    labels = config["Labels"].items()
    assert {name.removeprefix(LABEL): told for name, told in labels if name.startswith(LABEL)} == {
        "title": "Pressmark",
        "description": tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["description"],
        "version": pressmark.__version__,
        "revision": revision.stdout.strip(),
        "created": "2026-01-01T00:00:00Z",
        "source": "https://example.org/pressmark",
    }


def test_image_runs_as_a_number_that_is_not_root(config: dict[str, Any]) -> None:
    assert all(int(number) > 0 for number in config["User"].split(":"))


def test_image_starts_the_service_without_a_shell(config: dict[str, Any]) -> None:
    assert (config.get("Entrypoint"), config["Cmd"]) == (None, ["pressmark", "serve"])


def test_image_checks_its_health_with_single_words(engine: Podman, image: str) -> None:
    check = json.loads(engine.run("image", "inspect", "--format", "{{json .HealthCheck}}", image))
    assert check["Test"] == ["CMD", "pressmark", "health"]


def test_bill_of_materials_is_valid(bill: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_bill_of_materials_lists_just_what_is_installed(within: Within, bill: str) -> None:
    installed = within(
        "python",
        "-c",
        "from importlib.metadata import distributions as all\nfor one in all(): print(f'{one.name}=={one.version}')",
    )
    told = json.loads(bill)
    parts = [told["metadata"]["component"], *told["components"]]
    assert sorted(f"{part['name']}=={part['version']}" for part in parts) == sorted(installed.split())


def test_bill_of_materials_names_no_licence_of_ours(bill: str) -> None:
    assert "licenses" not in json.loads(bill)["metadata"]["component"]


def test_image_holds_the_packages_of_the_tree(root: Path, within: Within) -> None:
    expected = {
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(package.parent)}"
        for package in (root / "models" / "pressmark", *(root / "service").iterdir())
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert set(within("python", "-c", LIST_PACKAGES).splitlines()) == expected


def test_image_holds_no_corpus(within: Within) -> None:
    found = within("sh", "-c", "find / -xdev -name '*.jsonl' -o -name corpus -type d 2>/dev/null || true")
    assert [path.rpartition("/")[2] for path in found.split()] == ["golden.jsonl"]


def test_image_holds_no_tools(within: Within) -> None:
    program = "import importlib.util as u, sys; print(*[name for name in sys.argv[1:] if u.find_spec(name)])"
    assert within("python", "-c", program, *TOOLS).split() == []


def test_service_owns_nothing_in_the_image(within: Within) -> None:
    writable = within("sh", "-c", "find / -xdev -writable -not -type l 2>/dev/null || true").split()
    assert {"/tmp"} <= set(writable) <= {"/tmp", "/var/tmp", "/run/lock"}


def test_bundled_model_is_the_one_in_the_tree(within: Within) -> None:
    digest = hashlib.sha256((BUNDLED / MANIFEST).read_bytes()).hexdigest()
    assert within("pressmark", "model", "verify").split()[-1] == digest


def test_image_with_an_altered_model_cannot_be_built(engine: Podman, context: Path) -> None:
    (weights,) = context.glob("models/pressmark/released/*/coefficients.npy")
    altered = bytearray(weights.read_bytes())
    altered[-1] ^= 1
    weights.write_bytes(altered)
    assert "coefficients.npy: does not have the SHA-256 that the manifest says" in refusal(engine, context)


def test_image_whose_label_lies_about_the_version_cannot_be_built(engine: Podman, context: Path) -> None:
    assert "pressmark --version" in refusal(engine, context, "--build-arg=VERSION=9.9.9")


def test_image_sends_traces_only_if_it_was_built_to(engine: Podman, root: Path, within: Within, tmp_path: Path) -> None:
    can = ("python", "-c", "from importlib.util import find_spec; print(find_spec('opentelemetry.sdk') is not None)")
    number = tmp_path / "image"
    flags = (*engine.build_flags(), "--build-arg=LOCK=traces", f"--iidfile={number}")
    engine.run("build", "--format", "docker", *flags, str(root))
    tracing = number.read_text("utf-8").strip()
    assert within(*can).strip() == "False"
    assert engine.run("run", "--rm", "--network", "none", tracing, *can).strip() == "True"
    engine.run("run", "--rm", "--network", "none", tracing, "python", "-c", "import pressmark_service.traces")
