"""What `make soak` and `make overload` hold the service to: one thing that is wrong is enough."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from load.client import Seen
from load.overload import Overloaded, overload
from load.service import Memory, Service
from load.soak import Soaked, soak

SERVICE = Service(0, ("127.0.0.1", 0))


def seen(*counts: tuple[int, int], late: int = 0, lost: int = 0, unsent: int = 0) -> Seen:
    """Return so many answers of each status, each after two milliseconds but those of the status that is late."""
    made = Seen(unsent=unsent)
    for status, count in counts:
        for _ in range(count):
            made.answered(status, 0.11 if status == late else 0.002)
    made.asked = made.statuses.total() + lost
    return made


def memory(*megabytes: float) -> Memory:
    return Memory(SERVICE, [*megabytes])


ALL_RIGHT = seen((200, 500))
NOTHING = seen()
FLAT = memory(90, 90, 90, 90, 90, 90)
GROWN = memory(90, 90, 90, 94, 94, 94)
SOAKED = Soaked(500.0, 60.0, (ALL_RIGHT,) * 3, ALL_RIGHT, FLAT, 14, 14)
BOTH = seen((200, 100), (429, 300))
OVERLOADED = Overloaded(2, 500.0, (ALL_RIGHT,) * 2, ALL_RIGHT, BOTH, 60.0, BOTH, seen((200, 20)), FLAT)

SPOILT_SOAKS: dict[str, dict[str, Any]] = {
    "no capacity": {"capacity": 0.0},
    "nothing asked": {"seen": NOTHING},
    "nothing asked before": {"before": (ALL_RIGHT, NOTHING, ALL_RIGHT)},
    "everything failed": {"seen": seen((500, 500))},
    "one failed": {"seen": seen((200, 499), (500, 1))},
    "one turned away": {"seen": seen((200, 499), (429, 1))},
    "one failed before": {"before": (ALL_RIGHT, ALL_RIGHT, seen((200, 499), (500, 1)))},
    "one lost": {"seen": seen((200, 499), lost=1)},
    "one lost before": {"before": (seen((200, 499), lost=1), ALL_RIGHT, ALL_RIGHT)},
    "less of a load": {"seen": seen((200, 500), unsent=6)},
    "memory": {"memory": GROWN},
    "descriptors": {"descriptors_after": 15},
}
SPOILT_OVERLOADS: dict[str, dict[str, Any]] = {
    "no capacity": {"capacity": 0.0},
    "nothing asked": {"seen": NOTHING},
    "nothing asked before": {"before": (NOTHING, ALL_RIGHT)},
    "one failed": {"seen": seen((200, 100), (429, 300), (500, 1))},
    "one not ready": {"seen": seen((200, 100), (429, 300), (503, 1))},
    "one lost": {"seen": seen((200, 100), (429, 300), lost=1)},
    "nothing done": {"seen": seen((429, 400))},
    "nothing turned away": {"seen": seen((200, 400))},
    "one turned away before": {"before": (ALL_RIGHT, seen((200, 499), (429, 1)))},
    "one failed alone": {"unloaded": seen((200, 499), (500, 1))},
    "one failed in the rush": {"rush": seen((200, 100), (429, 300), (500, 1))},
    "less of a load": {"seen": seen((200, 100), (429, 300), unsent=5)},
    "no probe": {"probes": NOTHING},
    "probe turned away": {"probes": seen((200, 19), (429, 1))},
    "let in and answered late": {"seen": seen((200, 100), (429, 300), late=200)},
    "turned away late": {"seen": seen((200, 100), (429, 300), late=429)},
    "probes late": {"probes": seen((200, 20), late=200)},
    "memory": {"memory": GROWN},
}


def test_what_is_right_holds() -> None:
    assert SOAKED.holds, SOAKED.told()
    assert OVERLOADED.holds, OVERLOADED.told()


@pytest.mark.parametrize("case", SPOILT_SOAKS)
def test_steady_load_that_is_spoilt_does_not_hold(case: str) -> None:
    soaked = replace(SOAKED, **SPOILT_SOAKS[case])
    assert not soaked.holds
    assert soaked.told()


@pytest.mark.parametrize("case", SPOILT_OVERLOADS)
def test_overload_that_is_spoilt_does_not_hold(case: str) -> None:
    overloaded = replace(OVERLOADED, **SPOILT_OVERLOADS[case])
    assert not overloaded.holds
    assert overloaded.told()


async def fail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer everything with 500."""
    head = b""
    with suppress(asyncio.IncompleteReadError):
        while b"Connection: close" not in head:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            writer.write(b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def loaded() -> tuple[Overloaded, Soaked]:
    """Load a service that answers everything with 500."""
    async with await asyncio.start_server(fail, "127.0.0.1", 0, backlog=512) as server:
        service = Service(os.getpid(), server.sockets[0].getsockname())
        overloaded = await overload(service, places=2, seconds=0.2, measuring=0.1)
        return overloaded, await soak(service, seconds=0.2, measuring=0.1)


def test_service_that_answers_everything_with_500_does_not_hold() -> None:
    overloaded, soaked = asyncio.run(loaded())
    assert not overloaded.holds, overloaded.told()
    assert not soaked.holds, soaked.told()
