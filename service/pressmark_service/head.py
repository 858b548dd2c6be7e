"""The head of a request: what it asks for, and whether every server on the way reads the same into it."""

from __future__ import annotations

import re

import httptools

# Enough for every length that the parser counts to; zeros in front would get past it.
_MOST_DIGITS = 19
# A host and perhaps a port, as RFC 3986 (3.2.2) has them; it may be empty, and blanks may follow.
_HOST = re.compile(
    rb"(?:\[[\w.:%~!$&'()*+,;=-]+\]|[\w.~!$&'()*+,;=-]*(?:%[0-9A-Fa-f]{2}[\w.~!$&'()*+,;=-]*)*)(?::[0-9]*)?[ \t]*"
)


def with_path(target: bytes) -> bytes:
    """Return the target of a request with the path that one without it means (RFC 9112, 3.2.2)."""
    parsed = httptools.parse_url(target)
    if parsed.path is not None:
        return target
    return b"/?" + parsed.query if parsed.query else b"/"


def is_unambiguous(version: str, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether every server on the way reads the same into a head (RFC 9112, 3.2 and 6.1)."""
    if version not in {"1.0", "1.1"}:
        return False
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            is_sound = _HOST.fullmatch(value) is not None
        elif name == b"transfer-encoding":
            is_sound = version == "1.1" and value.strip().lower() == b"chunked"
        elif name == b"content-length":
            is_sound = len(value) <= _MOST_DIGITS
        else:
            continue
        if not is_sound:
            return False
    return hosts == 1 or (hosts == 0 and version == "1.0")
