"""The virtual environments of both sides: made from hashed locks, outside the repository, and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_LOCKS = Path(__file__).parent / "locks"
# What `pip install pressmark[service]` brings is measured with the project's own lock.
_OWN = {"serve": REPOSITORY / "locks" / "serve.txt"}


class EnvironmentFault(Exception):  # noqa: N818 - a fault of the machine, which may be gone around
    """The packages of a lock cannot be installed here."""


def cache_folder() -> Path:
    """Return where environments and trained peers are kept by default."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pressmark" / "speed"


def prepare(lock: str, cache: Path) -> Path:
    """Return the Python of the environment that `lock` describes, which is made where it is missing."""
    path = _OWN.get(lock, _LOCKS / f"{lock}.txt")
    digest = hashlib.sha256(f"{sys.version_info[:2]} {path.read_text(encoding='utf-8')}".encode()).hexdigest()[:12]
    folder = cache / f"{lock}-{digest}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        print(f"{lock}: installing its lock to {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _install(path, folder, python)
        complete.touch()
    return python


def variables(**more: str) -> dict[str, str]:
    """Return the environment variables that every measured process gets: one thread, the judge, no hub."""
    roots = [REPOSITORY / "models", REPOSITORY / "service", REPOSITORY / "benchmarks"]
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, roots)),
        **more,
    }


def _install(lock: Path, folder: Path, python: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", *options, str(lock)], check=True)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise EnvironmentFault(f"the lock {lock.name} cannot be installed on this machine") from error
