"""What ships, and what may import what."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from pressmark.release import BUNDLED

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("sklearn", "scipy", "joblib", "pandas", "pickle5", "datasketch", "matplotlib", "rich")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The file names in a wheel built from the checkout."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, root],
        check=True,
        capture_output=True,
    )
    (built,) = out.iterdir()
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_packages_and_nothing_else(root: Path, wheel: set[str]) -> None:
    packages = [root / "models" / "pressmark", *(root / "service").iterdir()]
    expected = {
        str(path.relative_to(package.parent))
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wheel == expected


def test_the_wheel_holds_the_model_and_not_the_corpus(wheel: set[str]) -> None:
    released = {name.rsplit("/", 1)[-1] for name in wheel if f"released/{BUNDLED.name}/" in name}
    assert released == {path.name for path in BUNDLED.iterdir()}
    assert not any("corpus/" in name for name in wheel)


def test_one_release_ships(wheel: set[str]) -> None:
    assert {name.split("/")[2] for name in wheel if "/released/" in name} == {BUNDLED.name}


def test_layers_hold(root: Path) -> None:
    done = subprocess.run(["lint-imports", "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "program",
    [
        "import pressmark; pressmark.load().classify('The farm harvested rice.', evidence=3)",
        "import pressmark_service.server, pressmark_service.app; import pressmark; pressmark.load()",
    ],
    ids=["library", "service"],
)
def test_judging_and_serving_import_nothing_heavy_and_never_unpickle(program: str) -> None:
    guard = (
        "import sys, pickle\n"
        "def refuse(*a, **k): raise AssertionError('unpickled')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = refuse\n"
        f"{program}\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", guard], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_every_lock_pins_by_hash(root: Path) -> None:
    locks = {path.name: path.read_text("utf-8").replace("\\\n", "") for path in (root / "locks").glob("*.txt")}
    entries = [(name, line) for name, lock in locks.items() for line in lock.splitlines() if line.lstrip()[:1] != "#"]
    assert {name for name, _ in entries} == set(locks)
    pinned = re.compile(r"[\w.\[\]-]+==\S+.* --hash=sha256:[0-9a-f]{64}")
    assert [entry for entry in entries if not pinned.match(entry[1])] == []


@pytest.mark.parametrize(("name", "installs"), [("Makefile", 4), ("Dockerfile", 3)])
def test_what_a_lock_names_is_installed_by_hash(root: Path, name: str, installs: int) -> None:
    lines = (root / name).read_text("utf-8").splitlines()
    installing = [line for line in lines if re.search(r"\bpip .*\binstall|\bpip install", line) and "-r " in line]
    assert len(installing) == installs
    assert [line for line in installing if "--require-hashes" not in line] == []
