"""The virtual environments of peers: made from hashed locks, outside the repository, and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
# What `pip install pressmark[service]` brings is measured with the project's own lock.
_OWN = {"serve": REPOSITORY / "locks" / "serve.txt"}


class EnvironmentFault(Exception):  # noqa: N818 - a fault of the machine, which may be gone around
    """The packages of a lock cannot be installed here; the message says what to do."""


def cache_folder(benchmark: str) -> Path:
    """Return where a benchmark keeps environments and what it trained by default."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pressmark" / benchmark


def lock_file(benchmark: str, lock: str) -> Path:
    """Return the file of a benchmark's lock of that name."""
    return _OWN.get(lock, REPOSITORY / "benchmarks" / benchmark / "locks" / f"{lock}.txt")


def prepare(benchmark: str, lock: str, cache: Path) -> Path:
    """Return the Python of the environment that a lock describes, which is made where it is missing."""
    path = lock_file(benchmark, lock)
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
    """Return the environment variables that every peer's process gets: one thread, our packages, no hub.

    One thread each, since neither results nor ratios may hang on how many cores a machine has.
    """
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


def run(python: Path, arguments: list[str], given: str) -> None:
    """Run a module of the benchmarks in a peer's environment, with `given` on its standard input."""
    subprocess.run([str(python), "-m", *arguments], input=given, env=variables(), text=True, check=True)


def _install(lock: Path, folder: Path, python: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", *options, str(lock)], check=True)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise EnvironmentFault(
            f"the lock {lock.name} cannot be installed on this machine; leave out the peers that need it"
        ) from error
