"""Who may ask, and how often: keys by name, kept only as digests in a file that is read again when it changes.

Keys are made here and hold 256 random bits, so a plain SHA-256 hides them: there is nothing to guess.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import logging
import math
import os
import re
import secrets
import stat
import sys
from functools import cache
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING

from pressmark_service.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64}) (?P<digest>[0-9a-f]{64})")
_SECONDS_BETWEEN_LOOKS = 1.0
# Of thousands of keys; more is no file of keys.
_MOST_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Keys:
    """The keys of a file. Several may have the same name, so that one can take the place of another."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = _stamp(file)
        self._digests = read_keys(file)
        self._looked = monotonic()
        self._told = ""

    def name_of(self, key: bytes) -> str | None:
        """Return whose key it is, if anybody's; takes as long for any key as for any other."""
        self.look_again()
        digest = hashlib.sha256(key).hexdigest()
        found = None
        for known, name in self._digests:
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def look_again(self) -> None:
        """Read the file if it has changed, at most once a second; keep the keys as they were if it is not sound."""
        if monotonic() - self._looked < _SECONDS_BETWEEN_LOOKS:
            return
        self._looked = monotonic()
        try:
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                return
            self._digests = read_keys(self._file)
        except SettingsError as wrong:
            # Rather yesterday's keys than none: a file is half written for a moment.
            if str(wrong) != self._told:
                self._told = str(wrong)
                _log.error("keys kept as they were", extra={"members": {"reason": self._told}})
        else:
            self._stamp, self._told = stamp, ""
            _log.info("keys read again", extra={"members": {"keys": len(self._digests)}})


@cache
def keys_of(file: Path) -> Keys:
    """Return the keys of a file, the same ones to everybody who asks in this process.

    A process that is forked from one that has asked begins with the keys that it had last, whatever the
    file holds by then: a worker can be replaced while the file is spoilt.
    """
    return Keys(file)


def read_keys(file: Path) -> list[tuple[str, str]]:
    """Return digest and name of each key; raise SettingsError if the file cannot be used."""
    try:
        text = _content(file).decode("utf-8-sig")  # editors of Windows begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {getattr(error, 'strerror', 'not UTF-8')}") from None
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise SettingsError(f"{file}: line {number} is not a name and a SHA-256; 'pressmark keys add' writes them")
        keys.append((found["digest"], found["name"]))
    if not keys:
        raise SettingsError(f"{file}: holds no key; 'pressmark keys add' makes one")
    return keys


def _content(file: Path) -> bytes:
    with open(file, "rb", opener=_open_at_once) as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise SettingsError(f"{file}: is no regular file")
        content = opened.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"{file}: is larger than {_MOST_BYTES} bytes, which no file of keys is")
    return content


def _open_at_once(path: str, flags: int) -> int:
    # A pipe would keep everything waiting until somebody writes into it.
    return os.open(path, flags | os.O_NONBLOCK)


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = os.stat(file)  # noqa: PTH116 - follows the links that orchestrators exchange
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def wait_of(reset: float) -> str:
    """Return the Retry-After for a time."""
    return str(max(1, math.ceil(reset - time())))


def main(argv: Sequence[str]) -> int:
    """Run ``pressmark keys``: make a key, print it once, and add its digest to a file."""
    parser = argparse.ArgumentParser(prog="pressmark keys", description="Make keys for the service.")
    actions = parser.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", help="make a key, print it, and add its digest to the file")
    adding.add_argument("name", help="whose key it is; the same name may have several")
    adding.add_argument("--file", type=Path, default=os.environ.get("PRESSMARK_KEY_FILE") or None, required=False)
    asked = parser.parse_args(argv)
    if asked.file is None:
        parser.error("give --file, or set PRESSMARK_KEY_FILE")
    key = "pmk_" + secrets.token_urlsafe(32)
    line = f"{asked.name} {hashlib.sha256(key.encode()).hexdigest()}"
    if _LINE.fullmatch(line) is None:
        parser.error("a name is 1 to 64 of A-Z a-z 0-9 . _ -")
    try:
        descriptor = os.open(asked.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(line + "\n")
    except OSError as error:
        parser.error(f"cannot write {asked.file}: {error.strerror}")
    sys.stdout.write(key + "\n")
    return 0
