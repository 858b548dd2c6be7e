"""The virtual environments of the peers: made from hashed locks, outside the repository, and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_LOCKS = Path(__file__).parent / "locks"
_IMPORT_ROOT = Path(__file__).parent.parent
# One thread each: results must not hang on how many cores a machine has. And no model comes from a hub.
_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONPATH": str(_IMPORT_ROOT),
}


class LockError(Exception):
    """The packages of a lock could not be installed here; the message says what to do."""


def cache_folder() -> Path:
    """Return where environments and choices are kept by default."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pressmark" / "accuracy"


def lock_text(lock: str) -> str:
    """Return the lock of that name."""
    return (_LOCKS / f"{lock}.txt").read_text(encoding="utf-8")


def prepare(lock: str, cache: Path) -> Path:
    """Return the Python of the environment that `lock` describes, which is made where it is missing."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {lock_text(lock)}".encode()).hexdigest()[:12]
    folder = cache / f"{lock}-{digest}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        print(f"{lock}: installing its lock to {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _install(lock, folder, python)
        complete.touch()
    return python


def run(python: Path, arguments: list[str], given: str) -> None:
    """Run a module of this benchmark in another environment, with `given` on its standard input."""
    command = [str(python), "-m", *arguments]
    subprocess.run(command, input=given.encode(), env=os.environ | _VARIABLES, check=True)


def _install(lock: str, folder: Path, python: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", *options, str(_LOCKS / f"{lock}.txt")], check=True)
    except subprocess.CalledProcessError as error:
        raise LockError(
            f"the lock {lock!r} cannot be installed on this machine; leave its peers out with --peers"
        ) from error
