"""JSON read the slow and careful way, for the few bodies that the fast way could not vouch for.

pydantic-core validates bytes in one go, but it lets the last of two members of the same name win,
takes NaN for a number, and calls an unpaired surrogate a syntax error. All three are told apart here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

from pressmark_service.problems import MalformedJson

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""No part of JSON, but some editors write it before; read over."""

# Any member name in a body ends so; text that contains the like only costs a second look.
_NAME_END = re.compile(rb'"[ \t\r\n]*:')
_SHOWN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")

Path = tuple[str | int, ...]
Finding = tuple[Path, str]
"""Where something is wrong, and what."""


class _Repeated(dict[str, Any]):
    """An object some of whose names came more than once."""

    names: tuple[str, ...]


def may_repeat_a_name(body: bytes, members: int) -> bool:
    """Return whether a body might hold more members than the distinct ones that were read from it."""
    return len(_NAME_END.findall(body)) > members


def parse(body: bytes) -> tuple[Any, Iterator[Finding]]:
    """Return the value and all that keeps it from being plain JSON; raise MalformedJson if it is none at all.

    The findings are looked for as they are asked for: who tells the first few need not hold thousands.
    """
    try:
        value = json.loads(
            body.removeprefix(BYTE_ORDER_MARK).decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8: byte {error.start} does not fit.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"Not JSON at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedJson("Nested too deeply.") from None
    return value, _findings(value)


def pointer(path: Path) -> str:
    """Return a JSON pointer as URI fragment.

    A member name is the client's own words: one that does not look like a name is left out, and the
    pointer then ends at the object that holds it.
    """
    steps: list[str] = []
    for step in path:
        if isinstance(step, str) and _SHOWN_NAME.fullmatch(step) is None:
            break
        steps.append(f"/{step}")
    return "#" + "".join(steps)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeated = _Repeated(members)
    repeated.names = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return repeated


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not JSON.")


def _integer(digits: str) -> int | float:
    # Python refuses to read very long integers; no member needs one, so any number will do in its place.
    return int(digits) if len(digits) < 100 else float(digits)


def _findings(root: object) -> Iterator[Finding]:
    for path, value in _walk(root):
        yield from _wrong_with(path, value)


def _walk(root: object) -> Iterator[tuple[Path, object]]:
    """Give every value with its path, in order. Only the way down is kept: a body may be a million small values."""
    way: list[Iterator[tuple[Path, object]]] = [iter((((), root),))]
    while way:
        for path, value in way[-1]:
            yield path, value
            if isinstance(value, dict | list):
                way.append(_within(path, value))
                break
        else:
            way.pop()


def _within(path: Path, value: dict[str, object] | list[object]) -> Iterator[tuple[Path, object]]:
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step), inner


def _wrong_with(path: Path, value: object) -> Iterator[Finding]:
    if isinstance(value, str):
        if not _is_unicode(value):
            yield path, "holds an unpaired surrogate, which is no Unicode text"
    elif isinstance(value, dict):
        for name in getattr(value, "names", ()):
            yield (*path, name), "is given more than once"
        for name in value:
            if not _is_unicode(name):
                yield path, "has a name that is no Unicode text"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
