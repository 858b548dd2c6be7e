"""A service on a machine that has something wrong with it: in a namespace of its own, so that only it is concerned."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from service import COMMAND

# Each ends with an error unless what it takes away is really gone.
_READ_ONLY = """
for place in / /tmp /var/tmp /dev/shm "$HOME"; do
  mount --bind "$place" "$place" && mount -o remount,bind,ro "$place" || exit 9
done
! touch /tmp/there /var/tmp/there /dev/shm/there "$HOME/there" 2>/dev/null || exit 9
"""
_FULL = """
full=$(mktemp -d)
mount -t tmpfs -o size=64k tmpfs "$full" && mount --bind "$full" /var/tmp && mount --bind "$full" /dev/shm || exit 9
cat /dev/zero >"$full/filled" 2>/dev/null
! echo more >"$full/there" 2>/dev/null || [ ! -s "$full/there" ] || exit 9
export TMPDIR="$full" HOME="$full"
cd "$full"
exec 2>"$full/log"
"""
_NO_NAMES = """
for file in /etc/resolv.conf /etc/hosts /etc/nsswitch.conf; do mount --bind /dev/null "$file" || exit 9; done
! getent hosts localhost >/dev/null || exit 9
"""
PREPARED = {"read-only everywhere": _READ_ONLY, "full disk": _FULL, "no names": _NO_NAMES}
_FAKETIME = "libfaketime.so.1"


def what_keeps_namespaces_away() -> str:
    """Say why no namespace can be made here, or nothing."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "mounts are made in a namespace of their own, which takes root on Linux"
    made = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return "" if made.returncode == 0 else f"no mounts can be made here: {made.stderr.decode().strip()}"


def in_namespace(prepared: str) -> tuple[str, ...]:
    """Return a program that serves where `prepared` was done first."""
    return ("unshare", "--mount", "sh", "-c", f'{PREPARED[prepared]}\nexec "{COMMAND}" serve "$@"', "serve")


def clock_library() -> Path | None:
    """Return libfaketime, installed where that is ours to do."""
    if not _found() and sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", "libfaketime"]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, check=False, stdout=subprocess.DEVNULL)
    return _found()


def with_clock(library: Path, file: Path) -> tuple[str, ...]:
    """Return a program that serves by the wall clock that `file` sets; the monotonic one stays."""
    told = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    variables = [f"{name}={value}" for name, value in (told | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}).items()]
    return ("env", *variables, COMMAND, "serve")


def _found() -> Path | None:
    return next(iter(Path("/usr/lib").glob(f"*/faketime/{_FAKETIME}")), None)
